import Kernel
import Scenario

// Conditions and rules (AWS CloudFormation user guide, "Condition functions", "Rule-specific intrinsic functions").
extension Evaluator {
    /// Whether a condition of the template holds.
    func holds(_ name: String, _ place: Place, inside seen: [String] = []) throws(Diagnostic) -> Bool {
        if let known = evaluation.known(name) { return known }
        guard let node = template.conditions[name] else {
            throw Diagnostic(
                place, "there is no condition \"\(name)\"",
                hint: Suggestion.hint(for: name, among: template.conditions.keys.sorted()))
        }
        guard !seen.contains(name) else { throw Diagnostic(place, "condition \(name) depends on itself") }
        guard seen.count < Self.deepest else {
            throw Diagnostic(place, "conditions depend on each other more than \(Self.deepest) deep")
        }
        let holds = try condition(node, inside: seen + [name])
        evaluation.note(name, holds: holds)
        return holds
    }

    /// Each condition that names another takes a piece of the stack; the bound is this emulator's own.
    private static let deepest = 200

    func condition(_ node: DocumentNode, inside seen: [String] = []) throws(Diagnostic) -> Bool {
        guard let member = node.members.first, node.members.count == 1 else {
            guard let flag = node.json.bool else { throw Diagnostic(node.place, "a condition must be one function") }
            return flag
        }
        let argument = member.value
        switch member.name {
        case "Condition": return try holds(argument.scalarText ?? "", argument.place, inside: seen)
        case "Fn::Equals":
            let items = try arguments(argument, member.name, 2)
            return try text(items[0], "a value") == text(items[1], "a value")
        case "Fn::Not": return !(try condition(try arguments(argument, member.name, 1)[0], inside: seen))
        case "Fn::And", "Fn::Or":
            guard let items = argument.items, (2...10).contains(items.count) else {
                throw Diagnostic(argument.place, "\(member.name) takes 2 to 10 conditions")
            }
            for item in items where try condition(item, inside: seen) == (member.name == "Fn::Or") {
                return member.name == "Fn::Or"
            }
            return member.name == "Fn::And"
        case "Fn::Contains":
            let items = try arguments(argument, member.name, 2)
            return try list(items[0]).contains(try text(items[1], "a value"))
        case "Fn::EachMemberEquals":
            let items = try arguments(argument, member.name, 2)
            let wanted = try text(items[1], "a value")
            return try list(items[0]).allSatisfy { $0 == wanted }
        case "Fn::EachMemberIn":
            let items = try arguments(argument, member.name, 2)
            let wanted = try list(items[1])
            return try list(items[0]).allSatisfy { wanted.contains($0) }
        default: throw Diagnostic(member.key.place, "\(member.name) is no condition")
        }
    }

    private func list(_ node: DocumentNode) throws(Diagnostic) -> [String] {
        if let all = node["Fn::RefAll"]?.scalarText {
            // Every parameter of a type.
            return template.parameters.filter { $0.type == all }.compactMap { parameters[$0.name]?.string }
        }
        guard let texts = try value(node)?.strings else { throw Diagnostic(node.place, "a list of texts is wanted") }
        return texts
    }

    /// The assertions of `Rules` that do not hold, each in its own words.
    func brokenRules() throws(Diagnostic) -> [Diagnostic] {
        var broken: [Diagnostic] = []
        for rule in template.rules {
            if let node = rule.value["RuleCondition"], try !condition(node) { continue }
            for assertion in rule.value["Assertions"]?.items ?? [] {
                guard let node = assertion["Assert"] else {
                    throw Diagnostic(assertion.place, "an assertion of rule \(rule.name) needs Assert")
                }
                guard try !condition(node) else { continue }
                let words = assertion["AssertDescription"]?.scalarText ?? "its assertion does not hold"
                broken.append(Diagnostic(assertion.place, "rule \(rule.name): \(words)"))
            }
        }
        return broken
    }
}
