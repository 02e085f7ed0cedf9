/// JSON as the wire has it: members keep their order, whole numbers stay whole.
package enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case int(Int64)
    case double(Double)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)

    /// Texts are the same where their bytes are, numbers where they are written as the same kind.
    package static func == (left: JSONValue, right: JSONValue) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let one), .bool(let other)): one == other
        case (.int(let one), .int(let other)): one == other
        case (.double(let one), .double(let other)): one == other
        case (.string(let one), .string(let other)): areSame(one, other)
        case (.array(let one), .array(let other)): one == other
        case (.object(let one), .object(let other)): one == other
        default: false
        }
    }
}

/// The members of a JSON object in their order. Small, so looked up by walking.
package struct JSONObject: Hashable, Sendable, ExpressibleByDictionaryLiteral {
    package private(set) var members: [Member]

    package struct Member: Hashable, Sendable {
        package var name: String
        package var value: JSONValue
        package init(_ name: String, _ value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    package init(_ members: [Member] = []) { self.members = members }
    /// With room for two more: what is written out is mostly a beginning.
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        members = []
        members.reserveCapacity(elements.count + 2)
        for (name, value) in elements { members.append(Member(name, value)) }
    }

    /// Value of a member; setting nil removes it, setting a new one appends it.
    package subscript(_ name: String) -> JSONValue? {
        get {
            for place in members.indices where areSame(members[place].name, name) { return members[place].value }
            return nil
        }
        set {
            let place = members.firstIndex { areSame($0.name, name) }
            switch (place, newValue) {
            case (let place?, let value?): members[place].value = value
            case (let place?, nil): members.remove(at: place)
            case (nil, let value?): append(name, value)
            case (nil, nil): break
            }
        }
    }

    /// Value of the member whose name has these bytes.
    func value(named name: UnsafeBufferPointer<UInt8>) -> JSONValue? {
        for place in members.indices where members[place].name.utf8.count == name.count {
            let isIt = members[place].name.utf8.withContiguousStorageIfAvailable { areSame($0, name) }
            if isIt ?? members[place].name.utf8.elementsEqual(name) { return members[place].value }
        }
        return nil
    }

    package var names: [String] { members.map(\.name) }
    package var isEmpty: Bool { members.isEmpty }
    package var count: Int { members.count }

    /// Adds a member without looking for an earlier one: for building, where names are known to differ.
    package mutating func append(_ name: consuming String, _ value: consuming JSONValue) {
        // From one to two to four costs two more allocations, and few objects have a single member.
        if members.isEmpty { members.reserveCapacity(4) }
        members.append(Member(name, value))
    }

    /// Each member with what is made of its value; without those of which nothing is.
    package func compactMapValues(_ transform: (JSONValue) -> JSONValue?) -> JSONObject {
        var result: [Member] = []
        result.reserveCapacity(count)
        for member in members {
            if let value = transform(member.value) { result.append(Member(member.name, value)) }
        }
        return JSONObject(result)
    }

    /// Members that the other has too take its value; its further ones are appended.
    package func merging(_ other: JSONObject) -> JSONObject {
        var result = self
        for member in other.members { result[member.name] = member.value }
        return result
    }

    /// Equal whatever the order: an object is a set of members.
    package static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.count == right.count && left.members.allSatisfy { right[$0.name] == $0.value }
    }
    package func hash(into hasher: inout Hasher) {
        for member in members.sorted(by: { $0.name < $1.name }) { hasher.combine(member) }
    }
}

extension JSONValue {
    package var string: String? { if case .string(let text) = self { text } else { nil } }
    package var bool: Bool? { if case .bool(let flag) = self { flag } else { nil } }
    package var array: [JSONValue]? { if case .array(let items) = self { items } else { nil } }
    package var object: JSONObject? { if case .object(let object) = self { object } else { nil } }
    package var isNull: Bool { if case .null = self { true } else { false } }

    /// A whole number, also one written `3.0`.
    package var int: Int64? {
        switch self {
        case .int(let number): number
        case .double(let number): Int64(exactly: number)
        default: nil
        }
    }
    package var double: Double? {
        switch self {
        case .int(let number): Double(number)
        case .double(let number): number
        default: nil
        }
    }

    /// The texts of an array of strings; nil if any item is something else.
    package var strings: [String]? {
        guard let array else { return nil }
        var texts: [String] = []
        texts.reserveCapacity(array.count)
        for item in array {
            guard case .string(let text) = item else { return nil }
            texts.append(text)
        }
        return texts
    }

    /// A member of an object; nil for anything that is not one.
    package subscript(_ name: String) -> JSONValue? { object?[name] }
    /// An item of an array; nil beyond its end.
    package subscript(_ index: Int) -> JSONValue? {
        guard let array, array.indices.contains(index) else { return nil }
        return array[index]
    }

    /// `null`, `boolean`, `number`, `string`, `array` or `object`.
    package var typeName: String {
        switch self {
        case .null: "null"
        case .bool: "boolean"
        case .int, .double: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByStringInterpolation, ExpressibleByBooleanLiteral,
    ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral,
    ExpressibleByNilLiteral
{
    package init(stringLiteral value: String) { self = .string(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(integerLiteral value: Int64) { self = .int(value) }
    package init(floatLiteral value: Double) { self = .double(value) }
    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(JSONObject(elements.map { JSONObject.Member($0.0, $0.1) }))
    }
    package init(nilLiteral: ()) { self = .null }
    /// An array of texts.
    package static func strings(_ texts: [String]) -> JSONValue {
        var items: [JSONValue] = []
        items.reserveCapacity(texts.count)
        for text in texts { items.append(.string(text)) }
        return .array(items)
    }
    package static func strings(_ texts: some Sequence<String>) -> JSONValue { .array(texts.map { .string($0) }) }
}
