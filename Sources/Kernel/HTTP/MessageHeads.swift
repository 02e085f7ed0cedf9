package import HTTPTypes

/// Method, place and header fields of a request.
///
/// `HTTPRequest` wraps each part of its first line in a header field and checks it letter by letter, which is right at
/// a socket and too much for a request that was just made from a URL and stays in this process. It is read and made
/// (`http`) where a request comes from a socket, leaves on one, or is kept.
package struct RequestHead: Hashable, Sendable {
    /// One reference, because requests are handed on and kept more often than they are changed.
    private final class Line: Hashable, Sendable {
        let method: HTTPRequest.Method
        let scheme: String?
        let authority: String?
        let path: String?

        init(_ method: HTTPRequest.Method, _ scheme: String?, _ authority: String?, _ path: String?) {
            (self.method, self.scheme, self.authority, self.path) = (method, scheme, authority, path)
        }

        static func == (one: Line, other: Line) -> Bool {
            one === other
                || one.method == other.method && one.scheme == other.scheme && one.authority == other.authority
                    && one.path == other.path
        }

        func hash(into hasher: inout Hasher) {
            hasher.combine(method)
            hasher.combine(authority)
            hasher.combine(path)
        }
    }
    private var line: Line
    package var headerFields: HTTPFields

    /// `authority` is the host, with the port unless it is the scheme's own; `path` has the query too.
    package init(
        method: HTTPRequest.Method, scheme: String?, authority: String?, path: String?, headerFields: HTTPFields = [:]
    ) {
        line = Line(method, scheme, authority, path)
        self.headerFields = headerFields
    }

    package var method: HTTPRequest.Method {
        get { line.method }
        set { line = Line(newValue, scheme, authority, path) }
    }
    package var scheme: String? {
        get { line.scheme }
        set { line = Line(method, newValue, authority, path) }
    }
    package var authority: String? {
        get { line.authority }
        set { line = Line(method, scheme, newValue, path) }
    }
    package var path: String? {
        get { line.path }
        set { line = Line(method, scheme, authority, newValue) }
    }

    /// Of a request to an absolute URL. What is none stands as it is, without a host.
    init(_ method: HTTPRequest.Method, _ url: String, _ fields: HTTPFields) {
        if let parts = URLParts(url) {
            self.init(method, parts, fields)
        } else {
            self.init(method: method, scheme: nil, authority: nil, path: url, headerFields: fields)
        }
    }

    init(_ method: HTTPRequest.Method, _ url: URLParts, _ fields: HTTPFields) {
        self.init(
            method: method, scheme: url.scheme, authority: url.authority, path: url.target, headerFields: fields)
    }

    /// The head of a request that came from a socket.
    package init(_ http: HTTPRequest) {
        self.init(
            method: http.method, scheme: http.scheme, authority: http.authority, path: http.path,
            headerFields: http.headerFields)
    }

    /// The same as a socket needs it: what no request line may have is a blank in it.
    package var http: HTTPRequest {
        HTTPRequest(method: method, scheme: scheme, authority: authority, path: path, headerFields: headerFields)
    }
}

/// Status and header fields of a response; as `RequestHead`, without the wrapping.
package struct ResponseHead: Hashable, Sendable {
    /// 0 to 999.
    package var status: Int
    /// Mostly empty: no party has words of its own for a status.
    package var reason = ""
    package var headerFields: HTTPFields

    package init(status: Int, headerFields: HTTPFields = [:]) {
        self.status = status
        self.headerFields = headerFields
    }

    package init(_ http: HTTPResponse) {
        self.init(status: http.status.code, headerFields: http.headerFields)
        reason = http.status.reasonPhrase
    }

    package var http: HTTPResponse {
        HTTPResponse(status: .init(code: status, reasonPhrase: reason), headerFields: headerFields)
    }
}
