/// Inputs made of good ones by a seed: bytes changed, left out, doubled, swapped with those of another, wrapped deep.
struct Mutator {
    private var state: UInt64
    /// What parsers trip over, put where it does not belong.
    private static let words: [String] = [
        "\"", "\\", "{", "}", "[", "]", ":", ",", "&", "=", "%", "%00", "%2", "%ff", "\u{0}", "\r\n", "\t", "null",
        "-0", "1e999", "-1e-999", "9223372036854775808", "0x10", "\\ud800", "\\u0000", "\u{feff}", "\u{202e}", "é",
        "🦆", "${",
        "${a.b[", "}}", "<<: *a", "&a", "*a", "!Sub", "---", "...", "? ", "- ", "|", ">", "'", "eyJ", ".", "..", "/../",
        "//", "#", "?", "@", ";", "AWS4-HMAC-SHA256 ", "Bearer ", "Basic Og==", "__proto__", "id\u{301}",
    ]

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    mutating func number(below limit: Int) -> Int {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Int(state >> 11) % max(1, limit)
    }

    mutating func pick<Value>(_ values: [Value]) -> Value { values[number(below: values.count)] }

    /// One to eight changes of an input.
    mutating func changed(_ input: [UInt8], _ corpus: [[UInt8]]) -> [UInt8] {
        var bytes = input
        for _ in 0...number(below: 8) { change(&bytes, corpus) }
        return Array(bytes.prefix(200_000))
    }

    private mutating func change(_ bytes: inout [UInt8], _ corpus: [[UInt8]]) {
        let place = number(below: bytes.count + 1)
        let length = min(bytes.count - place, 1 + number(below: 12))
        switch number(below: 10) {
        case 0: bytes.removeSubrange(place..<place + length)
        case 1: bytes.insert(contentsOf: bytes[place..<place + length], at: place)
        case 2: if place < bytes.count { bytes[place] = UInt8(number(below: 256)) }
        case 3: if place < bytes.count { bytes[place] ^= UInt8(1 << number(below: 8)) }
        case 4: bytes.insert(contentsOf: pick(Self.words).utf8, at: place)
        case 5: bytes = Array(bytes[..<place])
        case 6:
            let other = pick(corpus)
            let start = number(below: other.count + 1)
            bytes.insert(contentsOf: other[start..<min(other.count, start + 40)], at: place)
        case 7:
            // Twice a piece of itself, elsewhere.
            let piece = bytes[place..<min(bytes.count, place + 1 + number(below: 60))]
            bytes.insert(contentsOf: piece, at: number(below: bytes.count + 1))
        case 8:
            let (open, close) = pick([("[", "]"), ("{\"a\":", "}"), ("(", ")"), ("- ", "")])
            let depth = 1 << number(below: 14)
            bytes.insert(contentsOf: String(repeating: open, count: depth).utf8, at: place)
            if number(below: 2) == 0 { bytes += Array(String(repeating: close, count: depth).utf8) }
        default:
            bytes.insert(contentsOf: repeatElement(UInt8(number(below: 256)), count: number(below: 2000)), at: place)
        }
    }
}
