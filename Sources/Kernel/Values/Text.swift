// Searching and cutting text byte by byte. What the wire carries is ASCII where it matters, and walking characters
// costs ten times as much as walking bytes. Concrete types, because a generic would be compiled without knowing them.

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// First place of a byte from `start` on; the C library looks at many at a time.
package func place(of byte: UInt8, in bytes: UnsafeBufferPointer<UInt8>, from start: Int = 0) -> Int? {
    guard start < bytes.count, let first = bytes.baseAddress,
        let found = memchr(first + start, Int32(byte), bytes.count - start)
    else { return nil }
    return UnsafeRawPointer(found) - UnsafeRawPointer(first)
}

/// Whether two stretches have the same bytes.
package func areSame(_ one: UnsafeBufferPointer<UInt8>, _ other: UnsafeBufferPointer<UInt8>) -> Bool {
    guard one.count == other.count else { return false }
    guard let start = one.baseAddress, let otherStart = other.baseAddress else { return true }
    return memcmp(start, otherStart, one.count) == 0
}

/// Whether two texts have the same bytes. Swift's own comparison also takes canonically equal ones for the same (U+212A
/// for `K`, two marks in either order), which no wire format means: for whoever compares names of users, clients,
/// audiences or secrets they are two (RFC 7519 section 7.3).
package func areSame(_ one: String, _ other: String) -> Bool {
    // Where one of two of the same length is ASCII, so is the other: what is canonically equal to it is longer.
    one.utf8.count == other.utf8.count && one == other && (one.isASCII || one.utf8.elementsEqual(other.utf8))
}

extension String {
    /// Known of most texts without a look at them.
    package var isASCII: Bool { utf16.count == utf8.count }
}

extension [String] {
    /// Whether one of them has the same bytes.
    package func hasSame(_ text: String) -> Bool { contains { areSame($0, text) } }
}

extension String {
    /// First place where `needle` stands; nil for an empty needle.
    package func range(of needle: String) -> Range<Index>? { self[...].range(of: needle) }

    /// All occurrences of `needle` replaced.
    package func replacing(_ needle: String, by replacement: String) -> String {
        var (text, needle) = (self, needle)
        let places = text.withUTF8 { bytes in needle.withUTF8 { everyPlace(of: $0, in: bytes) } }
        guard !places.isEmpty else { return self }
        var result = ""
        result.reserveCapacity(utf8.count + places.count * max(0, replacement.utf8.count - needle.utf8.count))
        var rest = utf8.startIndex
        var restOffset = 0
        for place in places {
            let hit = utf8.index(rest, offsetBy: place - restOffset)
            result += self[rest..<hit]
            result += replacement
            rest = utf8.index(hit, offsetBy: needle.utf8.count)
            restOffset = place + needle.utf8.count
        }
        return result + self[rest...]
    }

    /// The parts between `separator`, an ASCII character; empty ones only if asked for.
    package func pieces(by separator: Unicode.Scalar, keepingEmpty: Bool = false) -> [Substring] {
        self[...].pieces(by: separator, keepingEmpty: keepingEmpty)
    }

    /// First place of an ASCII character.
    package func place(of letter: Unicode.Scalar) -> Index? {
        var text = self
        return text.withUTF8 { Kernel.place(of: UInt8(ascii: letter), in: $0) }
            .map { utf8.index(utf8.startIndex, offsetBy: $0) }
    }
}

extension Substring {
    /// First place where `needle` stands; nil for an empty needle.
    package func range(of needle: String) -> Range<Index>? {
        var (text, needle) = (self, needle)
        let first = text.withUTF8 { bytes in needle.withUTF8 { firstPlace(of: $0, in: bytes, from: 0) } }
        guard let first else { return nil }
        let start = utf8.index(startIndex, offsetBy: first)
        return start..<utf8.index(start, offsetBy: needle.utf8.count)
    }

    /// The parts between `separator`, an ASCII character; empty ones only if asked for.
    package func pieces(by separator: Unicode.Scalar, keepingEmpty: Bool = false) -> [Substring] {
        let letter = UInt8(ascii: separator)
        let bytes = utf8
        var text = self
        return text.withUTF8 { buffer in
            var pieces: [Substring] = []
            pieces.reserveCapacity(4)
            var (start, offset) = (startIndex, 0)
            while true {
                let end = Kernel.place(of: letter, in: buffer, from: offset)
                let stop = end.map { bytes.index(start, offsetBy: $0 - offset) } ?? endIndex
                // Cut as bytes: a separator is ASCII, no cut can fall inside a character.
                if keepingEmpty || stop > start { pieces.append(Substring(bytes[start..<stop])) }
                guard let end else { return pieces }
                start = bytes.index(after: stop)
                offset = end + 1
            }
        }
    }

    /// First place of an ASCII character.
    package func place(of letter: Unicode.Scalar) -> Index? {
        var text = self
        return text.withUTF8 { Kernel.place(of: UInt8(ascii: letter), in: $0) }
            .map { utf8.index(utf8.startIndex, offsetBy: $0) }
    }
}

private func firstPlace(
    of needle: UnsafeBufferPointer<UInt8>, in bytes: UnsafeBufferPointer<UInt8>, from start: Int
) -> Int? {
    guard let first = bytes.baseAddress, let wanted = needle.baseAddress, let letter = needle.first else { return nil }
    var start = start
    while let hit = place(of: letter, in: bytes, from: start), hit + needle.count <= bytes.count {
        if memcmp(first + hit, wanted, needle.count) == 0 { return hit }
        start = hit + 1
    }
    return nil
}

private func everyPlace(of needle: UnsafeBufferPointer<UInt8>, in bytes: UnsafeBufferPointer<UInt8>) -> [Int] {
    var result: [Int] = []
    var start = 0
    while let place = firstPlace(of: needle, in: bytes, from: start) {
        result.append(place)
        start = place + needle.count
    }
    return result
}
