import Kernel
import Scenario

/// Gives the values of a template's expressions (AWS CloudFormation user guide, "Intrinsic function reference").
struct Evaluator {
    /// What a resource is called and knows of itself once it is there.
    struct Created: Sendable {
        let ref: String
        var attributes: JSONObject = [:]
    }

    let template: StackTemplate
    let parameters: [String: JSONValue]
    let pseudo: [String: JSONValue]
    var created: [String: Created] = [:]
    private(set) var evaluation = Evaluation()

    init(template: StackTemplate, parameters: [String: JSONValue], pseudo: [String: JSONValue]) {
        (self.template, self.parameters, self.pseudo) = (template, parameters, pseudo)
    }

    /// For the next look at the template, which has all the room again.
    var again: Evaluator {
        var copy = self
        copy.evaluation = Evaluation(after: evaluation)
        return copy
    }

    /// The value of a node; nil for `AWS::NoValue`.
    func value(_ node: DocumentNode) throws(Diagnostic) -> JSONValue? {
        if let items = node.items {
            var values: [JSONValue] = []
            for item in items { if let value = try value(item) { values.append(value) } }
            return .array(values)
        }
        guard node.isMapping else { return node.json }
        if node.members.count == 1, let member = node.members.first,
            member.name == "Ref" || member.name.hasPrefix("Fn::")
        {
            if Self.conditionFunctions.contains(member.name) { return .bool(try condition(node)) }
            let value = try call(member.name, member.value)
            if let value { try evaluation.take(value, at: node.place) }
            return value
        }
        var object = JSONObject()
        for member in node.members {
            if let value = try value(member.value) { object.append(member.name, value) }
        }
        return .object(object)
    }

    private static let conditionFunctions = ["Fn::Equals", "Fn::And", "Fn::Or", "Fn::Not"]

    func text(_ node: DocumentNode, _ what: String) throws(Diagnostic) -> String {
        guard let text = plainText(try value(node)) else { throw Diagnostic(node.place, "\(what) must be a text") }
        return text
    }

    private func plainText(_ value: JSONValue?) -> String? {
        switch value {
        case .string(let text): text
        case .int, .double, .bool: value?.text
        default: nil
        }
    }

    private func call(_ name: String, _ argument: DocumentNode) throws(Diagnostic) -> JSONValue? {
        switch name {
        case "Ref":
            guard let target = argument.scalarText else { throw Diagnostic(argument.place, "Ref takes a name") }
            return try reference(target, argument.place)
        case "Fn::GetAtt":
            let parts = try pair(argument, name, separator: ".")
            return .string(try attribute(parts.0, parts.1, argument.place))
        case "Fn::Join": return .string(try join(argument))
        case "Fn::Sub": return .string(try substitute(argument))
        case "Fn::Select": return try select(argument)
        case "Fn::Split":
            let items = try arguments(argument, name, 2)
            let (separator, text) = (try text(items[0], "a separator"), try text(items[1], "what Fn::Split splits"))
            guard !separator.isEmpty else { throw Diagnostic(argument.place, "Fn::Split needs a separator") }
            return .strings(split(text, separator))
        case "Fn::If":
            let items = try arguments(argument, name, 3)
            guard let condition = items[0].scalarText else {
                throw Diagnostic(items[0].place, "Fn::If takes the name of a condition first")
            }
            return try value(try holds(condition, argument.place) ? items[1] : items[2])
        case "Fn::FindInMap": return try findInMap(argument)
        case "Fn::Base64": return .string(Base64.encode(Array(try text(argument, "what Fn::Base64 encodes").utf8)))
        case "Fn::GetAZs":
            let region = plainText(pseudo["AWS::Region"]) ?? ""
            return .strings(["a", "b", "c"].map { "\(region)\($0)" })
        case "Fn::Length":
            guard let count = try value(argument)?.array?.count else {
                throw Diagnostic(argument.place, "Fn::Length takes a list")
            }
            return .int(Int64(count))
        case "Fn::ToJsonString": return .string((try value(argument) ?? .null).text)
        default: throw Diagnostic(argument.place, "\(name) is not supported here")
        }
    }

    func reference(_ name: String, _ place: Place) throws(Diagnostic) -> JSONValue? {
        if name == "AWS::NoValue" { return nil }
        if let value = pseudo[name] ?? parameters[name] { return value }
        if let resource = created[name] { return .string(resource.ref) }
        if template.resource(name) != nil {
            throw Diagnostic(place, "\(name) is not created: its condition does not hold")
        }
        let known = template.parameters.map(\.name) + template.resources.map(\.name) + pseudo.keys.sorted()
        throw Diagnostic(
            place, "there is no parameter or resource \"\(name)\"", hint: Suggestion.hint(for: name, among: known))
    }

