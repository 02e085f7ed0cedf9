/// The parameters of a query or of a form body, in their order, duplicates kept.
package struct Form: Hashable, Sendable, ExpressibleByDictionaryLiteral {
    package var pairs: [Pair]

    /// The media type of a body that is a form.
    package static let mediaType = "application/x-www-form-urlencoded"

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
            // An authorization request has about as many.
            if !bytes.isEmpty { pairs.reserveCapacity(8) }
            var start = 0
            while start < bytes.count {
                let part = FormPart(bytes, from: start)
                if part.end > start { pairs.append(part.pair(start, bytes)) }
                start = part.end + 1
            }
        }
    }

    /// First value of a name; nil if it is missing.
    package subscript(_ name: String) -> String? { pairs.first { areSame($0.name, name) }?.value }
    package func all(_ name: String) -> [String] { pairs.filter { areSame($0.name, name) }.map(\.value) }

    /// Value of a name as it stands in a query, still encoded; nil if it is missing. What goes back byte for byte, as
    /// `state` does, is not read and written again.
    package static func written(_ name: String, in query: String) -> Substring? {
        let rest: Substring
        if query.hasPrefix("\(name)=") {
            rest = query[...]
        } else if let place = query.range(of: "&\(name)=") {
            rest = Substring(query.utf8[place.lowerBound...].dropFirst())
        } else {
            return nil
        }
        let value = Substring(rest.utf8.dropFirst(name.utf8.count + 1))
        return value.place(of: "&").map { value[..<$0] } ?? value
    }

    /// Names that stand more than once, in order of their first place.
    package var repeatedNames: [String] {
        var result: [String] = []
        if pairs.count <= 16 {
            for place in pairs.indices.dropFirst() {
                let name = pairs[place].name
                if pairs[..<place].contains(where: { areSame($0.name, name) }), !result.contains(name) {
                    result.append(name)
                }
            }
            return result
        }
        // A table, because a hostile form may have a million of them.
        var counts: [String: Int] = [:]
        for pair in pairs { counts[pair.name, default: 0] += 1 }
        for pair in pairs where counts[pair.name, default: 0] > 1 {
            result.append(pair.name)
            counts[pair.name] = nil
        }
        return result
    }

    package mutating func append(_ name: String, _ value: String?) {
        if let value { pairs.append(Pair(name, value)) }
    }

    /// `application/x-www-form-urlencoded`, blanks as `+`.
    package var encoded: String {
        let room = pairs.reduce(0) { $0 + 3 * ($1.name.utf8.count + $1.value.utf8.count) + 2 }
        return String(unsafeUninitializedCapacity: room) { target in
            var count = 0
            for pair in pairs {
                if count > 0 {
                    target[count] = UInt8(ascii: "&")
                    count += 1
                }
                encode(pair.name, plus: true, into: target, &count)
                target[count] = UInt8(ascii: "=")
                count += 1
                encode(pair.value, plus: true, into: target, &count)
            }
            return count
        }
    }

    /// For a URL's query: as `encoded`.
    package func added(to url: String) -> String {
        guard !pairs.isEmpty else { return url }
        var (base, fragment) = (url[...], "")
        if let hash = url.place(of: "#") {
            (base, fragment) = (url[..<hash], String(url[hash...]))
        }
        let hasQuery = base.place(of: "?") != nil
        let joint = hasQuery ? (base.hasSuffix("?") || base.hasSuffix("&") ? "" : "&") : "?"
        return "\(base)\(joint)\(encoded)\(fragment)"
    }
}

/// Where one pair of a form stands, found in one pass.
private struct FormPart {
    let end: Int
    private var equals = -1
    /// Whether anything before and after the equals sign must be decoded.
    private let isNameEncoded: Bool
    private let isValueEncoded: Bool

    init(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) {
        end = place(of: UInt8(ascii: "&"), in: bytes, from: start) ?? bytes.count
        let part = UnsafeBufferPointer(rebasing: bytes[..<end])
        let middle = place(of: UInt8(ascii: "="), in: part, from: start) ?? end
        if middle < end { equals = middle }
        isNameEncoded = Self.isEncoded(UnsafeBufferPointer(rebasing: part[..<middle]), from: start)
        isValueEncoded = Self.isEncoded(part, from: middle)
    }

