package import HTTPTypes

/// An HTTP request with its whole body.
package struct Request: Hashable, Sendable, Codable {
    package var head: RequestHead
    package var content: MessageBody
    /// The bytes of the content.
    package var body: [UInt8] {
        get { content.bytes }
        set { content = MessageBody(newValue) }
    }

    package init(head: RequestHead, body: [UInt8] = []) {
        self.init(head: head, content: MessageBody(body))
    }
    private init(head: RequestHead, content: MessageBody) {
        self.head = head
        self.content = content
    }

    /// A request to an absolute URL such as `https://github.com/login/oauth/authorize?client_id=…`.
    package init(_ method: HTTPRequest.Method, _ url: String, headers: HTTPFields = [:], body: [UInt8] = []) {
        self.init(head: RequestHead(method, url, headers), body: body)
    }

    /// The same for a URL that was taken apart already.
    package init(_ method: HTTPRequest.Method, _ url: URLParts, headers: HTTPFields = [:], body: [UInt8] = []) {
        self.init(head: RequestHead(method, url, headers), body: body)
    }

    /// The same with a JSON body, of which the headers have the type.
    package init(_ method: HTTPRequest.Method, _ url: String, headers: HTTPFields, json: JSONValue) {
        self.init(head: RequestHead(method, url, headers), content: MessageBody(json: json))
    }

    /// The body as JSON.
    /// - Throws: what keeps it from being any.
    package func json() throws(JSONFailure) -> JSONValue {
        if let value = content.value { return value }
        return try JSONValue(parsing: body)
    }

    /// The body as a form, whatever its type says.
    package var form: Form { Form(parsing: String(decoding: body, as: UTF8.self)) }

    /// Bytes of a body that AWS takes (ledger `aws-body-limit`, `gateway-payload`); no other party takes more.
    package static var longestBody: Int { 6 << 20 }

    package var method: HTTPRequest.Method { head.method }
    /// Path without query; `/` if there is none.
    package var path: String {
        let target = head.path ?? "/"
        guard let end = target.place(of: "?") else { return target }
        return String(Substring(target.utf8[..<end]))
    }
    /// Query without its question mark; empty if there is none.
    package var query: String {
        let target = head.path ?? ""
        guard let end = target.place(of: "?") else { return "" }
        return String(Substring(target.utf8[target.utf8.index(after: end)...]))
    }
    package var parameters: Form { Form(parsing: query) }

    package func header(_ name: HTTPField.Name) -> String? { head.headerFields.joined(name) }

    /// Media type in lower case without parameters, such as `application/json`.
    package var mediaType: String? { head.headerFields.mediaType }

    /// The cookie of a name, the first of several.
    package func cookie(_ name: String) -> String? {
        for field in head.headerFields where field.name == .cookie {
            for pair in field.value.pieces(by: ";") {
                guard let equals = pair.place(of: "="), trimmed(pair[..<equals]) == name else { continue }
                return trimmed(Substring(pair.utf8[equals...].dropFirst()))
            }
        }
        return nil
    }

    /// Credentials of an `Authorization` header of this scheme (compared without case, RFC 9110 section 11.1).
    package func credentials(_ scheme: String) -> String? {
        guard let value = header(.authorization) else { return nil }
        guard let blank = value.utf8.firstIndex(of: 32) else { return nil }
        let name = value[..<blank]
        guard name == scheme || name.lowercased() == scheme.lowercased() else { return nil }
        let rest = trimmed(value[blank...])
        return rest.isEmpty ? nil : rest
    }
}

