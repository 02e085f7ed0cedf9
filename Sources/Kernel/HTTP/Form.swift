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
    package init(parsing text: Substring) { self.init(parsing: String(text)) }
    package init(parsing text: String) {
        pairs = []
        var text = text
        text.withUTF8 { bytes in
            var start = 0
            while start < bytes.count {
                var (end, equals) = (start, -1)
                while end < bytes.count, bytes[end] != UInt8(ascii: "&") {
                    if equals < 0, bytes[end] == UInt8(ascii: "=") { equals = end }
                    end += 1
                }
                if end > start {
                    let name = bytes[start..<(equals < 0 ? end : equals)]
                    let value = bytes[(equals < 0 ? end : equals + 1)..<end]
                    pairs.append(Pair(decoded(name, plus: true), decoded(value, plus: true)))
                }
                start = end + 1
            }
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
        var result: [UInt8] = []
        for (index, pair) in pairs.enumerated() {
            if index > 0 { result.append(UInt8(ascii: "&")) }
            encode(pair.name, plus: true, into: &result)
            result.append(UInt8(ascii: "="))
            encode(pair.value, plus: true, into: &result)
        }
        return String(decoding: result, as: UTF8.self)
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
package func percentEncoded(_ text: String, plus: Bool = false) -> String {
    var result: [UInt8] = []
    encode(text, plus: plus, into: &result)
    return String(decoding: result, as: UTF8.self)
}

private func encode(_ text: String, plus: Bool, into result: inout [UInt8]) {
    for byte in text.utf8 {
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
package func percentDecoded(_ text: Substring, plus: Bool = false) -> String {
    percentDecoded(String(text), plus: plus)
}

package func percentDecoded(_ text: String, plus: Bool = false) -> String {
    var text = text
    return text.withUTF8 { decoded($0[...], plus: plus) }
}

/// Same over bytes, which need be no text.
package func percentDecoded(_ bytes: [UInt8]) -> [UInt8] {
    bytes.withUnsafeBufferPointer { decodedBytes($0, plus: false) }
}

private func decoded(_ source: Slice<UnsafeBufferPointer<UInt8>>, plus: Bool) -> String {
    let source = UnsafeBufferPointer(rebasing: source)
    for byte in source where byte == UInt8(ascii: "%") || (plus && byte == UInt8(ascii: "+")) {
        return String(decoding: decodedBytes(source, plus: plus), as: UTF8.self)
    }
    return String(decoding: source, as: UTF8.self)
}

private func decodedBytes(_ source: UnsafeBufferPointer<UInt8>, plus: Bool) -> [UInt8] {
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
    return result
}

private func nibble(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    default: nil
    }
}
