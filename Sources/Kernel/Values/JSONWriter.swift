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
        case .null: append("null")
        case .bool(let flag): append(flag ? "true" : "false")
        case .int(let number): append(String(number))
        case .double(let number): write(number)
        case .string(let text): write(text)
        case .array(let items):
            bracket("[", "]", items.isEmpty, items) { writer, item in writer.write(item) }
        case .object(let object):
            bracket("{", "}", object.isEmpty, object.members) { writer, member in
                writer.write(member.name)
                writer.append(writer.indent == nil ? ":" : ": ")
                writer.write(member.value)
            }
        }
    }

    private mutating func bracket<Item>(
        _ open: String, _ close: String, _ isEmpty: Bool, _ items: [Item], _ body: (inout JSONWriter, Item) -> Void
    ) {
        append(open)
        if let depth = indent { indent = depth + 1 }
        for (index, item) in items.enumerated() {
            if index > 0 { append(",") }
            newLine()
            body(&self, item)
        }
        if let depth = indent { indent = depth - 1 }
        if !isEmpty { newLine() }
        append(close)
    }

    private mutating func newLine() {
        guard let indent else { return }
        append("\n")
        for _ in 0..<indent { append("  ") }
    }

    private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

    private mutating func write(_ number: Double) {
        // JSON has no infinity; nothing in the emulator computes one.
        guard number.isFinite else { return append("null") }
        append(number == number.rounded() && abs(number) < 1e15 ? "\(Int64(number)).0" : "\(number)")
    }

    private mutating func write(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        let isPlain = text.utf8.allSatisfy { $0 >= 32 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
        guard !isPlain else {
            bytes.append(contentsOf: text.utf8)
            bytes.append(UInt8(ascii: "\""))
            return
        }
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 10: append("\\n")
            case 13: append("\\r")
            case 9: append("\\t")
            case 0..<32:
                append("\\u00")
                bytes.append(Self.hex[Int(byte >> 4)])
                bytes.append(Self.hex[Int(byte & 15)])
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
