/// The parameters of a query or of a form body, in their order, duplicates kept.
package struct Form: Hashable, Sendable, ExpressibleByDictionaryLiteral {
    package var pairs: [Pair]

    package struct Pair: Hashable, Sendable {
        package var name: String
        package var value: String
        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    package init(_ pairs: [Pair] = []) { self.pairs = pairs }
    package init(dictionaryLiteral elements: (String, String)...) { pairs = elements.map { Pair($0.0, $0.1) } }

    /// Reads `a=1&b=x+y%20z`. A broken escape stands for itself; nothing is refused here.
    package init(parsing text: some StringProtocol) {
        pairs = text.split(separator: "&").map { part in
            guard let equals = part.firstIndex(of: "=") else { return Pair(percentDecoded(part, plus: true), "") }
            return Pair(
                percentDecoded(part[..<equals], plus: true),
                percentDecoded(part[part.index(after: equals)...], plus: true))
        }
    }

    /// First value of a name; nil if it is missing.
    package subscript(_ name: String) -> String? { pairs.first { $0.name == name }?.value }
    package func all(_ name: String) -> [String] { pairs.filter { $0.name == name }.map(\.value) }

    /// Names that stand more than once, in order of their first place.
    package var repeatedNames: [String] {
        var result: [String] = []
        for pair in pairs where all(pair.name).count > 1 && !result.contains(pair.name) { result.append(pair.name) }
        return result
    }

    package mutating func append(_ name: String, _ value: String?) {
        if let value { pairs.append(Pair(name, value)) }
    }

    /// `application/x-www-form-urlencoded`, blanks as `+`.
    package var encoded: String {
        pairs.map { "\(percentEncoded($0.name, plus: true))=\(percentEncoded($0.value, plus: true))" }.joined(
            separator: "&")
    }

    /// For a URL's query: as `encoded`.
    package func added(to url: String) -> String {
        guard !pairs.isEmpty else { return url }
        var (base, fragment) = (url[...], "")
        if let hash = url.firstIndex(of: "#") { (base, fragment) = (url[..<hash], String(url[hash...])) }
        let joint = base.contains("?") ? (base.hasSuffix("?") || base.hasSuffix("&") ? "" : "&") : "?"
        return "\(base)\(joint)\(encoded)\(fragment)"
    }
}

private let hexDigits = Array("0123456789ABCDEF".utf8)

/// RFC 3986 unreserved characters stay, all else becomes `%XX`; a blank `+` in a form.
package func percentEncoded(_ text: some StringProtocol, plus: Bool = false) -> String {
    var result: [UInt8] = []
    result.reserveCapacity(text.utf8.count)
    for byte in text.utf8 {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            result.append(byte)
        case 32 where plus: result.append(UInt8(ascii: "+"))
        default: result.append(contentsOf: [UInt8(ascii: "%"), hexDigits[Int(byte >> 4)], hexDigits[Int(byte & 15)]])
        }
    }
    return String(decoding: result, as: UTF8.self)
}

/// The reverse; a percent sign without two hexadecimal digits stays as it is.
package func percentDecoded(_ text: some StringProtocol, plus: Bool = false) -> String {
    let source = Array(text.utf8)
    guard source.contains(UInt8(ascii: "%")) || (plus && source.contains(UInt8(ascii: "+"))) else {
        return String(text)
    }
    var result: [UInt8] = []
    var place = 0
    while place < source.count {
        if source[place] == UInt8(ascii: "%"), place + 2 < source.count, let high = nibble(source[place + 1]),
            let low = nibble(source[place + 2])
        {
            result.append(high << 4 | low)
            place += 3
        } else {
            result.append(plus && source[place] == UInt8(ascii: "+") ? 32 : source[place])
            place += 1
        }
    }
    return String(decoding: result, as: UTF8.self)
}

private func nibble(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    default: nil
    }
}
