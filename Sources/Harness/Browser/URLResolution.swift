import Kernel

/// A link as a page gives it, made absolute by RFC 3986 section 5.2; nil where it names nothing a browser opens.
package func resolve(_ reference: String, against base: String) -> String? {
    let reference = trimmed(reference)
    if URLParts(reference) != nil { return reference }
    guard let page = URLParts(base), !hasScheme(reference) else { return nil }
    if reference.hasPrefix("//") { return "\(page.scheme):\(reference)" }
    if reference.hasPrefix("/") {
        let (path, rest) = split(reference)
        return "\(page.origin)\(withoutDots(path))\(rest)"
    }
    let pagePath = page.path.isEmpty ? "/" : page.path
    if reference.isEmpty { return page.origin + page.target }
    if reference.hasPrefix("#") { return page.origin + page.target + reference }
    if reference.hasPrefix("?") { return page.origin + pagePath + reference }
    let (path, rest) = split(reference)
    let folder = pagePath[...(pagePath.utf8.lastIndex(of: UInt8(ascii: "/")) ?? pagePath.startIndex)]
    return "\(page.origin)\(withoutDots("\(folder)\(path)"))\(rest)"
}

/// Without its fragment, which a browser keeps to itself.
func withoutFragment(_ url: String) -> String {
    url.place(of: "#").map { String(url[..<$0]) } ?? url
}

/// Whether it begins as `mailto:` and `javascript:` do.
private func hasScheme(_ reference: String) -> Bool {
    guard let colon = reference.place(of: ":") else { return false }
    return !reference.utf8[..<colon].contains {
        $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#")
    }
}

private func split(_ reference: String) -> (path: String, rest: String) {
    let end = reference.utf8.firstIndex { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") } ?? reference.endIndex
    return (String(reference[..<end]), String(reference[end...]))
}

/// RFC 3986 section 5.2.4 for a path that begins with a slash.
private func withoutDots(_ path: String) -> String {
    var kept: [Substring] = []
    let segments = path.pieces(by: "/", keepingEmpty: true).dropFirst()
    for (index, segment) in segments.enumerated() {
        let isLast = index == segments.count - 1
        switch segment {
        case ".": if isLast { kept.append("") }
        case "..":
            if !kept.isEmpty { kept.removeLast() }
            if isLast { kept.append("") }
        default: kept.append(segment)
        }
    }
    return "/\(kept.joined(separator: "/"))"
}
