import Kernel

/// Walks a value along its shape and collects what is wrong. No value ever stands in a message: it could be a secret.
struct Validator {
    let shapes: [Shape]
    let manner: Contract.Manner
    private(set) var faults: [AWSError.Field] = []
    private(set) var unknown: [String] = []
    /// A hostile body could break millions of constraints; the answer stays short.
    private static let longestList = 50

    init(shapes: [Shape], manner: Contract.Manner) {
        self.shapes = shapes
        self.manner = manner
    }

    private mutating func refuse(_ path: String, _ message: String) {
        if faults.count < Self.longestList { faults.append(AWSError.Field(path, message)) }
    }

    /// The value with known members only; nil if it is of the wrong type.
    mutating func check(_ value: JSONValue, _ shape: Shape, _ path: String) -> JSONValue? {
        switch shape.kind {
        case .structure(let members, let isUnion):
            guard let object = value.object else { return wrongType(path, "a structure") }
            return checkStructure(object, members, isUnion: isUnion, path)
        case .list(let item):
            guard let items = value.array else { return wrongType(path, "a list") }
            checkCount(items.count, shape, path)
            var result: [JSONValue] = []
            for (index, entry) in items.enumerated() {
                let place = "\(path).\(index + 1).member"
                guard !entry.isNull else {
                    refuse(place, "Member must not be null")
                    continue
                }
                if let checked = check(entry, shapes[item], place) { result.append(checked) }
            }
            return .array(result)
        case .map(let key, let item):
            guard let object = value.object else { return wrongType(path, "a map") }
            return checkMap(object, shape, shapes[key], shapes[item], path)
        case .string(let choices, let pattern):
            guard let text = value.string else { return wrongType(path, "a string") }
            checkText(text, shape, choices, pattern, path)
            return value
        case .integer:
            guard let number = value.int else { return wrongType(path, "an integer") }
            checkNumber(number, shape, path)
            return .int(number)
        case .number:
            guard value.double != nil else { return wrongType(path, "a number") }
            return value
        case .boolean:
            guard value.bool != nil else { return wrongType(path, "a boolean") }
            return value
        case .timestamp:
            guard value.double != nil || value.string != nil else { return wrongType(path, "a timestamp") }
            return value
        case .document: return value
        }
    }

    private mutating func wrongType(_ path: String, _ noun: String) -> JSONValue? {
        refuse(path, "Member must be \(noun)")
        return nil
    }

    private mutating func checkStructure(
        _ object: JSONObject, _ members: [Shape.Member], isUnion: Bool, _ path: String
    ) -> JSONValue {
        var result = JSONObject()
        for member in members {
            let place = path.isEmpty ? member.name : "\(path).\(member.name)"
            guard let value = object[member.wireName], !value.isNull else {
                if member.isRequired { refuse(place, "Member must not be null") }
                continue
            }
            let name = member.place == .body ? member.wireName : member.name
            if let checked = check(value, shapes[member.shape], place) { result.append(name, checked) }
        }
        let given = object.members.filter { !$0.value.isNull }
        for member in given where !members.contains(where: { $0.wireName == member.name }) && member.name != "__type" {
            if unknown.count < Self.longestList {
                unknown.append(path.isEmpty ? member.name : "\(path).\(member.name)")
            }
        }
        if isUnion {
            let known = given.filter { entry in members.contains { $0.wireName == entry.name } }
            if known.count != 1 {
                refuse(path, "Member must have exactly one of: [\(members.map(\.name).joined(separator: ", "))]")
            }
        }
        return .object(result)
    }

    private mutating func checkMap(
        _ object: JSONObject, _ shape: Shape, _ key: Shape, _ item: Shape, _ path: String
    ) -> JSONValue {
        checkCount(object.count, shape, path)
        var result = JSONObject()
        for member in object.members {
            if case .string(let choices, let pattern) = key.kind {
                let earlier = faults.count
                checkText(member.name, key, choices, pattern, path)
                if faults.count > earlier {
                    let words = faults[earlier...].map(\.message).joined(separator: ", ")
                    faults.removeSubrange(earlier...)
                    refuse(path, "Map keys must satisfy constraint: [\(words)]")
                    continue
                }
            }
            let place = "\(path).\(member.name).member"
            guard !member.value.isNull else {
                refuse(place, "Member must not be null")
                continue
            }
            if let checked = check(member.value, item, place) { result.append(member.name, checked) }
        }
        return .object(result)
    }

    private mutating func checkText(
        _ text: String, _ shape: Shape, _ choices: [String], _ pattern: Pattern?, _ path: String
    ) {
        if !choices.isEmpty, !choices.contains(text) {
            refuse(path, "Member must satisfy enum value set: [\(choices.joined(separator: ", "))]")
        }
        let length = text.unicodeScalars.count
        if let least = shape.least, length < least {
            refuse(path, "Member must have length greater than or equal to \(least)")
        }
        if let most = shape.most, length > most {
            refuse(path, "Member must have length less than or equal to \(most)")
            // Nothing is gained from matching a text that is too long.
            return
        }
        guard let pattern, !pattern.matches(text) else { return }
        if pattern.source.hasPrefix("https://"), manner.accepts(text),
            pattern.matches("https" + text.dropFirst("http".count))
        {
            return
        }
        refuse(path, "Member must satisfy regular expression pattern: \(pattern.source)")
    }

    private mutating func checkCount(_ count: Int, _ shape: Shape, _ path: String) {
        if let least = shape.least, count < least {
            refuse(path, "Member must have length greater than or equal to \(least)")
        }
        if let most = shape.most, count > most {
            refuse(path, "Member must have length less than or equal to \(most)")
        }
    }

    private mutating func checkNumber(_ number: Int64, _ shape: Shape, _ path: String) {
        if let least = shape.least, number < least { refuse(path, "Member must be greater than or equal to \(least)") }
        if let most = shape.most, number > most { refuse(path, "Member must be less than or equal to \(most)") }
    }
}
