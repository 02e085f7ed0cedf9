/// A text as a key: the same where its bytes are.
///
/// Hashed word by word, where Swift's own texts are hashed as whatever they are canonically equal to: every record, key
/// and host of an exchange is looked up by one, and that is half the price.
package struct ExactText: Hashable, Sendable {
    package let text: String
    /// Kept, so that a dictionary that moves its keys about need not read long ones again.
    private let mix: UInt64

    package init(_ text: String) {
        self.text = text
        var text = text
        mix = text.withUTF8 { Self.mixed(UnsafeRawBufferPointer($0)) }
    }

    package static func == (one: Self, other: Self) -> Bool { one.mix == other.mix && areSame(one.text, other.text) }
    package func hash(into hasher: inout Hasher) { hasher.combine(mix) }

    /// Another one in each process, so that nobody can prepare texts that all fall into one place.
    private static let start = UInt64(truncatingIfNeeded: Hasher().finalize())

    private static func mixed(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var hash = start ^ UInt64(bytes.count)
        func mix(_ word: UInt64) {
            hash = (hash ^ word) &* 0x9E37_79B9_7F4A_7C15
            hash ^= hash >> 29
        }
        guard bytes.count >= 8 else {
            for byte in bytes { mix(UInt64(byte)) }
            return hash
        }
        for place in stride(from: 0, to: bytes.count - 8, by: 8) {
            mix(bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
        }
        // The last eight, of which some may have been taken already.
        mix(bytes.loadUnaligned(fromByteOffset: bytes.count - 8, as: UInt64.self))
        return hash
    }
}
