import Synchronization

/// What a random value is for. Each purpose is a stream of its own, so that a new nonce in one fake
/// does not change every code in every trace.
package struct Purpose: Hashable, Sendable, ExpressibleByStringLiteral {
    package let name: String
    package init(stringLiteral value: String) { name = value }
}

/// Source of every random value in a lab.
package protocol Entropy: Sendable {
    /// Overwrites all of `target`.
    func fill(_ target: UnsafeMutableRawBufferPointer, for purpose: Purpose)
}

/// Same seed, same bytes, in any process: SplitMix64 (Steele, Lea, Flood 2014) per purpose. Not for keys that matter.
package final class SeededEntropy: Entropy {
    private let seed: UInt64
    /// Some twenty, drawn from all the time: sooner walked than hashed.
    private let state = Mutex(State())
    private struct State {
        var streams: [Stream] = []
        var draws = 0
    }
    private struct Stream {
        let name: String
        var position: UInt64
    }

    package init(seed: UInt64) { self.seed = seed }

    package func fill(_ target: UnsafeMutableRawBufferPointer, for purpose: Purpose) {
        state.withLock { state in
            state.draws += 1
            for place in state.streams.indices where areSame(state.streams[place].name, purpose.name) {
                return Self.draw(target, &state.streams[place].position)
            }
            var stream = Stream(name: purpose.name, position: start(of: purpose))
            Self.draw(target, &stream.position)
            state.streams.append(stream)
        }
    }

    private func start(of purpose: Purpose) -> UInt64 { (seed &* 0x9E37_79B9_7F4A_7C15) ^ hash64(purpose.name) }

    /// Word by word; what the last one has too much is dropped.
    private static func draw(_ target: UnsafeMutableRawBufferPointer, _ state: inout UInt64) {
        for place in stride(from: 0, to: target.count, by: 8) {
            let rest = UnsafeMutableRawBufferPointer(rebasing: target[place...])
            withUnsafeBytes(of: next(&state).littleEndian) { rest.copyBytes(from: $0.prefix(rest.count)) }
        }
    }

    private static func next(_ state: inout UInt64) -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ word >> 31
    }

    /// Where each stream stands, to be put back by a snapshot.
    package var positions: [String: UInt64] {
        state.withLock { Dictionary(uniqueKeysWithValues: $0.streams.map { ($0.name, $0.position) }) }
    }
    package func restore(_ positions: [String: UInt64]) {
        state.withLock { state in
            state.streams = positions.map { Stream(name: $0.key, position: $0.value) }
            state.draws += 1
        }
    }

    /// How often anything was drawn, or put back: if that is the same at two moments, so are the positions.
    package var draws: Int { state.withLock { $0.draws } }
}

extension Entropy {
    package func bytes(_ count: Int, for purpose: Purpose) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { target, filled in
            fill(UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(target)[..<count]), for: purpose)
            filled = count
        }
    }

    /// `count` characters drawn evenly from `alphabet` (at most 256 ASCII characters).
    package func text(_ count: Int, from alphabet: Alphabet, for purpose: Purpose) -> String {
        let letters = alphabet.letterOfByte
        return String(unsafeUninitializedCapacity: count) { target in
            withUnsafeTemporaryAllocation(byteCount: count, alignment: 8) { drawn in
                var filled = 0
                while filled < count {
                    let missing = UnsafeMutableRawBufferPointer(rebasing: drawn[..<(count - filled)])
                    fill(missing, for: purpose)
                    for byte in missing where letters[Int(byte)] != 0 {
                        target[filled] = letters[Int(byte)]
                        filled += 1
                    }
                }
                return filled
            }
        }
    }

    /// A version 4 UUID in lower case.
    package func uuid(for purpose: Purpose) -> String {
        var raw = bytes(16, for: purpose)
        raw[6] = raw[6] & 0x0F | 0x40
        raw[8] = raw[8] & 0x3F | 0x80
        return String(unsafeUninitializedCapacity: 36) { target in
            var filled = 0
            for index in raw.indices {
                if index == 4 || index == 6 || index == 8 || index == 10 {
                    target[filled] = UInt8(ascii: "-")
                    filled += 1
                }
                Hex.write(raw[index], to: target, at: filled)
                filled += 2
            }
            return filled
        }
    }
}

/// The letters a random text may have.
package struct Alphabet: Sendable {
    /// What a drawn byte stands for; 0 for one that is drawn again. Rejection keeps the draw even: a plain remainder
    /// would favour the first letters.
    let letterOfByte: [UInt8]
    package init(_ letters: String) {
        let letters = Array(letters.utf8)
        let limit = 256 - 256 % letters.count
        letterOfByte = (0..<256).map { $0 < limit ? letters[$0 % letters.count] : 0 }
    }
    package static let base62 = Alphabet("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
    package static let lowerAlphanumeric = Alphabet("0123456789abcdefghijklmnopqrstuvwxyz")
    package static let upperAlphanumeric = Alphabet("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    package static let hex = Alphabet("0123456789abcdef")
    package static let base64URL = Alphabet("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
}

/// FNV-1a: `Hasher` is seeded anew in each process and so of no use for anything that must repeat.
package func hash64(_ text: String) -> UInt64 {
    var text = text
    return text.withUTF8 { hash64($0) }
}

package func hash64(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0100_0000_01B3 }
    return hash
}