    private static func isEncoded(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Bool {
        place(of: UInt8(ascii: "%"), in: bytes, from: start) != nil
            || place(of: UInt8(ascii: "+"), in: bytes, from: start) != nil
    }

    func pair(_ start: Int, _ bytes: UnsafeBufferPointer<UInt8>) -> Form.Pair {
        let middle = equals < 0 ? end : equals
        return Form.Pair(
            text(UnsafeBufferPointer(rebasing: bytes[start..<middle]), isNameEncoded),
            equals < 0 ? "" : text(UnsafeBufferPointer(rebasing: bytes[middle + 1..<end]), isValueEncoded))
    }

    private func text(_ bytes: UnsafeBufferPointer<UInt8>, _ isEncoded: Bool) -> String {
        isEncoded ? decodedText(bytes, plus: true) : String(decoding: bytes, as: UTF8.self)
    }
}

private let hexDigits: StaticString = "0123456789ABCDEF"

/// RFC 3986 unreserved characters stay, all else becomes `%XX`; a blank `+` in a form.
package func percentEncoded(_ text: String, plus: Bool = false) -> String {
    String(unsafeUninitializedCapacity: 3 * text.utf8.count) { target in
        var count = 0
        encode(text, plus: plus, into: target, &count)
        return count
    }
}

/// The target has room for three times the text.
private func encode(_ text: String, plus: Bool, into target: UnsafeMutableBufferPointer<UInt8>, _ count: inout Int) {
    guard var end = target.baseAddress else { return }
    end += count
    var text = text
    text.withUTF8 { bytes in
        guard let start = bytes.baseAddress else { return }
        var place = 0
        while place < bytes.count {
            let stop = min(place + 16, bytes.count)
            defer { place = stop }
            // Tokens, codes and verifiers stay as they are.
            if stop - place == 16, areUnreserved(start + place) {
                end.update(from: start + place, count: 16)
                end += 16
                continue
            }
            for byte in UnsafeBufferPointer(rebasing: bytes[place..<stop]) {
                if isUnreserved(byte) {
                    end.pointee = byte
                    end += 1
                } else if byte == 32, plus {
                    end.pointee = UInt8(ascii: "+")
                    end += 1
                } else {
                    end[0] = UInt8(ascii: "%")
                    end[1] = hexDigits.utf8Start[Int(byte >> 4)]
                    end[2] = hexDigits.utf8Start[Int(byte & 15)]
                    end += 3
                }
            }
        }
    }
    count = target.baseAddress.map { end - $0 } ?? 0
}

/// Letters, digits and `- . _ ~` (RFC 3986 section 2.3), as two words of bits.
package func isUnreserved(_ byte: UInt8) -> Bool {
    let low: UInt64 = 0x03FF_6000_0000_0000
    let high: UInt64 = 0x47FF_FFFE_87FF_FFFE
    return byte < 128 && (byte < 64 ? low >> UInt64(byte) : high >> UInt64(byte - 64)) & 1 == 1
}

/// Whether sixteen bytes from a place on all are unreserved. No early way out: such a loop takes them at once.
@inlinable
package func areUnreserved(_ start: UnsafePointer<UInt8>) -> Bool {
    var strange: UInt8 = 0
    for place in 0..<16 {
        let byte = start[place]
        let letter: UInt8 = (byte | 32) &- UInt8(ascii: "a") < 26 ? 1 : 0
        let digit: UInt8 = byte &- UInt8(ascii: "0") < 10 ? 1 : 0
        let dashOrStop: UInt8 = byte &- UInt8(ascii: "-") < 2 ? 1 : 0
        let line: UInt8 = byte == UInt8(ascii: "_") ? 1 : 0
        let tilde: UInt8 = byte == UInt8(ascii: "~") ? 1 : 0
        strange |= 1 ^ (letter | digit | dashOrStop | line | tilde)
    }
    return strange == 0
}

/// The reverse of `percentEncoded`; a percent sign without two hexadecimal digits stays as it is.
package func percentDecoded(_ text: Substring, plus: Bool = false) -> String {
    percentDecoded(String(text), plus: plus)
}

package func percentDecoded(_ text: String, plus: Bool = false) -> String {
    var text = text
    return text.withUTF8 { decodedText($0, plus: plus) }
}

/// The same over bytes, which need be no text; a plus sign stays.
package func percentDecoded(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    Array(unsafeUninitializedCapacity: bytes.count) { target, count in
        count = decode(bytes, plus: false, into: target)
    }
}

private func decodedText(_ source: UnsafeBufferPointer<UInt8>, plus: Bool) -> String {
    // What was encoded need not be UTF-8: such bytes become replacement characters here.
    String(unsafeUninitializedCapacity: source.count) { target in decode(source, plus: plus, into: target) }
}

/// The target is as long as the source. Returns how much of it was needed.
private func decode(
    _ source: UnsafeBufferPointer<UInt8>, plus: Bool, into target: UnsafeMutableBufferPointer<UInt8>
) -> Int {
    guard let from = source.baseAddress, let to = target.baseAddress else { return 0 }
    let hasPlus = plus && place(of: UInt8(ascii: "+"), in: source) != nil
    var (at, count) = (0, 0)
    while at < source.count {
        let escape = place(of: UInt8(ascii: "%"), in: source, from: at) ?? source.count
        (to + count).update(from: from + at, count: escape - at)
        if hasPlus { for place in count..<count + escape - at where to[place] == UInt8(ascii: "+") { to[place] = 32 } }
        count += escape - at
        at = escape
        guard at < source.count else { break }
        if at + 2 < source.count, let high = nibble(source[at + 1]), let low = nibble(source[at + 2]) {
            target[count] = high << 4 | low
            at += 3
        } else {
            target[count] = source[at]
            at += 1
        }
        count += 1
    }
    return count
}

/// The value of a hexadecimal digit.
package func nibble(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    default: nil
    }
}
