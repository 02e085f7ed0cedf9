import Kernel

/// Reads scenario files and the fragments they begin with, and collects every mistake.
package struct ScenarioReader: Sendable {
    private let vocabulary: Vocabulary
    /// Text of a fragment by its name; nil if there is none.
    private let fragmentSource: @Sendable (String) -> Source?
    private let fragmentNames: [String]

    static let members = [
        "scenario", "about", "tags", "spec", "lab", "given", "steps", "then", "breaks", "pace",
    ]

    package init(
        _ vocabulary: Vocabulary, fragments names: [String] = [],
        source: @escaping @Sendable (String) -> Source? = { _ in nil }
    ) {
        self.vocabulary = vocabulary
        fragmentNames = names
        fragmentSource = source
    }

    /// The scenario, or everything that is wrong with it.
    package func read(_ source: Source) -> (ScenarioFile?, [Diagnostic]) {
        var reading = Reading(vocabulary)
        let root: DocumentNode
        do throws(Diagnostic) {
            root = try DocumentNode.parse(source)
        } catch {
            return (nil, [error])
        }
        guard let members = root.members("a scenario", known: Self.members, &reading) else {
            return (nil, reading.diagnostics)
        }
        let file = scenario(members, source, &reading)
        let found = reading.diagnostics.sorted { $0.place < $1.place }
        return (found.isEmpty ? file : nil, found)
    }

    private func scenario(_ members: Members, _ source: Source, _ reading: inout Reading) -> ScenarioFile {
        let title = members.require("scenario", &reading)?.text(&reading, as: "scenario") ?? ""
        let given = (members["given"].map { self.given($0, &reading) }) ?? []
        let steps = steps(members.require("steps", &reading), &reading)
        let then = members["then"].map { checks($0, &reading) } ?? []
        VariableWalk(vocabulary).walk(given, steps, members["then"], &reading)
        return ScenarioFile(
            source: source, scenario: title, about: members["about"]?.text(&reading, as: "about"),
            tags: members["tags"]?.texts(&reading, as: "tags").map(\.text) ?? [],
            spec: spec(members, &reading), lab: lab(members["lab"], &reading), given: given, steps: steps, then: then,
            breaks: breaks(members["breaks"], &reading),
            pace: members["pace"]?.span(&reading, as: "pace") ?? .seconds(1), place: members.node.place)
    }

    /// A scenario that rests on nothing proves nothing.
    private func spec(_ members: Members, _ reading: inout Reading) -> [String] {
        guard let node = members.require("spec", &reading) else { return [] }
        let texts = node.texts(&reading, as: "spec").map(\.text)
        if texts.isEmpty, node.items != nil {
            reading.report(node.place, "spec is empty", hint: "name ledger ids, or a standard with its section")
        }
        return texts
    }

    private func lab(_ node: DocumentNode?, _ reading: inout Reading) -> LabChoice {
        guard let node else { return LabChoice(name: "default", rulesOff: [], unknowns: [:]) }
        if !node.isMapping {
            let name = node.text(&reading, as: "lab") ?? "default"
            reading.expectName(name, of: "lab", among: vocabulary.labs, at: node.place)
            return LabChoice(name: name, rulesOff: [], unknowns: [:])
        }
        guard let members = node.members("lab", known: ["use", "rules", "unknowns"], &reading) else {
            return LabChoice(name: "default", rulesOff: [], unknowns: [:])
        }
        let name = members["use"]?.text(&reading, as: "use") ?? "default"
        if let use = members["use"] { reading.expectName(name, of: "lab", among: vocabulary.labs, at: use.place) }
        return LabChoice(
            name: name, rulesOff: rules(members["rules"], &reading), unknowns: unknowns(members["unknowns"], &reading))
    }

    private func rules(_ node: DocumentNode?, _ reading: inout Reading) -> [String] {
        guard let node else { return [] }
        guard node.isMapping else {
            reading.report(node.place, "rules must be a mapping such as {session-binding: off}")
            return []
        }
        return node.members.compactMap { member in
            reading.expectName(member.name, of: "rule", among: vocabulary.rules, at: member.key.place)
            switch member.value.scalarText {
            case "off"?, "false"?: return member.name
            case "on"?, "true"?: return nil
            default:
                reading.report(member.value.place, "a rule is on or off")
                return nil
            }
        }
    }

    private func unknowns(_ node: DocumentNode?, _ reading: inout Reading) -> [String: String] {
        guard let node else { return [:] }
        guard node.isMapping else {
            reading.report(node.place, "unknowns must be a mapping such as {binding.mode: sub}")
            return [:]
        }
        var result: [String: String] = [:]
        for member in node.members {
            let known = vocabulary.unknowns.keys.sorted()
            reading.expectName(member.name, of: "unknown", among: known, at: member.key.place)
            guard let value = member.value.text(&reading, as: "a choice") else { continue }
            let choices = vocabulary.unknowns[member.name] ?? []
            reading.expectName(value, of: "choice of \(member.name)", among: choices, at: member.value.place)
            result[member.name] = value
        }
        return result
    }

    private func breaks(_ node: DocumentNode?, _ reading: inout Reading) -> [PlacedName] {
        (node?.texts(&reading, as: "breaks") ?? []).map { rule in
            reading.expectName(rule.text, of: "rule", among: vocabulary.rules, at: rule.place)
            return PlacedName(name: rule.text, place: rule.place)
        }
    }

    func steps(_ node: DocumentNode?, _ reading: inout Reading) -> [PlacedStep] {
        guard let node else { return [] }
        guard let items = node.items else {
            reading.report(node.place, "steps must be a list, this is \(node.typeName)")
            return []
        }
        if items.isEmpty { reading.report(node.place, "there is no step") }
        return items.compactMap { vocabulary.step($0, &reading) }
    }

    private func checks(_ node: DocumentNode, _ reading: inout Reading) -> [PlacedCheck] {
        let known = vocabulary.checks.map { $0.keyword }
        guard node.members("then", known: known, &reading) != nil else { return [] }
        return node.members.compactMap { member in
            guard let type = vocabulary.checks.first(where: { $0.keyword == member.name }),
                let check = type.init(member.value, &reading)
            else { return nil }
            return PlacedCheck(check: check, keyword: member.name, place: member.key.place)
        }
    }
}

