import AWSCore
import HTTPTypes
import Kernel

/// A call of an HTTP API, made of a tool's arguments.
struct APIRequest {
    let operation: APIOperation
    let arguments: JSONObject

    struct Failure: Error {
        let reason: String
    }

    func request() throws(Failure) -> Request {
        var segments: [String: JSONValue] = [:]
        var query = Form(operation.fixedQuery.sorted { $0.key < $1.key }.map { Form.Pair($0.key, $0.value) })
        var headers: HTTPFields = [.accept: "application/json"]
        var members = JSONObject()
        var body: JSONValue?
        var queryLength = 0
        for parameter in operation.parameters {
            guard let value = arguments[parameter.name], !value.isNull else {
                guard !parameter.isRequired else { throw Failure(reason: "Argument \(parameter.name) is missing") }
                continue
            }
            switch parameter.place {
            case .path: segments[parameter.wireName] = value
            case .query:
                for item in value.array ?? [value] {
                    let text = Self.plain(item)
                    queryLength += parameter.wireName.utf8.count + text.utf8.count
                    try Self.expectRoom(for: queryLength)
                    query.append(parameter.wireName, text)
                }
            case .header: try set(&headers, parameter.wireName, Self.plain(value))
            case .member: members[parameter.wireName] = value
            case .body: body = value
            }
        }
        let path = try path(segments)
        if body == nil, !members.isEmpty { body = .object(members) }
        if body != nil { headers[.contentType] = "application/json" }
        guard let method = HTTPRequest.Method(rawValue: operation.method) else {
            throw Failure(reason: "\(operation.method) is no method")
        }
        return Request(
            method, query.added(to: operation.server + path), headers: headers, body: body.map(\.bytes) ?? [])
    }

    /// The operation's path with an argument in each hole.
    private func path(_ arguments: [String: JSONValue]) throws(Failure) -> String {
        let pieces = operation.path.pieces(by: "{", keepingEmpty: true)
        var path = String(pieces.first ?? "")
        for piece in pieces.dropFirst() {
            let end = piece.place(of: "}") ?? piece.endIndex
            let isGreedy = piece[..<end].hasSuffix("+")
            let name = String(isGreedy ? piece[..<end].dropLast() : piece[..<end])
            // What is left of a template would reach the API as it stands.
            guard end < piece.endIndex, let value = arguments[name] else {
                throw Failure(reason: "The path \(operation.path) has open holes")
            }
            path += try Self.segment(Self.plain(value), isGreedy: isGreedy, name)
            path += piece[piece.index(after: end)...]
            try Self.expectRoom(for: path.utf8.count)
        }
        return path
    }

    /// One segment stays one segment: a slash in an argument is no way to another path, nor are dots.
    private static func segment(_ text: String, isGreedy: Bool, _ name: String) throws(Failure) -> String {
        let segments = isGreedy ? text.split(separator: "/", omittingEmptySubsequences: false).map(String.init) : [text]
        guard !text.isEmpty, segments.allSatisfy({ $0 != "." && $0 != ".." }) else {
            throw Failure(reason: "Argument \(name) is no path segment")
        }
        return segments.map { percentEncoded($0) }.joined(separator: "/")
    }

    /// A path or query is no longer than a whole body: a name that stands in it for each item of a list, or a hole for
    /// each letter of a document, would make gigabytes of an argument.
    private static func expectRoom(for length: Int) throws(Failure) {
        guard length <= Request.longestBody else {
            throw Failure(reason: "The request's URL is longer than \(Request.longestBody) bytes")
        }
    }

    /// A header of the connection or the credential is none of the caller's business.
    private func set(_ headers: inout HTTPFields, _ name: String, _ value: String) throws(Failure) {
        guard !PropagatedName.isForbidden(name), let field = HTTPField.Name(name), PropagatedName.isLegalValue(value)
        else { throw Failure(reason: "Argument for header \(name) cannot be sent") }
        headers[field] = value
    }

    private static func plain(_ value: JSONValue) -> String { value.string ?? value.text }
}
