extension JSONValue {
    /// Compact JSON with members in their own order.
    package var bytes: [UInt8] {
        var writer = JSONWriter()
        writer.write(self)
        return writer.bytes
    }

    /// Compact JSON as text.
    package var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Indented by two blanks, for people.
    package var pretty: String {
        var writer = JSONWriter(indent: 0)
        writer.write(self)
        return String(decoding: writer.bytes, as: UTF8.self)
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

private struct JSONWriter {
    var bytes: [UInt8] = []
    /// Depth of indentation; nil for compact output.
    var indent: Int?
    private static let hex = Array("0123456789abcdef".utf8)

    init(indent: Int? = nil) {
        self.indent = indent
        bytes.reserveCapacity(256)
    }

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
                bytes.append(UInt8(ascii: ":"))
                if indent != nil { bytes.append(32) }
                write(object.members[index].value)
            }
            close(UInt8(ascii: "}"), object.isEmpty)
        }
    }

    private mutating func open(_ bracket: UInt8) {
        bytes.append(bracket)
        if let depth = indent { indent = depth + 1 }
    }

    private mutating func separate(_ index: Int) {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        newLine()
    }

    private mutating func close(_ bracket: UInt8, _ isEmpty: Bool) {
        if let depth = indent { indent = depth - 1 }
        if !isEmpty { newLine() }
        bytes.append(bracket)
    }

    private mutating func newLine() {
        guard let indent else { return }
        bytes.append(10)
        for _ in 0..<indent { put("  ") }
    }

    private mutating func put(_ word: StaticString) { word.withUTF8Buffer { bytes.append(contentsOf: $0) } }

    private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

    private mutating func write(_ number: Double) {
        // JSON has no infinity; nothing in the emulator computes one.
        guard number.isFinite else { return put("null") }
        append(number == number.rounded() && abs(number) < 1e15 ? "\(Int64(number)).0" : "\(number)")
    }

    private mutating func write(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { letters in
            if Self.isPlain(letters) { bytes.append(contentsOf: letters) } else { escape(letters) }
        }
        bytes.append(UInt8(ascii: "\""))
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
            bytes.append(contentsOf: letters[plain..<place])
            plain = place + 1
            let byte = letters[place]
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 10: put("\\n")
            case 13: put("\\r")
            case 9: put("\\t")
            default:
                put("\\u00")
                bytes.append(Self.hex[Int(byte >> 4)])
                bytes.append(Self.hex[Int(byte & 15)])
            }
        }
        bytes.append(contentsOf: letters[plain...])
    }
}
