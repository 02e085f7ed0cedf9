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
        pairs = []
        for part in Array(text.utf8).split(separator: UInt8(ascii: "&")) {
            let equals = part.firstIndex(of: UInt8(ascii: "=")) ?? part.endIndex
            let value = part[min(equals + 1, part.endIndex)...]
            pairs.append(Pair(decoded(part[..<equals], plus: true), decoded(value, plus: true)))
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
        if let hash = url.utf8.firstIndex(of: UInt8(ascii: "#")) {
            (base, fragment) = (url[..<hash], String(url[hash...]))
        }
        let hasQuery = base.utf8.contains(UInt8(ascii: "?"))
        let joint = hasQuery ? (base.hasSuffix("?") || base.hasSuffix("&") ? "" : "&") : "?"
        return "\(base)\(joint)\(encoded)\(fragment)"
    }
}

private let hexDigits = Array("0123456789ABCDEF".utf8)

/// RFC 3986 unreserved characters stay, all else becomes `%XX`; a blank `+` in a form.
package func percentEncoded(_ text: some StringProtocol, plus: Bool = false) -> String {
    var result: [UInt8] = []
    encode(Array(text.utf8), plus: plus, into: &result)
    return String(decoding: result, as: UTF8.self)
}

private func encode(_ bytes: [UInt8], plus: Bool, into result: inout [UInt8]) {
    for byte in bytes {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            result.append(byte)
        case 32 where plus: result.append(UInt8(ascii: "+"))
        default:
            result.append(UInt8(ascii: "%"))
            result.append(hexDigits[Int(byte >> 4)])
            result.append(hexDigits[Int(byte & 15)])
        }
    }
}

/// The reverse; a percent sign without two hexadecimal digits stays as it is.
package func percentDecoded(_ text: some StringProtocol, plus: Bool = false) -> String {
    decoded(Array(text.utf8)[...], plus: plus)
}

private func decoded(_ source: ArraySlice<UInt8>, plus: Bool) -> String {
    let isPlain = source.allSatisfy { $0 != UInt8(ascii: "%") && (!plus || $0 != UInt8(ascii: "+")) }
    guard !isPlain else { return String(decoding: source, as: UTF8.self) }
    let source = Array(source)
    var result: [UInt8] = []
    result.reserveCapacity(source.count)
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
