/// An absolute URL taken apart, as far as OAuth needs it. Strict: what is not clearly a URL is none.
package struct URLParts: Hashable, Sendable {
    private let text: String
    /// Most of the parts nobody asks for.
    private let places: Places

    /// Reads `scheme://[userinfo@]host[:[port]][/path][?query][#fragment]`; nil for anything else.
    package init?(_ text: String) {
        var text = text
        text.makeContiguousUTF8()
        guard let places = text.withUTF8({ bytes in Places(bytes) }) else { return nil }
        self.text = text
        self.places = places
    }

    /// In lower case.
    package var scheme: String {
        switch places.standardPort {
        case 443?: "https"
        case 80?: "http"
        default: lowered(0..<places.colon)
        }
    }
    /// What stands before `@`; no party accepts one.
    package var userInfo: String? { places.at.map { part(places.colon + 3..<$0) } }
    /// In lower case, IPv6 in brackets.
    package var host: String { lowered(places.host) }
    package var port: Int? { places.port }
    /// Begins with `/`, or is empty.
    package var path: String { part(places.slash..<places.question) }
    package var query: String? { places.question == places.hash ? nil : part(places.question + 1..<places.hash) }
    package var fragment: String? { places.hash == text.utf8.count ? nil : part(places.hash + 1..<text.utf8.count) }

    private func part(_ range: Range<Int>) -> String {
        // Made contiguous when it was taken apart: this copies nothing but the part.
        var text = text
        return text.withUTF8 { String(decoding: UnsafeBufferPointer(rebasing: $0[range]), as: UTF8.self) }
    }

    package static func == (one: URLParts, other: URLParts) -> Bool {
        one.text == other.text
            || one.scheme == other.scheme && one.userInfo == other.userInfo && one.host == other.host
                && one.port == other.port && one.path == other.path && one.query == other.query
                && one.fragment == other.fragment
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(host)
        hasher.combine(path)
        hasher.combine(query)
    }

    /// `lowercased()` walks scalars; almost every scheme and host is in lower case as it comes.
    private func lowered(_ range: Range<Int>) -> String {
        places.isLower ? part(range) : part(range).lowercased()
    }

    /// Host, with the port unless it is the scheme's own.
    package var authority: String {
        guard let port, port != places.standardPort else { return host }
        // As it stands, unless the number is written with zeros in front.
        return places.isPortPlain ? lowered(places.host.lowerBound..<places.slash) : "\(host):\(port)"
    }
    package var origin: String { "\(scheme)://\(authority)" }
    /// Path and query as a request line has them.
    package var target: String {
        let target = part(places.slash..<places.hash)
        return places.slash == places.question ? "/\(target)" : target
    }
    package var effectivePort: Int? { port ?? places.standardPort }
    /// `127.0.0.0/8`, `[::1]`, `localhost` or a name below it.
    package var isLoopback: Bool {
        let host = host
        return host == "localhost" || host == "[::1]" || host.hasSuffix(".localhost") || Self.isLoopbackIPv4(host)
    }

    private static func isLoopbackIPv4(_ host: String) -> Bool {
        guard host.utf8.first == UInt8(ascii: "1") else { return false }
        let parts = host.pieces(by: ".", keepingEmpty: true)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}

/// Where the parts of a URL stand in its bytes.
private struct Places {
    let colon: Int
    var at: Int?
    let host: Range<Int>
    var port: Int?
    let slash: Int
    let question: Int
    let hash: Int
    /// Whether scheme and host have no capital letter and nothing beyond ASCII.
    let isLower: Bool
    /// Of the scheme.
    let standardPort: Int?
    /// Whether the port is written as a number is written again.
    var isPortPlain = false

    /// In one pass for each part: a URL is taken apart on every hop of every walk.
    init?(_ bytes: UnsafeBufferPointer<UInt8>) {
        func first(_ byte: UInt8, _ start: Int, _ end: Int) -> Int {
            Kernel.place(of: byte, in: UnsafeBufferPointer(rebasing: bytes[..<end]), from: start) ?? end
        }
        func last(_ byte: UInt8, _ start: Int, _ end: Int) -> Int? {
            // Mostly there is none, and that is soon told.
            guard first(byte, start, end) < end else { return nil }
            return bytes[start..<end].lastIndex(of: byte)
        }
        colon = first(UInt8(ascii: ":"), 0, min(bytes.count, 64))
        guard colon > 0, colon + 2 < bytes.count, bytes[colon] == UInt8(ascii: ":"),
            bytes[colon + 1] == UInt8(ascii: "/"),
            bytes[colon + 2] == UInt8(ascii: "/")
        else { return nil }
        for place in 0..<colon where !Self.isSchemeByte(bytes[place]) { return nil }
        guard Self.areLegal(bytes) else { return nil }
        let start = colon + 3
        hash = first(UInt8(ascii: "#"), start, bytes.count)
        question = first(UInt8(ascii: "?"), start, hash)
        slash = first(UInt8(ascii: "/"), start, question)
        at = last(UInt8(ascii: "@"), start, slash)
        let hostStart = at.map { $0 + 1 } ?? start
        var hostEnd = slash
        let bracket = last(UInt8(ascii: "]"), hostStart, hostEnd)
        let portColon = last(UInt8(ascii: ":"), bracket ?? hostStart, hostEnd)
        if let portColon {
            // RFC 3986 section 3.2.3: an empty one is the scheme's own.
            if portColon + 1 < hostEnd {
                guard bytes[portColon + 1] != UInt8(ascii: "+"),
                    let number = UInt16(String(decoding: bytes[portColon + 1..<hostEnd], as: UTF8.self))
                else { return nil }
                port = Int(number)
                isPortPlain = bytes[portColon + 1] != UInt8(ascii: "0")
            }
            hostEnd = portColon
        }
        guard hostStart < hostEnd else { return nil }
        // RFC 3986 section 3.2.2: colons stand in brackets, and brackets around the whole host.
        if bytes[hostStart] == UInt8(ascii: "[") || bracket != nil {
            guard bytes[hostStart] == UInt8(ascii: "["), bytes[hostEnd - 1] == UInt8(ascii: "]") else { return nil }
        } else if portColon != nil {
            guard first(UInt8(ascii: ":"), hostStart, hostEnd) == hostEnd else { return nil }
        }
        host = hostStart..<hostEnd
        isLower = Self.areLower(bytes, hostEnd)
        switch (self.colon, bytes[0] | 32) {
        case (4, UInt8(ascii: "h")): standardPort = Self.spells("http", bytes) ? 80 : nil
        case (5, UInt8(ascii: "h")): standardPort = Self.spells("https", bytes) ? 443 : nil
        default: standardPort = nil
        }
    }

    /// No blank, control character or backslash. No early way out: such a loop takes many bytes at a time.
    private static func areLegal(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var illegal: UInt8 = 0
        for byte in bytes {
            illegal |= (byte <= 32 ? 1 : 0) | (byte == 127 ? 1 : 0) | (byte == UInt8(ascii: "\\") ? 1 : 0)
        }
        return illegal == 0
    }

    private static func areLower(_ bytes: UnsafeBufferPointer<UInt8>, _ end: Int) -> Bool {
        var other: UInt8 = 0
        for place in 0..<end { other |= (bytes[place] & 0x80) | (bytes[place] &- 65 < 26 ? 1 : 0) }
        return other == 0
    }

    private static func spells(_ scheme: StaticString, _ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        (0..<scheme.utf8CodeUnitCount).allSatisfy { bytes[$0] | 32 == scheme.utf8Start[$0] }
    }

    private static func isSchemeByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
            true
        default: false
        }
    }
}
