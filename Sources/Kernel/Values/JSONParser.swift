/// Why a text is not JSON, with the byte where it stops being so.
package struct JSONFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package let reason: String
    package let offset: Int
    package var description: String { "\(reason) at byte \(offset)" }
}

extension JSONValue {
    /// Reads one JSON value (RFC 8259) that fills `bytes` but for white space.
    ///
    /// Refused: invalid UTF-8, a lone surrogate, nesting deeper than 512. Of a member that stands twice the last
    /// counts.
    package init(parsing bytes: [UInt8]) throws(JSONFailure) {
        self = try bytes.withUnsafeBufferPointer { bytes throws(JSONFailure) in
            var parser = JSONParser(bytes: bytes)
            return try parser.document()
        }
    }

    package init(parsing text: String) throws(JSONFailure) { try self.init(parsing: Array(text.utf8)) }
}

private struct JSONParser {
    /// Lives as long as the call that made it.
    let bytes: UnsafeBufferPointer<UInt8>
    var place = 0
    var depth = 0

    mutating func document() throws(JSONFailure) -> JSONValue {
        let result = try value()
        skipSpace()
        guard place == bytes.count else { throw failure("text after the value") }
        return result
    }

    func failure(_ reason: String) -> JSONFailure { JSONFailure(reason: reason, offset: place) }

    mutating func skipSpace() {
        while place < bytes.count, bytes[place] == 32 || (9...10).contains(bytes[place]) || bytes[place] == 13 {
            place += 1
        }
    }

