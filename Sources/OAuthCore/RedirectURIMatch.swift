package import Kernel

/// Whether a requested redirect URI is the registered one, by the two rules that exist.
package enum RedirectURIMatch {
    /// RFC 9700 section 2.1: equal as strings. Free is only the port of a loopback address (RFC 8252 section 7.3).
    package static func exact(registered: String, requested: String, freeLoopbackPort: Bool = true) -> Bool {
        guard let asked = legal(requested) else { return false }
        if areSame(registered, requested) { return true }
        guard freeLoopbackPort, let known = legal(registered), known.scheme == "http", known.isLoopback else {
            return false
        }
        // The port and nothing else: what a URL parser makes the same is still written in another way.
        return requested.hasPrefix("http://\(known.host)") && asked.host == known.host && asked.path == known.path
            && asked.query == known.query
    }

    /// GitHub's older rule: the host or one of its sub-domains, the same port, the path or one below it.
    ///
    /// The path is decoded and its dot segments are resolved first, and compared on a segment's boundary.
    package static func wildcard(registered: String, requested: String) -> Bool {
        guard let known = legal(registered) else { return false }
        guard let asked = legal(requested) else { return false }
        // Mostly it is what was registered or plainly below it: then there is nothing to take apart.
        if requested.hasPrefix(registered), registered.place(of: "?") == nil, isPlain(asked.path),
            registered.hasSuffix("/") || requested.utf8.dropFirst(registered.utf8.count).first ?? slash == slash,
            !known.path.isEmpty
        {
            return true
        }
        guard asked.scheme == known.scheme,
            isSameHostOrBelow(asked.host, known.host, subdomains: !known.isLoopback),
            known.isLoopback || asked.effectivePort == known.effectivePort,
            let knownPath = normalised(known.path), let askedPath = normalised(asked.path)
        else { return false }
        return askedPath.starts(with: knownPath)
    }

    private static let slash = UInt8(ascii: "/")

    /// Whether a path has neither escapes nor dot segments.
    private static func isPlain(_ path: String) -> Bool { path.place(of: "%") == nil && path.range(of: "/.") == nil }

    /// RFC 6749 section 3.1.2: absolute and without fragment; no party accepts user information either. A URI is ASCII
    /// (RFC 3986 section 2).
    package static func legal(_ uri: String) -> URLParts? {
        guard let parts = URLParts(uri), parts.fragment == nil, parts.userInfo == nil,
            parts.host.utf8.allSatisfy(isHostByte), uri.isASCII
        else { return nil }
        return parts
    }

    private static func isSameHostOrBelow(_ asked: String, _ known: String, subdomains: Bool) -> Bool {
        asked == known || subdomains && asked.hasSuffix(".\(known)") && !asked.hasPrefix(".")
    }

    /// Path segments without escapes and dot segments; nil where they leave the root or cannot be told.
    private static func normalised(_ path: String) -> [Substring]? {
        var text = path
        // An escape within an escape is somebody's attempt to be read twice.
        if text.place(of: "%") != nil {
            for _ in 0..<4 { text = percentDecoded(text) }
            guard text == percentDecoded(text) else { return nil }
        }
        guard text.place(of: "\\") == nil else { return nil }
        var result: [Substring] = []
        for segment in text.pieces(by: "/") {
            switch segment {
            case ".": continue
            case "..":
                guard !result.isEmpty else { return nil }
                result.removeLast()
            default: result.append(segment)
            }
        }
        return result
    }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
            UInt8(ascii: "."), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: ":"):
            true
        default: false
        }
    }
}
