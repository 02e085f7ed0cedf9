import Kernel

/// Walks a value along its shape and collects what is wrong. No value ever stands in a message: it could be a secret.
struct Validator {
    let shapes: [Shape]
    let manner: Contract.Manner
    private(set) var faults: [AWSError.Field] = []
    private(set) var unknown: [String] = []
    /// A hostile body could break millions of constraints; the answer stays short.
    private static let longestList = 50
    /// Where the walk is. Written out only when there is something to say: most inputs are in order.
    private var way: [Step] = []
    private enum Step {
        case member(String)
        case item(Int)
        case entry(String)
    }

    init(shapes: [Shape], manner: Contract.Manner) {
        self.shapes = shapes
        self.manner = manner
    }

    private mutating func refuse(_ message: String) {
        if faults.count < Self.longestList { faults.append(AWSError.Field(path, message)) }
    }

    /// `targetConfiguration.mcp.toolSchema.1.member.name`
    private var path: String {
        var text = ""
        for (number, step) in way.enumerated() {
            if number > 0 { text += "." }
            switch step {
            case .member(let name): text += name
            case .item(let index): text += "\(index + 1).member"
            case .entry(let name): text += "\(name).member"
            }
        }
        return text
    }

    /// The value with known members only; nil if it is of the wrong type.
    mutating func check(_ value: JSONValue, _ shape: Shape) -> JSONValue? {
        switch shape.kind {
        case .structure(let members, let isUnion):
            guard let object = value.object else { return wrongType("a structure") }
            return checkStructure(object, members, isUnion: isUnion)
        case .list(let item):
            guard let items = value.array else { return wrongType("a list") }
            checkCount(items.count, shape)
            var result: [JSONValue] = []
            for (index, entry) in items.enumerated() {
                way.append(.item(index))
                defer { way.removeLast() }
                if case .null = entry {
                    refuse("Member must not be null")
                } else if let checked = check(entry, shapes[item]) {
                    result.append(checked)
                }
            }
            return .array(result)
        case .map(let key, let item):
            guard let object = value.object else { return wrongType("a map") }
            return checkMap(object, shape, shapes[key], shapes[item])
        case .string(let choices, let pattern):
            guard let text = value.string else { return wrongType("a string") }
            checkText(text, shape, choices, pattern)
            return value
        case .integer:
            guard let number = value.int else { return wrongType("an integer") }
            checkNumber(number, shape)
            return .int(number)
        case .number:
            guard let number = value.double else { return wrongType("a number") }
            checkNumber(number, shape)
            return value
        case .boolean:
            guard value.bool != nil else { return wrongType("a boolean") }
            return value
        case .timestamp:
            guard value.double != nil || value.string != nil else { return wrongType("a timestamp") }
            return value
        case .document: return value
        }
    }

    private mutating func wrongType(_ noun: String) -> JSONValue? {
        refuse("Member must be \(noun)")
        return nil
    }

    private mutating func checkStructure(
        _ object: JSONObject, _ members: [Shape.Member], isUnion: Bool
    ) -> JSONValue {
        var result = JSONObject()
        var known = 0
        for member in members {
            guard let value = object[member.wireName], !value.isNull else {
                if member.isRequired {
                    way.append(.member(member.name))
                    refuse("Member must not be null\(stale([member.wireName], in: object, members))")
                    way.removeLast()
                }
                continue
            }
            known += 1
            way.append(.member(member.name))
            defer { way.removeLast() }
            let name = member.place == .body ? member.wireName : member.name
            if let checked = check(value, shapes[member.shape]) { result.append(name, checked) }
        }
        // Mostly every member is one of the model.
        if known < object.count { note(object, members) }
        if isUnion, known != 1 {
            let names = members.map(\.name)
            let hint = stale(names, in: object, members)
            refuse("Member must have exactly one of: [\(names.joined(separator: ", "))]\(hint)")
        }
        return .object(result)
    }

    /// Members that the model does not have.
    private mutating func note(_ object: JSONObject, _ members: [Shape.Member]) {
        let given = object.members.filter { !$0.value.isNull }
        for member in given where !members.contains(where: { $0.wireName == member.name }) && member.name != "__type" {
            if unknown.count < Self.longestList {
                way.append(.member(member.name))
                unknown.append(path)
                way.removeLast()
            }
        }
    }

    /// Names that older pages of the guide use are told with those of the model (ledger `stale-members`): they differ
    /// in case or in their end.
    private func stale(_ wanted: [String], in object: JSONObject, _ members: [Shape.Member]) -> String {
        for given in object.names where !members.contains(where: { $0.wireName == given }) {
            let plain = given.lowercased()
            let near = wanted.first { name in
                let known = name.lowercased()
                let shared = zip(known.utf8, plain.utf8).prefix { $0 == $1 }.count
                return known == plain
                    || (shared >= 8 && shared + 4 >= known.utf8.count && shared + 4 >= plain.utf8.count)
            }
            if let near { return "; \(given) is not a member, \(near) is" }
        }
        return ""
    }

    private mutating func checkMap(
        _ object: JSONObject, _ shape: Shape, _ key: Shape, _ item: Shape
    ) -> JSONValue {
        checkCount(object.count, shape)
        var result = JSONObject()
        for member in object.members {
            if case .string(let choices, let pattern) = key.kind {
                let earlier = faults.count
                checkText(member.name, key, choices, pattern)
                if faults.count > earlier {
                    let words = faults[earlier...].map(\.message).joined(separator: ", ")
                    faults.removeSubrange(earlier...)
                    refuse("Map keys must satisfy constraint: [\(words)]")
                    continue
                }
            }
            way.append(.entry(member.name))
            defer { way.removeLast() }
            if case .null = member.value {
                refuse("Member must not be null")
            } else if let checked = check(member.value, item) {
                result.append(member.name, checked)
            }
        }
        return .object(result)
    }

    private mutating func checkText(
        _ text: String, _ shape: Shape, _ choices: [String], _ pattern: Pattern?
    ) {
        if !choices.isEmpty, !choices.contains(text) {
            refuse("Member must satisfy enum value set: [\(choices.joined(separator: ", "))]")
        }
        var (text, bits) = (text, UInt8(0))
        text.withUTF8 { for byte in $0 { bits |= byte } }
        let length = bits < 128 ? text.utf8.count : text.unicodeScalars.count
        if let least = shape.least, length < least {
            refuse("Member must have length greater than or equal to \(least)")
        }
        if let most = shape.most, length > most {
            refuse("Member must have length less than or equal to \(most)")
            // Nothing is gained from matching a text that is too long.
            return
        }
        guard let pattern, !pattern.matches(text) else { return }
        if pattern.source.hasPrefix("https://"), manner.accepts(text),
            pattern.matches("https" + text.dropFirst("http".count))
        {
            return
        }
        refuse("Member must satisfy regular expression pattern: \(pattern.source)")
    }

    private mutating func checkCount(_ count: Int, _ shape: Shape) {
        if let least = shape.least, count < least {
            refuse("Member must have length greater than or equal to \(least)")
        }
        if let most = shape.most, count > most {
            refuse("Member must have length less than or equal to \(most)")
        }
    }

    private mutating func checkNumber<Number: Numeric & Comparable>(_ number: Number, _ shape: Shape) {
        if let least = shape.least, let bound = Number(exactly: least), number < bound {
            refuse("Member must have value greater than or equal to \(least)")
        }
        if let most = shape.most, let bound = Number(exactly: most), number > bound {
            refuse("Member must have value less than or equal to \(most)")
        }
    }
}