    mutating func value() throws(JSONFailure) -> JSONValue {
        skipSpace()
        guard place < bytes.count else { throw failure("unexpected end") }
        switch bytes[place] {
        case UInt8(ascii: "{"): return try nested { parser throws(JSONFailure) in try parser.object() }
        case UInt8(ascii: "["): return try nested { parser throws(JSONFailure) in try parser.array() }
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    mutating func nested(
        _ body: (inout JSONParser) throws(JSONFailure) -> JSONValue
    ) throws(JSONFailure) -> JSONValue {
        guard depth < 512 else { throw failure("nested too deep") }
        depth += 1
        place += 1
        let result = try body(&self)
        depth -= 1
        return result
    }

    mutating func word(_ text: StaticString, _ value: JSONValue) throws(JSONFailure) -> JSONValue {
        let matches = text.withUTF8Buffer { bytes[place...].starts(with: $0) }
        guard matches else { throw failure("unknown word") }
        place += text.utf8CodeUnitCount
        return value
    }

    mutating func object() throws(JSONFailure) -> JSONValue {
        var members: [JSONObject.Member] = []
        members.reserveCapacity(4)
        // From some members on a table, because looking through them would make a hostile object cost its square.
        var places: [String: Int] = [:]
        skipSpace()
        if take("}") { return .object(JSONObject()) }
        while true {
            skipSpace()
            guard place < bytes.count, bytes[place] == UInt8(ascii: "\"") else { throw failure("member name expected") }
            let name = try string()
            skipSpace()
            guard take(":") else { throw failure("colon expected") }
            let content = try value()
            if let earlier = Self.place(of: name, in: members, &places) {
                members[earlier].value = content
            } else {
                members.append(.init(name, content))
            }
            skipSpace()
            if take("}") { return .object(JSONObject(members)) }
            guard take(",") else { throw failure("comma or closing brace expected") }
        }
    }

    private static func place(of name: String, in members: [JSONObject.Member], _ places: inout [String: Int]) -> Int? {
        guard members.count >= 16 else {
            for index in members.indices where areSame(members[index].name, name) { return index }
            return nil
        }
        if places.isEmpty { for (index, member) in members.enumerated() { places[member.name] = index } }
        if let earlier = places[name] { return earlier }
        places[name] = members.count
        return nil
    }

    mutating func array() throws(JSONFailure) -> JSONValue {
        var items: [JSONValue] = []
        skipSpace()
        if take("]") { return .array(items) }
        while true {
            items.append(try value())
            skipSpace()
            if take("]") { return .array(items) }
            guard take(",") else { throw failure("comma or closing bracket expected") }
        }
    }

    mutating func take(_ letter: Unicode.Scalar) -> Bool {
        guard place < bytes.count, bytes[place] == UInt8(ascii: letter) else { return false }
        place += 1
        return true
    }

    mutating func string() throws(JSONFailure) -> String {
        place += 1
        let start = place
        let isASCII = passPlain()
        // Almost every string ends before it needs a copy.
        guard place < bytes.count, bytes[place] == UInt8(ascii: "\"") else { return try escapedString(from: start) }
        // Only what is not ASCII can be invalid, and the validating initialiser is the slow one.
        let text: String? =
            isASCII
            ? String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<place]), as: UTF8.self)
            : String(validating: bytes[start..<place], as: UTF8.self)
        guard let text else { throw failure("invalid UTF-8") }
        place += 1
        return text
    }

    /// Goes on to the next quote, backslash or control character. Returns whether all on the way was ASCII.
    mutating func passPlain() -> Bool {
        var (at, all) = (place, UInt8(0))
        while at < bytes.count {
            let byte = bytes[at]
            if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { break }
            all |= byte
            at += 1
        }
        place = at
        return all < 0x80
    }

    /// The rest of a string whose first part is plain.
    mutating func escapedString(from start: Int) throws(JSONFailure) -> String {
        var content = Array(bytes[start..<place])
        while place < bytes.count, bytes[place] != UInt8(ascii: "\"") {
            guard bytes[place] == UInt8(ascii: "\\") else { throw failure("control character in a string") }
            try escape(into: &content)
            let plain = place
            _ = passPlain()
            content += bytes[plain..<place]
        }
        guard place < bytes.count else { throw failure("string without end") }
        guard let text = String(validating: content, as: UTF8.self) else { throw failure("invalid UTF-8") }
        place += 1
        return text
    }

    mutating func escape(into content: inout [UInt8]) throws(JSONFailure) {
        place += 1
        guard place < bytes.count else { throw failure("string without end") }
        let letter = bytes[place]
        place += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(letter)
        case UInt8(ascii: "b"): content.append(8)
        case UInt8(ascii: "f"): content.append(12)
        case UInt8(ascii: "n"): content.append(10)
        case UInt8(ascii: "r"): content.append(13)
        case UInt8(ascii: "t"): content.append(9)
        case UInt8(ascii: "u"): content.append(contentsOf: Array(String(try unicodeScalar()).utf8))
        default: throw failure("unknown escape")
        }
    }

    mutating func unicodeScalar() throws(JSONFailure) -> Unicode.Scalar {
        let high = try hexQuad()
        if (0xD800..<0xDC00).contains(high), place + 1 < bytes.count, bytes[place] == UInt8(ascii: "\\"),
            bytes[place + 1] == UInt8(ascii: "u")
        {
            place += 2
            let low = try hexQuad()
            guard (0xDC00..<0xE000).contains(low),
                let scalar = Unicode.Scalar(0x1_0000 + (high - 0xD800) << 10 + (low - 0xDC00))
            else { throw failure("lone surrogate") }
            return scalar
        }
        guard let scalar = Unicode.Scalar(high) else { throw failure("lone surrogate") }
        return scalar
    }

    mutating func hexQuad() throws(JSONFailure) -> UInt32 {
        guard place + 4 <= bytes.count,
            bytes[place..<place + 4].allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }),
            let value = UInt32(String(decoding: bytes[place..<place + 4], as: UTF8.self), radix: 16)
        else { throw failure("four hexadecimal digits expected") }
        place += 4
        return value
    }

    mutating func number() throws(JSONFailure) -> JSONValue {
        let start = place
        _ = take("-")
        let whole = digits()
        guard whole > 0, whole == 1 || bytes[place - whole] != UInt8(ascii: "0") else {
            place = start
            throw failure("value expected")
        }
        var isWhole = true
        if take(".") {
            isWhole = false
            guard digits() > 0 else { throw failure("digit expected") }
        }
        if take("e") || take("E") {
            isWhole = false
            if !take("+") { _ = take("-") }
            guard digits() > 0 else { throw failure("digit expected") }
        }
        let text = String(decoding: bytes[start..<place], as: UTF8.self)
        if isWhole, let number = Int64(text) { return .int(number) }
        guard let number = Double(text), number.isFinite else { throw failure("number out of range") }
        return .double(number)
    }

    mutating func digits() -> Int {
        let start = place
        while place < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[place]) { place += 1 }
        return place - start
    }
}
