import Kernel
import Scenario

/// Looks at what expressions speak of: names, attributes, and whatever has a value before anything is created.
struct MentionCheck {
    private let evaluator: Evaluator
    private let types: ResourceTypes
    /// The resources that are created.
    private let active: Set<String>
    private var template: StackTemplate { evaluator.template }

    init(_ evaluator: Evaluator, _ types: ResourceTypes, active: Set<String>) {
        (self.evaluator, self.types, self.active) = (evaluator, types, active)
    }

    /// The names of everything that a resource speaks of.
    func names(in resource: StackTemplate.Resource, _ problems: inout [Diagnostic]) -> [String] {
        for name in resource.dependsOn where template.resource(name) == nil {
            problems.append(missing(name, resource.place, resource.name, among: template.resources.map(\.name)))
        }
        return resource.properties.flatMap { check($0.value, of: resource.name, &problems) }
    }

    func check(_ output: DocumentNode.Member, _ problems: inout [Diagnostic]) {
        let what = "output \(output.name)"
        guard let value = output.value["Value"] else {
            problems.append(Diagnostic(output.key.place, "\(what) needs a Value"))
            return
        }
        _ = check(value, of: what, &problems)
        if let name = output.value["Export"]?["Name"] { _ = check(name, of: what, &problems) }
    }

    private func check(_ node: DocumentNode, of what: String, _ problems: inout [Diagnostic]) -> [String] {
        var mentions: [Mention] = []
        Mention.collect(node, evaluator, &mentions)
        let found = mentions.compactMap { problem(with: $0, of: what) }
        problems += found
        let isKnownNow = mentions.allSatisfy { template.resource($0.name) == nil }
        // Where there is too much of everything, that is told once.
        guard found.isEmpty, isKnownNow, !evaluator.evaluation.isSpent else { return mentions.map(\.name) }
        do throws(Diagnostic) {
            _ = try evaluator.value(node)
        } catch {
            problems.append(error)
        }
        return mentions.map(\.name)
    }

    private func problem(with mention: Mention, of what: String) -> Diagnostic? {
        let (name, place) = (mention.name, mention.place)
        guard let resource = template.resource(name) else {
            let resources = template.resources.map(\.name)
            if mention.attribute != nil { return missing(name, place, what, "resource", among: resources) }
            if evaluator.parameters[name] != nil || evaluator.pseudo[name] != nil || name == "AWS::NoValue" {
                return nil
            }
            let pseudo = name.hasPrefix("AWS::") ? evaluator.pseudo.keys.sorted() : []
            return missing(name, place, what, among: template.parameters.map(\.name) + resources + pseudo)
        }
        if mention.isCertain, !active.contains(name) {
            return Diagnostic(place, "\(what): \(name) is not created: its condition does not hold")
        }
        // A path leads below an attribute.
        guard let attribute = mention.attribute, let known = types.attributes(of: resource.type),
            !known.contains(String(attribute.prefix { $0 != "." }))
        else { return nil }
        return Diagnostic(
            place, "\(what): \(name) has no attribute \"\(attribute)\"",
            hint: Suggestion.hint(for: attribute, among: known))
    }

    private func missing(
        _ name: String, _ place: Place, _ what: String, _ kind: String = "parameter or resource", among known: [String]
    ) -> Diagnostic {
        Diagnostic(
            place, "\(what): there is no \(kind) \"\(name)\"", hint: Suggestion.hint(for: name, among: known))
    }
}

/// A name that an expression speaks of.
struct Mention {
    let name: String
    /// What of it; nil for its Ref.
    let attribute: String?
    /// Whether its value is asked for whatever else is there: it is in no branch of Fn::If that is not taken.
    let isCertain: Bool
    let place: Place

    static func collect(
        _ node: DocumentNode, _ evaluator: Evaluator, isCertain: Bool = true, _ found: inout [Mention]
    ) {
        for item in node.items ?? [] { collect(item, evaluator, isCertain: isCertain, &found) }
        for member in node.members {
            let value = member.value
            switch member.name {
            case "Ref":
                guard let name = value.scalarText else { continue }
                found.append(Mention(name: name, attribute: nil, isCertain: isCertain, place: node.place))
            case "Fn::GetAtt":
                let parts = value.items?.map { $0.scalarText ?? "" } ?? [value.scalarText ?? ""]
                found.append(Mention(parts.joined(separator: "."), isAttribute: true, isCertain, node.place))
                for item in value.items ?? [] { collect(item, evaluator, isCertain: isCertain, &found) }
            case "Fn::Sub": collect(sub: value, evaluator, isCertain: isCertain, &found)
            case "Fn::If":
                let items = value.items ?? []
                let holds = items.first?.scalarText.flatMap { try? evaluator.holds($0, value.place) }
                for (index, item) in items.enumerated() {
                    let isTaken = index == 1 ? holds == true : index == 2 ? holds == false : true
                    collect(item, evaluator, isCertain: isCertain && isTaken, &found)
                }
            default: collect(value, evaluator, isCertain: isCertain, &found)
            }
        }
    }

    private init(name: String, attribute: String?, isCertain: Bool, place: Place) {
        (self.name, self.attribute, self.isCertain, self.place) = (name, attribute, isCertain, place)
    }

    /// `Name`, or `Name.Attribute`; an attribute that an expression names is looked at when there is one.
    private init(_ text: String, isAttribute: Bool, _ isCertain: Bool, _ place: Place) {
        let dot = text.place(of: ".")
        let name = dot.map { String(text[..<$0]) } ?? text
        let attribute = dot.map { String(text[text.index(after: $0)...]) } ?? ""
        self.init(
            name: name, attribute: attribute.isEmpty && !isAttribute ? nil : attribute, isCertain: isCertain,
            place: place)
    }

    private static func collect(
        sub node: DocumentNode, _ evaluator: Evaluator, isCertain: Bool, _ found: inout [Mention]
    ) {
        let own = Set(node.items?.last?.members.map(\.name) ?? [])
        if let map = node.items?.last, map.isMapping { collect(map, evaluator, isCertain: isCertain, &found) }
        guard let text = (node.items?.first ?? node).scalarText else { return }
        var rest = text[...]
        while let hole = rest.range(of: "${") {
            rest = rest[hole.upperBound...]
            guard let end = rest.place(of: "}") else { return }
            let inner = trimmed(rest[..<end])
            rest = rest[end...]
            guard !inner.hasPrefix("!"), !own.contains(inner) else { continue }
            found.append(Mention(inner, isAttribute: false, isCertain, node.place))
        }
    }
}
