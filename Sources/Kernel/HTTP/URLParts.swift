/// An absolute URL taken apart, as far as OAuth needs it. Strict: what is not clearly a URL is none.
package struct URLParts: Hashable, Sendable {
    /// In lower case.
    package let scheme: String
    /// What stands before `@`; no party accepts one.
    package let userInfo: String?
    /// In lower case, IPv6 in brackets.
    package let host: String
    package let port: Int?
    /// Begins with `/`, or is empty.
    package let path: String
    package let query: String?
    package let fragment: String?

    /// Reads `scheme://[userinfo@]host[:port][/path][?query][#fragment]`; nil for anything else.
    package init?(_ text: String) {
        guard let mark = text.range(of: "://"), mark.lowerBound > text.startIndex,
            text[..<mark.lowerBound].utf8.allSatisfy(Self.isSchemeByte),
            text.utf8.allSatisfy({ $0 > 32 && $0 != 127 && $0 != UInt8(ascii: "\\") })
        else { return nil }
        scheme = text[..<mark.lowerBound].lowercased()
        var rest = text[mark.upperBound...]
        if let hash = rest.firstIndex(of: "#") {
            fragment = String(rest[rest.index(after: hash)...])
            rest = rest[..<hash]
        } else {
            fragment = nil
        }
        if let question = rest.firstIndex(of: "?") {
            query = String(rest[rest.index(after: question)...])
            rest = rest[..<question]
        } else {
            query = nil
        }
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        path = String(rest[slash...])
        var authority = rest[..<slash]
        if let at = authority.lastIndex(of: "@") {
            userInfo = String(authority[..<at])
            authority = authority[authority.index(after: at)...]
        } else {
            userInfo = nil
        }
        let afterBracket = authority.lastIndex(of: "]") ?? authority.startIndex
        if let colon = authority[afterBracket...].lastIndex(of: ":") {
            let digits = authority[authority.index(after: colon)...]
            guard let number = UInt16(digits), digits.utf8.allSatisfy({ $0 != UInt8(ascii: "+") }) else { return nil }
            port = Int(number)
            authority = authority[..<colon]
        } else {
            port = nil
        }
        host = authority.lowercased()
        guard !host.isEmpty else { return nil }
    }

    private static func isSchemeByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    /// Host, with the port unless it is the scheme's own.
    package var authority: String {
        guard let port, port != Self.standardPort(scheme) else { return host }
        return "\(host):\(port)"
    }
    package var origin: String { "\(scheme)://\(authority)" }
    /// Path and query as a request line has them.
    package var target: String { (path.isEmpty ? "/" : path) + (query.map { "?\($0)" } ?? "") }
    package var effectivePort: Int? { port ?? Self.standardPort(scheme) }
    /// `127.0.0.0/8`, `[::1]` or `localhost`.
    package var isLoopback: Bool {
        host == "localhost" || host == "[::1]" || host.hasSuffix(".localhost") || Self.isLoopbackIPv4(host)
    }

    private static func isLoopbackIPv4(_ host: String) -> Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    private static func standardPort(_ scheme: String) -> Int? {
        switch scheme {
        case "http": 80
        case "https": 443
        default: nil
        }
    }
}
