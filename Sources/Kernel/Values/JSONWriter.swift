extension JSONValue {
    /// Compact JSON with members in their own order.
    package var bytes: [UInt8] {
        var writer = JSONWriter()
        defer { writer.free() }
        writer.write(self)
        return Array(writer.written)
    }

    /// Compact JSON as text.
    package var text: String {
        var writer = JSONWriter()
        defer { writer.free() }
        writer.write(self)
        return String(decoding: writer.written, as: UTF8.self)
    }

    /// Indented by two blanks, for people.
    package var pretty: String {
        var writer = JSONWriter(indent: 0)
        defer { writer.free() }
        writer.write(self)
        return String(decoding: writer.written, as: UTF8.self)
    }

    /// Members of every object in order of their names: for hashes and for comparing.
    package var sorted: JSONValue {
        switch self {
        case .array(let items): .array(items.map(\.sorted))
        case .object(let object):
            .object(JSONObject(object.members.sorted { $0.name < $1.name }.map { .init($0.name, $0.value.sorted) }))
        default: self
        }
    }
}

/// Writes into memory of its own, which is copied once when all is there: an array asks at every byte whether it is
/// the only owner and has room.
private struct JSONWriter {
    private var start: UnsafeMutablePointer<UInt8>
    private var room: Int
    private var count = 0
    /// Depth of indentation; nil for compact output.
    private var indent: Int?
    private static let hex: StaticString = "0123456789abcdef"

    init(indent: Int? = nil) {
        self.indent = indent
        // glibc hands out and takes back up to 1,032 bytes without a search.
        room = 1032
        start = .allocate(capacity: room)
    }

    /// Must be called once, when nobody reads `written` any more.
    func free() { start.deallocate() }

    var written: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: start, count: count) }

    mutating func write(_ value: JSONValue) {
        switch value {
        case .null: put("null")
        case .bool(let flag): put(flag ? "true" : "false")
        case .int(let number): append(String(number))
        case .double(let number): write(number)
        case .string(let text): write(text)
        case .array(let items):
            open(UInt8(ascii: "["))
            for index in items.indices {
                separate(index)
                write(items[index])
            }
            close(UInt8(ascii: "]"), items.isEmpty)
        case .object(let object):
            open(UInt8(ascii: "{"))
            for index in object.members.indices {
                separate(index)
                write(object.members[index].name)
                put(UInt8(ascii: ":"))
                if indent != nil { put(32) }
                write(object.members[index].value)
            }
            close(UInt8(ascii: "}"), object.isEmpty)
        }
    }

    private mutating func open(_ bracket: UInt8) {
        put(bracket)
        if let depth = indent { indent = depth + 1 }
    }

    private mutating func separate(_ index: Int) {
        if index > 0 { put(UInt8(ascii: ",")) }
        newLine()
    }

    private mutating func close(_ bracket: UInt8, _ isEmpty: Bool) {
        if let depth = indent { indent = depth - 1 }
        if !isEmpty { newLine() }
        put(bracket)
    }

    private mutating func newLine() {
        guard let indent else { return }
        put(10)
        for _ in 0..<indent { put("  ") }
    }

    private mutating func write(_ number: Double) {
        // JSON has no infinity; nothing in the emulator computes one.
        guard number.isFinite else { return put("null") }
        append(number == number.rounded() && abs(number) < 1e15 ? "\(Int64(number)).0" : "\(number)")
    }

    private mutating func write(_ text: String) {
        var text = text
        text.withUTF8 { letters in
            reserve(letters.count + 2)
            putReserved(UInt8(ascii: "\""))
            if Self.isPlain(letters) { putReserved(letters) } else { escape(letters) }
        }
        put(UInt8(ascii: "\""))
    }

    /// Eight bytes at a time, which are in a word as they are in the text.
    private static func isPlain(_ letters: UnsafeBufferPointer<UInt8>) -> Bool {
        let raw = UnsafeRawBufferPointer(letters)
        let (ones, tops): (UInt64, UInt64) = (0x0101_0101_0101_0101, 0x8080_8080_8080_8080)
        /// Top bits of the bytes that are below a bound of at most 128; a wrong one only above a right one.
        func below(_ bound: UInt64, _ word: UInt64) -> UInt64 { (word &- ones &* bound) & ~word & tops }
        var place = 0
        while place + 8 <= letters.count {
            let word = raw.loadUnaligned(fromByteOffset: place, as: UInt64.self)
            let quote = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
            let backslash = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
            if below(32, word) | below(1, quote) | below(1, backslash) != 0 { return false }
            place += 8
        }
        while place < letters.count {
            if isSpecial(letters[place]) { return false }
            place += 1
        }
        return true
    }

    private static func isSpecial(_ byte: UInt8) -> Bool {
        byte < 32 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private mutating func escape(_ letters: UnsafeBufferPointer<UInt8>) {
        var plain = 0
        for place in letters.indices where Self.isSpecial(letters[place]) {
            put(UnsafeBufferPointer(rebasing: letters[plain..<place]))
            plain = place + 1
            let byte = letters[place]
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                put(UInt8(ascii: "\\"))
                put(byte)
            case 10: put("\\n")
            case 13: put("\\r")
            case 9: put("\\t")
            default:
                put("\\u00")
                put(Self.hex.utf8Start[Int(byte >> 4)])
                put(Self.hex.utf8Start[Int(byte & 15)])
            }
        }
        put(UnsafeBufferPointer(rebasing: letters[plain...]))
    }
}

extension JSONWriter {
    private mutating func put(_ word: StaticString) {
        put(UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
    }

    private mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { put($0) }
    }

    private mutating func put(_ letters: UnsafeBufferPointer<UInt8>) {
        reserve(letters.count)
        putReserved(letters)
    }

    private mutating func put(_ byte: UInt8) {
        reserve(1)
        putReserved(byte)
    }

    /// For what room was reserved before.
    private mutating func putReserved(_ byte: UInt8) {
        start[count] = byte
        count += 1
    }

    private mutating func putReserved(_ letters: UnsafeBufferPointer<UInt8>) {
        guard let first = letters.baseAddress else { return }
        (start + count).update(from: first, count: letters.count)
        count += letters.count
    }

    private mutating func reserve(_ more: Int) {
        if count + more > room { grow(more) }
    }

    private mutating func grow(_ more: Int) {
        let larger = max(2 * room, count + more)
        let moved = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
        moved.update(from: start, count: count)
        start.deallocate()
        (start, room) = (moved, larger)
    }
}