/// An HTTP response with its whole body, or with the part of it that is there and the events that follow.
package struct Response: Hashable, Sendable, Codable {
    package var head: ResponseHead
    package var content: MessageBody
    /// The bytes of the content.
    package var body: [UInt8] {
        get { content.bytes }
        set { content = MessageBody(newValue) }
    }
    /// What follows the body, if the answer is a stream that goes on. No part of the value: it is neither compared nor
    /// kept.
    package var events: EventStream?

    package static func == (left: Response, right: Response) -> Bool {
        left.head == right.head && left.content == right.content
    }
    package func hash(into hasher: inout Hasher) {
        hasher.combine(head)
        hasher.combine(content)
    }

    package init(_ status: Int, headers: HTTPFields = [:], body: [UInt8] = []) {
        self.init(ResponseHead(status: status, headerFields: headers), MessageBody(body))
    }
    private init(_ head: ResponseHead, _ content: MessageBody) {
        self.head = head
        self.content = content
    }

    package static func json(_ status: Int, _ value: JSONValue, headers: HTTPFields = [:]) -> Response {
        text(status, MessageBody(json: value), jsonType, headers)
    }
    /// JSON under the headers as they are, which have a type of their own.
    package init(_ status: Int, headers: HTTPFields, json value: JSONValue) {
        self.init(ResponseHead(status: status, headerFields: headers), MessageBody(json: value))
    }
    package static func html(_ status: Int, _ page: String, headers: HTTPFields = [:]) -> Response {
        text(status, MessageBody(Array(page.utf8)), htmlType, headers)
    }
    package static func plain(_ status: Int, _ line: String, headers: HTTPFields = [:]) -> Response {
        text(status, MessageBody(Array(line.utf8)), plainType, headers)
    }
    /// A redirect by 302, or 303 after a form that carried credentials (RFC 9700 section 4.12).
    package static func redirect(_ location: String, status: Int = 302, headers: HTTPFields = [:]) -> Response {
        var headers = headers
        if headers.contains(.location) { headers[.location] = nil }
        headers.append(HTTPField(name: .location, value: location))
        return Response(status, headers: headers)
    }

    // Made once: that a value is legal is checked byte by byte.
    private static let jsonType = HTTPField(name: .contentType, value: "application/json")
    private static let htmlType = HTTPField(name: .contentType, value: "text/html; charset=utf-8")
    private static let plainType = HTTPField(name: .contentType, value: "text/plain; charset=utf-8")

    private static func text(
        _ status: Int, _ content: MessageBody, _ type: HTTPField, _ headers: HTTPFields
    ) -> Response {
        var headers = headers
        if headers.contains(.contentType) { headers[.contentType] = nil }
        headers.append(type)
        return Response(ResponseHead(status: status, headerFields: headers), content)
    }

    package var status: Int { head.status }
    package func header(_ name: HTTPField.Name) -> String? { head.headerFields.joined(name) }
    /// Media type in lower case without parameters, such as `application/json`.
    package var mediaType: String? { head.headerFields.mediaType }
    /// Whether the status is one of success, 200 to 299.
    package var isSuccess: Bool { (200..<300).contains(status) }
    package var bodyText: String { String(decoding: body, as: UTF8.self) }
    /// The body as JSON; nil if it is none.
    package var json: JSONValue? { content.value ?? (try? JSONValue(parsing: body)) }
}

extension HTTPFields {
    /// Appends a field that is known to stand there not yet: setting one looks for it first.
    package mutating func add(_ name: HTTPField.Name, _ value: String) { append(HTTPField(name: name, value: value)) }

    /// As the type's own subscript, without the lists that it makes for a field that is there once, as most are.
    package func joined(_ name: HTTPField.Name) -> String? {
        var found: String?
        for field in self where field.name == name {
            guard let first = found else {
                found = field.value
                continue
            }
            found = "\(first)\(name == .cookie ? "; " : ", ")\(field.value)"
        }
        return found
    }

    fileprivate var mediaType: String? {
        guard let field = joined(.contentType) else { return nil }
        // As nearly everybody writes it here.
        if field == "application/json" { return field }
        let end = field.utf8.firstIndex(of: UInt8(ascii: ";")) ?? field.utf8.endIndex
        let name = trimmed(field[..<end])
        let isLower = name.utf8.allSatisfy { $0 < 128 && !(UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }
        return isLower ? name : name.lowercased()
    }
}

/// A field name that is known to be legal; for names the HTTP types do not carry themselves.
package func fieldName(_ name: StaticString) -> HTTPField.Name {
    guard let field = HTTPField.Name("\(name)") else { preconditionFailure("\(name) is no field name") }
    return field
}

/// Without blanks and tabs at both ends.
package func trimmed(_ text: Substring) -> String {
    var text = text
    return text.withUTF8 { bytes in
        var (start, end) = (0, bytes.count)
        while start < end, bytes[start] == 32 || bytes[start] == 9 { start += 1 }
        while end > start, bytes[end - 1] == 32 || bytes[end - 1] == 9 { end -= 1 }
        return String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<end]), as: UTF8.self)
    }
}

package func trimmed(_ text: String) -> String {
    let isBlank = { (byte: UInt8?) in byte == 32 || byte == 9 }
    return isBlank(text.utf8.first) || isBlank(text.utf8.last) ? trimmed(text[...]) : text
}