// What stands before the steps.
extension ScenarioReader {
    private func given(_ node: DocumentNode, _ reading: inout Reading) -> [GivenFragment] {
        let items = node.items ?? [node]
        return items.compactMap { item in
            if case .mapping(let members) = item.content {
                guard members.count == 1, let only = members.first else {
                    reading.report(item.place, "one fragment with its values must stand here, such as {gateway: {…}}")
                    return nil
                }
                return fragment(only.name, only.key.place, only.value, &reading)
            }
            guard let name = item.text(&reading, as: "given") else { return nil }
            return fragment(name, item.place, nil, &reading)
        }
    }

    private func fragment(
        _ name: String, _ place: Place, _ values: DocumentNode?, _ reading: inout Reading
    ) -> GivenFragment? {
        guard let source = fragmentSource(name) else {
            reading.report(
                place, "there is no fragment \"\(name)\"", hint: Suggestion.hint(for: name, among: fragmentNames))
            return nil
        }
        guard let fragment = read(fragment: source, &reading) else { return nil }
        var overrides: [(String, DocumentNode)] = []
        if let values {
            _ = values.members("fragment \"\(name)\"", known: fragment.defaults.map(\.name), &reading)
            overrides = values.members.map { ($0.name, $0.value) }
        }
        return GivenFragment(name: name, fragment: fragment, overrides: overrides)
    }

    private func read(fragment source: Source, _ reading: inout Reading) -> Fragment? {
        do throws(Diagnostic) {
            let root = try DocumentNode.parse(source)
            guard let members = root.members("a fragment", known: ["fragment", "about", "with", "steps"], &reading)
            else { return nil }
            let title = members.require("fragment", &reading)?.text(&reading, as: "fragment") ?? ""
            if let with = members["with"], !with.isMapping {
                reading.report(with.place, "with must be a mapping of names to values")
            }
            return Fragment(
                source: source, title: title, defaults: members["with"]?.members.map { ($0.name, $0.value) } ?? [],
                steps: steps(members.require("steps", &reading), &reading))
        } catch {
            reading.report(error)
            return nil
        }
    }
}

/// Finds variables that no earlier step saved, before anything runs.
private struct VariableWalk {
    private let vocabulary: Vocabulary
    init(_ vocabulary: Vocabulary) { self.vocabulary = vocabulary }

    func walk(_ given: [GivenFragment], _ steps: [PlacedStep], _ then: DocumentNode?, _ reading: inout Reading) {
        var known = vocabulary.variables + vocabulary.users
        for item in given {
            for override in item.overrides { check(override.value, known, &reading) }
            for setting in item.fragment.defaults {
                check(setting.value, known, &reading)
                known.append(setting.name)
            }
            walk(item.fragment.steps, &known, &reading)
        }
        walk(steps, &known, &reading)
        if let then { check(then, known, &reading) }
    }

    private func walk(_ steps: [PlacedStep], _ known: inout [String], _ reading: inout Reading) {
        for step in steps {
            check(step.node, known, &reading)
            known += step.step.defines
        }
    }

    private func check(_ node: DocumentNode, _ known: [String], _ reading: inout Reading) {
        for hole in Template.holes(in: node) {
            guard case .success(let path) = hole.path, !known.contains(path.root) else { continue }
            reading.report(
                hole.place, "there is no variable \"\(path.root)\" here",
                hint: Suggestion.hint(for: path.root, among: known) ?? "an earlier step must save it")
        }
    }
}
