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
        /// From this moment on it is gone; nil for one that ends with the browser session.
        var expires: Instant?
    }
    private var cookies: [Cookie] = []

    /// Takes the `Set-Cookie` fields of an answer. One that has no life left takes its namesake away.
    mutating func take(from response: Response, host: String, setBy party: Party?, at now: Instant) {
        for field in response.head.headerFields where field.name == .setCookie {
            let parts = field.value.pieces(by: ";").map { trimmed($0) }
            guard let first = parts.first, let equals = first.place(of: "=") else { continue }
            let name = String(first[..<equals])
            cookies.removeAll { $0.host == host && $0.name == name }
            let attributes = parts.dropFirst().map { part -> (String, String) in
                let equals = part.place(of: "=") ?? part.endIndex
                return (part[..<equals].lowercased(), String(part[equals...].dropFirst()))
            }
            let expires = Self.end(attributes, now)
            if let expires, expires <= now { continue }
            let path = attributes.last { $0.0 == "path" && $0.1.hasPrefix("/") }?.1 ?? "/"
            let value = String(first[equals...].dropFirst())
            cookies.append(
                Cookie(host: host, name: name, value: value, path: path, setBy: party, expires: expires))
        }
    }

    /// RFC 6265 section 5.3, step 3: `Max-Age` counts before `Expires`, of each the last that can be read.
    private static func end(_ attributes: [(String, String)], _ now: Instant) -> Instant? {
        let ages = attributes.compactMap { $0.0 == "max-age" ? age($0.1) : nil }
        if let age = ages.last { return now + .seconds(age) }
        return attributes.compactMap { $0.0 == "expires" ? CookieDate.instant($0.1) : nil }.last
    }

    /// RFC 6265 section 5.2.2: digits, with a minus or without. A hundred years are more than a clock is ever moved by,
    /// and overflow no date.
    private static func age(_ text: String) -> Int64? {
        let digits = text.hasPrefix("-") ? text.utf8.dropFirst() : text.utf8[...]
        guard !digits.isEmpty, digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
            return nil
        }
        let longest: Int64 = 100 * 366 * 86_400
        return text.hasPrefix("-") ? 0 : min(Int64(Substring(digits)) ?? longest, longest)
    }

    /// The `Cookie` field for a request; nil if there is nothing to send.
    func header(host: String, path: String, at now: Instant) -> String? {
        let fitting = cookies.filter { cookie in
            cookie.host == host && Self.covers(cookie.path, path) && cookie.expires.map { now < $0 } ?? true
        }
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
