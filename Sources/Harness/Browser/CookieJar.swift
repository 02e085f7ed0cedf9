import HTTPTypes
import Kernel

/// Cookies as browsers keep them: by host name, whatever the port (RFC 6265 section 8.5), and by cookie name.
struct CookieJar: Sendable, Hashable {
    private struct Cookie: Sendable, Hashable {
        let host: String
        let name: String
        var value: String
        var path: String
        /// Who set it, so that a human can sign out of one party of several on one host.
        var setBy: Party?
    }
    private var cookies: [Cookie] = []

    /// Takes the `Set-Cookie` fields of an answer. One that has no life left takes its namesake away.
    mutating func take(from response: Response, host: String, setBy party: Party?) {
        for field in response.head.headerFields where field.name == .setCookie {
            let parts = field.value.pieces(by: ";").map { trimmed($0) }
            guard let first = parts.first, let equals = first.place(of: "=") else { continue }
            let name = String(first[..<equals])
            cookies.removeAll { $0.host == host && $0.name == name }
            let attributes = parts.dropFirst().map { part -> (String, String) in
                let equals = part.place(of: "=") ?? part.endIndex
                return (part[..<equals].lowercased(), String(part[equals...].dropFirst()))
            }
            let age = attributes.last { $0.0 == "max-age" }.flatMap { Int($0.1) }
            if let age, age <= 0 { continue }
            let path = attributes.last { $0.0 == "path" && $0.1.hasPrefix("/") }?.1 ?? "/"
            let value = String(first[equals...].dropFirst())
            cookies.append(Cookie(host: host, name: name, value: value, path: path, setBy: party))
        }
    }

    /// The `Cookie` field for a request; nil if there is nothing to send.
    func header(host: String, path: String) -> String? {
        let fitting = cookies.filter { $0.host == host && Self.covers($0.path, path) }
        guard !fitting.isEmpty else { return nil }
        return fitting.map { "\($0.name)=\($0.value)" }.joined(separator: "; ")
    }

    /// Forgets what one party set.
    mutating func forget(setBy party: Party) { cookies.removeAll { $0.setBy == party } }

    /// RFC 6265 section 5.1.4.
    private static func covers(_ cookiePath: String, _ path: String) -> Bool {
        path == cookiePath
            || (path.hasPrefix(cookiePath)
                && (cookiePath.hasSuffix("/") || path.dropFirst(cookiePath.count).hasPrefix("/")))
    }
}
