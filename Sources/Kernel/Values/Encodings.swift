/// Base64 in its two alphabets. Decoding is strict: a stray or missing character is nil, never a guess.
package enum Base64 {
    private static let standard: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    private static let urlSafe: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

    /// With padding, RFC 4648 section 4.
    package static func encode(_ bytes: [UInt8]) -> String { encode(bytes, standard, padded: true) }

    /// Without padding, RFC 4648 section 5: what JOSE and PKCE use.
    package static func encodeURL(_ bytes: some Sequence<UInt8>) -> String {
        encode(Array(bytes), urlSafe, padded: false)
    }

    package static func decode(_ text: String) -> [UInt8]? {
        guard text.utf8.count % 4 == 0 else { return nil }
        let padding = text.utf8.reversed().prefix { $0 == UInt8(ascii: "=") }.count
        guard padding <= 2 else { return nil }
        return decode(Array(text.utf8.dropLast(padding)), (UInt8(ascii: "+"), UInt8(ascii: "/")))
    }

    package static func decodeURL(_ text: Substring) -> [UInt8]? { decodeURL(String(text)) }
    package static func decodeURL(_ text: String) -> [UInt8]? {
        decode(Array(text.utf8), (UInt8(ascii: "-"), UInt8(ascii: "_")))
    }

    private static func encode(_ bytes: [UInt8], _ alphabet: StaticString, padded: Bool) -> String {
        let letters = alphabet.utf8Start
        return String(unsafeUninitializedCapacity: (bytes.count + 2) / 3 * 4) { target in
            var index = 0
            var count = 0
            func put(_ sextet: UInt8) {
                target[count] = letters[Int(sextet & 63)]
                count += 1
            }
            while index < bytes.count {
                let left = bytes.count - index
                let one = bytes[index]
                let two = left > 1 ? bytes[index + 1] : 0
                let three = left > 2 ? bytes[index + 2] : 0
                put(one >> 2)
                put(one << 4 | two >> 4)
                if left > 1 { put(two << 2 | three >> 6) }
                if left > 2 { put(three) }
                index += 3
            }
            while padded, count % 4 != 0 {
                target[count] = UInt8(ascii: "=")
                count += 1
            }
            return count
        }
    }

    private static func decode(_ text: [UInt8], _ ends: (UInt8, UInt8)) -> [UInt8]? {
        var result: [UInt8] = []
        result.reserveCapacity(text.count / 4 * 3 + 3)
        let (beforeLast, last) = ends
        var buffer: UInt32 = 0
        var bits = 0
        var count = 0
        for letter in text {
            guard let value = sextet(letter, beforeLast, last) else { return nil }
            buffer = buffer << 6 | UInt32(value)
            bits += 6
            count += 1
            if bits >= 8 {
                bits -= 8
                result.append(UInt8(truncatingIfNeeded: buffer >> UInt32(bits)))
            }
        }
        // One letter left over carries six bits: no byte. Bits beyond the last byte must be zero.
        guard count % 4 != 1, buffer & ((1 << UInt32(bits)) - 1) == 0 else { return nil }
        return result
    }

    private static func sextet(_ letter: UInt8, _ beforeLast: UInt8, _ last: UInt8) -> UInt8? {
        switch letter {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): letter - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): letter - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): letter - UInt8(ascii: "0") + 52
        case beforeLast: 62
        case last: 63
        default: nil
        }
    }
}

/// Hexadecimal in lower case.
package enum Hex {
    private static let digits: StaticString = "0123456789abcdef"

    package static func encode(_ bytes: some Sequence<UInt8>) -> String {
        let bytes = Array(bytes)
        return String(unsafeUninitializedCapacity: 2 * bytes.count) { target in
            for place in bytes.indices { write(bytes[place], to: target, at: 2 * place) }
            return 2 * bytes.count
        }
    }

    static func write(_ byte: UInt8, to target: UnsafeMutableBufferPointer<UInt8>, at place: Int) {
        target[place] = digits.utf8Start[Int(byte >> 4)]
        target[place + 1] = digits.utf8Start[Int(byte & 15)]
    }
}

/// Whether two texts are equal, in a time that does not depend on where they differ.
package func constantTimeEqual(_ left: String, _ right: String) -> Bool {
    var (left, right) = (left, right)
    return left.withUTF8 { one in
        right.withUTF8 { other in
            guard one.count == other.count else { return false }
            var difference: UInt8 = 0
            // In Swift `|` and `^` bind alike: without parentheses a later byte could undo an earlier difference.
            for place in one.indices { difference |= (one[place] ^ other[place]) }
            return difference == 0
        }
    }
}
