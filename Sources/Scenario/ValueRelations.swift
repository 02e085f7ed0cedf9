import Kernel

// How two values stand to each other where an expectation asks for more than that they are equal.
extension JSONValue {
    /// Below, beside or above another: numbers by value, two texts (such as two times of one form) by their characters;
    /// nil where neither is so.
    func order(to other: JSONValue) -> Int? {
        func sign<Value: Comparable>(_ left: Value, _ right: Value) -> Int { left < right ? -1 : left > right ? 1 : 0 }
        switch (self, other) {
        case (.int(let left), .int(let right)): return sign(left, right)
        case (.double(let left), .double(let right)): return sign(left, right)
        case (.int(let whole), .double(let number)): return Self.order(whole, number)
        case (.double(let number), .int(let whole)): return -Self.order(whole, number)
        case (.string(let left), .string(let right)): return sign(left, right)
        default: return nil
        }
    }

    /// Exactly: as a floating number a whole one beyond 2^53 may be its neighbour.
    private static func order(_ whole: Int64, _ number: Double) -> Int {
        let floor = number.rounded(.down)
        guard let below = Int64(exactly: floor) else { return number > 0 ? -1 : 1 }
        if whole != below { return whole < below ? -1 : 1 }
        return number > floor ? -1 : 0
    }

    /// How long a text, a list or an object is.
    var length: Int? {
        switch self {
        case .string(let text): text.count
        case .array(let items): items.count
        case .object(let object): object.count
        default: nil
        }
    }

    /// How much there is of it, in words: `3 items`.
    var size: String? {
        switch self {
        case .string(let text): "a text of \(text.count) characters"
        case .array(let items): "\(items.count) items"
        case .object(let object): "\(object.count) members"
        default: nil
        }
    }

    /// A text in a text, an item in a list, some members in an object; an object in a list is an item with its members.
    func contains(_ part: JSONValue) -> Bool {
        switch (self, part) {
        case (.string(let text), _): text.contains(part.string ?? part.text)
        case (.array(let items), .object): items.contains { $0.contains(part) }
        case (.array(let items), .array(let parts)):
            parts.allSatisfy { part in items.contains { Likeness.same($0, part) } }
        case (.array(let items), _): items.contains { Likeness.same($0, part) }
        case (.object(let object), .object(let parts)):
            parts.members.allSatisfy { part in object[part.name].map { $0.includes(part.value) } ?? false }
        default: Likeness.same(self, part)
        }
    }

    /// Inside `contains`, a nested object may have further members; everything else must be equal.
    private func includes(_ part: JSONValue) -> Bool {
        if case (.object, .object) = (self, part) { contains(part) } else { Likeness.same(self, part) }
    }
}

extension Reading {
    /// Reports numbers that would be compared as others.
    mutating func expectWholeNumbers(_ node: DocumentNode) {
        for inner in (node.items ?? []) + node.members.map(\.value) { expectWholeNumbers(inner) }
        guard node.isBeyondWholeNumbers else { return }
        report(
            node.place, "this whole number is beyond 64 bits: it would be compared as \(node.json.text)",
            hint: "as a text it stands in quotes")
    }
}
