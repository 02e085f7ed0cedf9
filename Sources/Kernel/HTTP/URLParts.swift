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
        var text = text
        guard let parts = text.withUTF8({ bytes in URLParts(bytes) }) else { return nil }
        self = parts
    }

    /// Over bytes, in one pass for each part: a URL is taken apart on every hop of every walk.
    private init?(_ bytes: UnsafeBufferPointer<UInt8>) {
        func text(_ range: Range<Int>) -> String {
            String(decoding: UnsafeBufferPointer(rebasing: bytes[range]), as: UTF8.self)
        }
        func first(_ byte: UInt8, _ start: Int, _ end: Int) -> Int {
            var place = start
            while place < end, bytes[place] != byte { place += 1 }
            return place
        }
        let colon = first(UInt8(ascii: ":"), 0, bytes.count)
        guard colon > 0, colon + 2 < bytes.count, bytes[colon + 1] == UInt8(ascii: "/"),
            bytes[colon + 2] == UInt8(ascii: "/")
        else { return nil }
        for place in 0..<colon where !Self.isSchemeByte(bytes[place]) { return nil }
        for byte in bytes where byte <= 32 || byte == 127 || byte == UInt8(ascii: "\\") { return nil }
        scheme = Self.lowered(text(0..<colon))
        let start = colon + 3
        let hash = first(UInt8(ascii: "#"), start, bytes.count)
        let question = first(UInt8(ascii: "?"), start, hash)
        let slash = first(UInt8(ascii: "/"), start, question)
        fragment = hash == bytes.count ? nil : text(hash + 1..<bytes.count)
        query = question == hash ? nil : text(question + 1..<hash)
        path = text(slash..<question)
        var (hostStart, hostEnd) = (start, slash)
        if let at = bytes[start..<slash].lastIndex(of: UInt8(ascii: "@")) {
            userInfo = text(start..<at)
            hostStart = at + 1
        } else {
            userInfo = nil
        }
        let afterBracket = bytes[hostStart..<hostEnd].lastIndex(of: UInt8(ascii: "]")) ?? hostStart
        if let colon = bytes[afterBracket..<hostEnd].lastIndex(of: UInt8(ascii: ":")) {
            guard colon + 1 < hostEnd, bytes[colon + 1] != UInt8(ascii: "+"),
                let number = UInt16(text(colon + 1..<hostEnd))
            else { return nil }
            port = Int(number)
            hostEnd = colon
        } else {
            port = nil
        }
        guard hostStart < hostEnd else { return nil }
        host = Self.lowered(text(hostStart..<hostEnd))
    }

    /// `lowercased()` walks scalars; almost every scheme and host is in lower case as it comes.
    private static func lowered(_ text: String) -> String {
        let isLower = text.utf8.allSatisfy { $0 < 128 && !(UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }
        return isLower ? text : text.lowercased()
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
    package var target: String {
        let start = path.isEmpty ? "/" : path
        guard let query else { return start }
        return "\(start)?\(query)"
    }
    package var effectivePort: Int? { port ?? Self.standardPort(scheme) }
    /// `127.0.0.0/8`, `[::1]` or `localhost`.
    package var isLoopback: Bool {
        host == "localhost" || host == "[::1]" || host.hasSuffix(".localhost") || Self.isLoopbackIPv4(host)
    }

    private static func isLoopbackIPv4(_ host: String) -> Bool {
        guard host.utf8.first == UInt8(ascii: "1") else { return false }
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
