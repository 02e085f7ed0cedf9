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
        let bytes = text.utf8
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), colon > bytes.startIndex,
            bytes[..<colon].allSatisfy(Self.isSchemeByte), bytes[colon...].starts(with: "://".utf8),
            bytes.allSatisfy({ $0 > 32 && $0 != 127 && $0 != UInt8(ascii: "\\") })
        else { return nil }
        scheme = text[..<colon].lowercased()
        let rest = bytes[bytes.index(colon, offsetBy: 3)...]
        let hash = rest.firstIndex(of: UInt8(ascii: "#")) ?? rest.endIndex
        fragment = hash == rest.endIndex ? nil : String(text[bytes.index(after: hash)...])
        let question = rest[..<hash].firstIndex(of: UInt8(ascii: "?")) ?? hash
        query = question == hash ? nil : String(text[bytes.index(after: question)..<hash])
        let slash = rest[..<question].firstIndex(of: UInt8(ascii: "/")) ?? question
        path = String(text[slash..<question])
        var authority = rest[..<slash]
        if let at = authority.lastIndex(of: UInt8(ascii: "@")) {
            userInfo = String(text[authority.startIndex..<at])
            authority = authority[bytes.index(after: at)...]
        } else {
            userInfo = nil
        }
        let afterBracket = authority.lastIndex(of: UInt8(ascii: "]")) ?? authority.startIndex
        if let colon = authority[afterBracket...].lastIndex(of: UInt8(ascii: ":")) {
            let digits = text[bytes.index(after: colon)..<authority.endIndex]
            guard let number = UInt16(digits), digits.utf8.first != UInt8(ascii: "+") else { return nil }
            port = Int(number)
            authority = authority[..<colon]
        } else {
            port = nil
        }
        host = text[authority.startIndex..<authority.endIndex].lowercased()
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