    private func attribute(_ name: String, _ attribute: String, _ place: Place) throws(Diagnostic) -> String {
        guard let resource = created[name] else {
            guard template.resource(name) != nil else {
                throw Diagnostic(
                    place, "there is no resource \"\(name)\"",
                    hint: Suggestion.hint(for: name, among: template.resources.map(\.name)))
            }
            throw Diagnostic(place, "\(name) is not created: its condition does not hold")
        }
        // What an SDK call of a custom resource answered is named by its whole path.
        if let whole = resource.attributes[attribute] { return plainText(whole) ?? whole.text }
        var value: JSONValue = .object(resource.attributes)
        for part in attribute.pieces(by: ".") {
            guard let next = value[String(part)] else {
                let known = resource.attributes.names
                throw Diagnostic(
                    place, "\(name) has no attribute \"\(attribute)\"",
                    hint: Suggestion.hint(for: attribute, among: known))
            }
            value = next
        }
        return plainText(value) ?? value.text
    }

    private func join(_ argument: DocumentNode) throws(Diagnostic) -> String {
        let items = try arguments(argument, "Fn::Join", 2)
        guard let parts = try value(items[1])?.array else {
            throw Diagnostic(items[1].place, "Fn::Join joins a list")
        }
        var texts: [String] = []
        for part in parts {
            guard let text = plainText(part) else {
                throw Diagnostic(items[1].place, "Fn::Join joins texts, this is \(part.typeName)")
            }
            texts.append(text)
        }
        let separator = try text(items[0], "a separator")
        // Before there is any of it: two halves of a megabyte make a hundred gigabytes.
        let (between, isBeyond) = separator.utf8.count.multipliedReportingOverflow(by: max(0, texts.count - 1))
        try evaluation.take(isBeyond ? .max : between, at: argument.place)
        return texts.joined(separator: separator)
    }

    /// `${Name}`, `${Name.Attribute}`, `${!Literal}`.
    private func substitute(_ argument: DocumentNode) throws(Diagnostic) -> String {
        var own: [String: JSONValue] = [:]
        var pattern = argument
        if argument.items != nil {
            let items = try arguments(argument, "Fn::Sub", 2)
            pattern = items[0]
            for member in items[1].members { own[member.name] = try value(member.value) }
        }
        guard let text = pattern.scalarText else { throw Diagnostic(pattern.place, "Fn::Sub takes a text") }
        var result = ""
        var rest = text[...]
        while let hole = rest.range(of: "${") {
            result += rest[..<hole.lowerBound]
            guard let end = rest[hole.upperBound...].place(of: "}") else {
                throw Diagnostic(pattern.place, "a ${ of Fn::Sub has no }")
            }
            let name = trimmed(rest[hole.upperBound..<end])
            let value = try filled(name, own, pattern.place)
            try evaluation.take(value.utf8.count, at: pattern.place)
            result += value
            rest = rest[rest.index(after: end)...]
        }
        return result + rest
    }

    private func filled(
        _ name: String, _ own: [String: JSONValue], _ place: Place
    ) throws(Diagnostic) -> String {
        if name.hasPrefix("!") { return "${\(name.dropFirst())}" }
        if let value = own[name] { return plainText(value) ?? value.text }
        if let dot = name.place(of: "."), pseudo[name] == nil {
            return try attribute(String(name[..<dot]), String(name[name.index(after: dot)...]), place)
        }
        guard let text = plainText(try reference(name, place)) else {
            throw Diagnostic(place, "${\(name)} is no text")
        }
        return text
    }

    private func select(_ argument: DocumentNode) throws(Diagnostic) -> JSONValue? {
        let items = try arguments(argument, "Fn::Select", 2)
        guard let index = Int(try text(items[0], "an index")), let list = try value(items[1])?.array else {
            throw Diagnostic(argument.place, "Fn::Select takes an index and a list")
        }
        guard list.indices.contains(index) else {
            throw Diagnostic(argument.place, "Fn::Select cannot select item \(index) of \(list.count)")
        }
        return list[index]
    }

    private func findInMap(_ argument: DocumentNode) throws(Diagnostic) -> JSONValue? {
        guard let items = argument.items, items.count >= 3 else {
            throw Diagnostic(argument.place, "Fn::FindInMap takes a map and two keys")
        }
        var node = template.mappings
        for item in items[..<3] { node = node?[try text(item, "a key")] }
        if let node { return node.json }
        if items.count == 4, let standard = items[3]["DefaultValue"] { return try value(standard) }
        throw Diagnostic(argument.place, "Fn::FindInMap finds nothing")
    }

    func arguments(_ node: DocumentNode, _ name: String, _ count: Int) throws(Diagnostic) -> [DocumentNode] {
        guard let items = node.items, items.count == count else {
            throw Diagnostic(node.place, "\(name) takes a list of \(count)")
        }
        return items
    }

    /// Two names: as a list or with a separator between them.
    private func pair(
        _ node: DocumentNode, _ name: String, separator: Unicode.Scalar
    ) throws(Diagnostic) -> (String, String) {
        if let text = node.scalarText, let dot = text.place(of: separator) {
            return (String(text[..<dot]), String(text[text.index(after: dot)...]))
        }
        let items = try arguments(node, name, 2)
        guard let first = items[0].scalarText else { throw Diagnostic(items[0].place, "\(name) takes a name first") }
        return (first, try text(items[1], "an attribute"))
    }

    private func split(_ text: String, _ separator: String) -> [String] {
        var parts: [String] = []
        var rest = text[...]
        while let hit = rest.range(of: separator) {
            parts.append(String(rest[..<hit.lowerBound]))
            rest = rest[hit.upperBound...]
        }
        return parts + [String(rest)]
    }
}
