package import Kernel

/// A node of a YAML document that knows where it stands.
package struct DocumentNode: Sendable {
    package let content: Content
    package let place: Place

    package enum Content: Sendable {
        /// `plain` is false for a text in quotes or in a block: then it is text and nothing else.
        case scalar(String, plain: Bool)
        case sequence([DocumentNode])
        case mapping([Member])
    }

    package struct Member: Sendable {
        package let key: DocumentNode
        package let name: String
        package let value: DocumentNode
        package init(key: DocumentNode, name: String, value: DocumentNode) {
            self.key = key
            self.name = name
            self.value = value
        }
    }

    package init(_ content: Content, at place: Place) {
        self.content = content
        self.place = place
    }

    package var typeName: String {
        switch content {
        case .mapping: "a mapping"
        case .sequence: "a list"
        case .scalar(let text, let plain):
            switch scalarValue(text, plain) {
            case .null: "nothing"
            case .bool: "a yes or no"
            case .int, .double: "a number"
            default: "a text"
            }
        }
    }

    package var members: [Member] { if case .mapping(let members) = content { members } else { [] } }
    package var items: [DocumentNode]? { if case .sequence(let items) = content { items } else { nil } }
    /// The characters of a scalar, whatever type they would have.
    package var scalarText: String? { if case .scalar(let text, _) = content { text } else { nil } }
    package var isMapping: Bool { if case .mapping = content { true } else { false } }
    package var isNothing: Bool {
        if case .scalar(let text, let plain) = content { scalarValue(text, plain) == .null } else { false }
    }
    /// A word without quotes, such as `absent`.
    package func isWord(_ word: String) -> Bool {
        if case .scalar(let text, plain: true) = content { text == word } else { false }
    }
    package subscript(_ name: String) -> DocumentNode? {
        guard case .mapping(let members) = content else { return nil }
        for place in members.indices where areSame(members[place].name, name) { return members[place].value }
        return nil
    }

    /// Whether it is a whole number that 64 bits do not hold: as JSON it is one of its neighbours.
    package var isBeyondWholeNumbers: Bool {
        guard case .scalar(let text, plain: true) = content, text.utf8.count > 18, case .double = json else {
            return false
        }
        return text.utf8.allSatisfy { $0 == UInt8(ascii: "-") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    /// The node as JSON; templates stay as they are written.
    package var json: JSONValue {
        switch content {
        case .scalar(let text, let plain): scalarValue(text, plain)
        case .sequence(let items): .array(items.map(\.json))
        case .mapping(let members): .object(JSONObject(members.map { .init($0.name, $0.value.json) }))
        }
    }
}

// Typed readers: each reports what it wanted and gives nil.
extension DocumentNode {
    /// Any scalar as text.
    package func text(_ reading: inout Reading, as what: String) -> String? {
        if case .scalar(let text, _) = content, !isNothing { return text }
        reading.report(place, "\(what) must be a text, this is \(typeName)")
        return nil
    }

    /// A list of texts; a single text is a list of one.
    package func texts(_ reading: inout Reading, as what: String) -> [(text: String, place: Place)] {
        guard let items else {
            if case .scalar = content, !isNothing { return text(&reading, as: what).map { [($0, place)] } ?? [] }
            reading.report(place, "\(what) must be a text or a list of texts, this is \(typeName)")
            return []
        }
        return items.compactMap { item in item.text(&reading, as: "each of \(what)").map { ($0, item.place) } }
    }

    package func flag(_ reading: inout Reading, as what: String) -> Bool? {
        if let flag = json.bool { return flag }
        reading.report(place, "\(what) must be true or false, this is \(typeName)")
        return nil
    }

    /// `500ms`, `90s`, `11m`, `2h`, `1d`.
    package func span(_ reading: inout Reading, as what: String) -> Span? {
        if let span = scalarText.flatMap({ Span($0) }) { return span }
        let isLong = scalarText.map { text in
            ["ms", "s", "m", "h", "d"].contains { text.hasSuffix($0) && UInt64(text.dropLast($0.utf8.count)) != nil }
        }
        let hint = isLong == true ? "a hundred years at most" : "such as 500ms, 90s, 11m, 2h or 1d"
        reading.report(place, "\(what) must be a duration", hint: hint)
        return nil
    }

    /// The members of a mapping, of which each name must be known; nil for anything else than a mapping. What is
    /// `alsoKnown` is suggested to who nearly wrote it, and not listed.
    package func members(
        _ what: String, known: [String], alsoKnown: [String] = [], _ reading: inout Reading
    ) -> Members? {
        guard case .mapping(let members) = content else {
            reading.report(place, "\(what) must be a mapping, this is \(typeName)")
            return nil
        }
        for member in members where !known.contains(member.name) && !alsoKnown.contains(member.name) {
            reading.report(
                member.key.place, "\(what) has no member \"\(member.name)\"",
                hint: Suggestion.hint(for: member.name, among: known, or: alsoKnown))
        }
        return Members(what: what, node: self)
    }
}

/// The members of a mapping whose names were checked.
package struct Members: Sendable {
    let what: String
    package let node: DocumentNode
    package subscript(_ name: String) -> DocumentNode? { node[name] }

    /// A member that must be there.
    package func require(_ name: String, _ reading: inout Reading) -> DocumentNode? {
        if let value = node[name] { return value }
        reading.report(node.place, "\(what) needs \"\(name)\"")
        return nil
    }
}

/// A plain scalar by the core schema of YAML 1.2 (section 10.3.2), and with less of it a number: digits with a leading
/// zero are a text, since an account id is no number, and so are `+1`, `.5`, `0x1F` and `.inf`.
private func scalarValue(_ text: String, _ plain: Bool) -> JSONValue {
    guard plain else { return .string(text) }
    switch text {
    case "", "~", "null", "Null", "NULL": return .null
    case "true", "True", "TRUE": return .bool(true)
    case "false", "False", "FALSE": return .bool(false)
    default: break
    }
    let digits = text.utf8.first == UInt8(ascii: "-") ? text.utf8.dropFirst() : text.utf8[...]
    guard let first = digits.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
        return .string(text)
    }
    if digits.count > 1, first == UInt8(ascii: "0"), digits.dropFirst().first != UInt8(ascii: ".") {
        return .string(text)
    }
    if let whole = Int64(text) { return .int(whole) }
    let isNumeric = digits.allSatisfy { byte in
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || ".eE+-".utf8.contains(byte)
    }
    if isNumeric, let number = Double(text), number.isFinite { return .double(number) }
    return .string(text)
}
