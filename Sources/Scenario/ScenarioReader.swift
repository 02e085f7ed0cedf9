import Kernel

/// Reads scenario files and the fragments they begin with, and collects every mistake.
package struct ScenarioReader: Sendable {
    private let vocabulary: Vocabulary
    private let shelf: FragmentShelf

    static let members = FileShape.members.map(\.name)

    package init(_ vocabulary: Vocabulary, shelf: FragmentShelf) {
        self.vocabulary = vocabulary
        self.shelf = shelf
    }

    /// `source` gives the text of a fragment by its name; nil if there is none.
    package init(
        _ vocabulary: Vocabulary, fragments names: [String] = [],
        source: @escaping @Sendable (String) -> Source? = { _ in nil }
    ) {
        self.init(vocabulary, shelf: FragmentShelf(names: names) { name, _ in source(name) })
    }

    /// The scenario, or everything that is wrong with it.
    package func read(_ source: Source) -> (ScenarioFile?, [Diagnostic]) {
        var reading = Reading(vocabulary, fragments: shelf, file: source.name)
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
        let secrets = Opening.secretTexts(members)
        let found = reading.diagnostics.sorted { $0.place < $1.place }.map { $0.concealing(secrets) }
        return (found.isEmpty ? file : nil, found)
    }

    private func scenario(_ members: Members, _ source: Source, _ reading: inout Reading) -> ScenarioFile {
        reading.declared = members["fragments"]?.members.map(\.name) ?? []
        for member in members["fragments"]?.members ?? [] {
            reading.reads = member.name
            reading.own[member.name] = Fragment.read(own: member.value, named: member.name, &reading)
        }
        reading.reads = nil
        if let node = members["fragments"], !node.isMapping {
            reading.report(node.place, "fragments must be a mapping of names to fragments, this is \(node.typeName)")
        }
        let title = members.require("scenario", &reading)?.text(&reading, as: "scenario") ?? ""
        if let node = members["scenario"], title.range(of: "${") != nil {
            reading.report(
                node.place, "a title is shown as it is", hint: "reports put the values of the matrix behind it")
        }
        if let node = members["scenario"], title.allSatisfy(\.isWhitespace), node.scalarText != nil, !node.isNothing {
            reading.report(node.place, "scenario must say in a sentence what is true when it held")
        }
        let opening = Opening(members, &reading)
        reading.matrix = Self.matrix(members["matrix"])
        let cells = opening.cells.map { MatrixCell(values: $0, lab: lab(members["lab"], $0, &reading)) }
        reading.labs = Set(cells.map(\.lab.name)).sorted()
        let given = (members["given"].map { self.given($0, &reading) }) ?? []
        let steps = members.require("steps", &reading).map { reading.steps($0, of: "steps") } ?? []
        let finally = members["finally"].map { reading.steps($0, of: "finally") } ?? []
        let then = members["then"].map { reading.checks($0) } ?? []
        if !then.isEmpty {
            for item in given { item.fragment.steps.expectSeen(isEnd: false, &reading) }
            steps.expectSeen(isEnd: true, &reading)
            finally.expectSeen(isEnd: false, &reading)
        }
        if steps.endWayCount > 1 {
            for placed in then where type(of: placed.check).isOfOneEnd {
                reading.report(
                    placed.place, "\(placed.keyword) tells one end, and the steps end with \(steps.endWayCount) ways",
                    hint: "give each way a then of its own with it")
            }
        }
        for secret in members["secrets"]?.members ?? [] where opening.cellNames.contains(secret.name) {
            reading.report(
                secret.key.place, "a value of the matrix stands in every report: \"\(secret.name)\" cannot be a secret")
        }
        var walk = VariableWalk(vocabulary, environment: opening.environment.map(\.name))
        let spans = [members["pace"], members["timeout"]].compactMap(\.self)
        walk.walk(opening, spans, given, steps, finally, members["then"], &reading)
        for fragment in members["fragments"]?.members ?? [] {
            guard reading.own[fragment.name] != nil, !reading.used.contains(fragment.name) else { continue }
            reading.report(
                fragment.key.place, "nothing includes the fragment \"\(fragment.name)\"",
                hint: "nobody would see a mistake in it: include it, or take it away")
        }
        reading.expectClients(walk.clients)
        return ScenarioFile(
            source: source, scenario: title, about: members["about"]?.text(&reading, as: "about"),
            tags: tags(members["tags"], &reading),
            spec: spec(members, &reading), lab: cells[0].lab, settings: opening.settings,
            environment: opening.environment, secrets: opening.secrets, given: given, steps: steps, finally: finally,
            then: then, breaks: breaks(members["breaks"], cells, &reading),
            pace: members["pace"]?.settledSpan(&reading, as: "pace") ?? Settled(.seconds(1)),
            timeout: members["timeout"]?.settledSpan(&reading, as: "timeout"), timeoutPlace: members["timeout"]?.place,
            sweepsFaults: sweepsFaults(members["faults"], &reading),
            skip: members["skip"].flatMap { skip($0, &reading) }, cells: cells, place: members.node.place)
    }

    /// The values of each name of a matrix, in either of its forms.
    private static func matrix(_ node: DocumentNode?) -> [String: [DocumentNode]] {
        guard let node else { return [:] }
        let pairs = node.members.flatMap { member in (member.value.items ?? []).map { (member.name, $0) } }
        let rows = (node.items ?? []).flatMap { row in row.members.map { ($0.name, $0.value) } }
        return Dictionary(grouping: pairs + rows) { $0.0 }.mapValues { $0.map(\.1) }
    }

    private func sweepsFaults(_ node: DocumentNode?, _ reading: inout Reading) -> Bool {
        guard let node else { return false }
        guard node.isWord("all") else {
            reading.report(node.place, "faults must be the word all", hint: "a single one is a step: fault: {…}")
            return false
        }
        return true
    }

    private func skip(_ node: DocumentNode, _ reading: inout Reading) -> String? {
        guard let reason = node.text(&reading, as: "skip"), reason.utf8.count > 5 else {
            if node.scalarText != nil, !node.isNothing {
                reading.report(
                    node.place, "skip must say why in words, of six letters at least",
                    hint: "such as \"waits for the next revision\"")
            }
            return nil
        }
        return reason
    }

    /// A tag that `--tags` would read as something else is one by which nobody can choose.
    private func tags(_ node: DocumentNode?, _ reading: inout Reading) -> [String] {
        (node?.texts(&reading, as: "tags") ?? []).map { text, place in
            let isOdd = text.contains { $0.isWhitespace || $0 == "(" || $0 == ")" }
            if isOdd || text.isEmpty || ["and", "or", "not"].contains(text) {
                reading.report(
                    place, "no --tags can choose by \"\(text)\"",
                    hint: "a tag has no blank and no bracket, and is none of and, or, not")
            }
            return text
        }
    }

    private static let citing = """
        list --ledger has every row; a standard is cited with its section: RFC 7636 section 4.6, \
        MCP 2025-11-25 transports
        """

    /// A scenario that rests on nothing proves nothing.
    private func spec(_ members: Members, _ reading: inout Reading) -> [String] {
        guard let node = members.require("spec", &reading) else { return [] }
        let texts = node.texts(&reading, as: "spec")
        if texts.isEmpty, node.items != nil {
            reading.report(node.place, "spec is empty", hint: "name ledger ids, or a standard with its section")
        }
        for (text, place) in texts where !Standard.isCited(by: text) {
            guard let others = vocabulary.otherRows(text) else { continue }
            let near = Suggestion.nearest(to: text, among: others)
            reading.report(
                place, "the ledger has no \"\(text)\"",
                hint: near.map { "did you mean \"\($0)\"?" } ?? Self.citing)
        }
        return texts.map(\.text)
    }

    private func breaks(_ node: DocumentNode?, _ cells: [MatrixCell], _ reading: inout Reading) -> [PlacedName] {
        (node?.texts(&reading, as: "breaks") ?? []).map { rule in
            if cells.allSatisfy({ $0.lab.rulesOff.contains(rule.text) }) {
                reading.report(rule.place, "this rule is off in the lab: with it off the scenario must fail")
            }
            reading.expectName(rule.text, of: "rule", among: vocabulary.rules, at: rule.place)
            return PlacedName(name: rule.text, place: rule.place)
        }
    }
}

/// `RFC 7636 section 4.6`, `MCP 2025-11-25 transports`, `OpenID Connect Core section 3`.
enum Standard {
    static func isCited(by text: String) -> Bool {
        let words = text.split(separator: " ")
        guard words.count > 2 else { return false }
        switch words[0] {
        case "RFC": return Int(words[1]) != nil
        case "MCP": return words[1].utf8.count == 10 && words[1].utf8.filter { $0 == UInt8(ascii: "-") }.count == 2
        case "OpenID": return words[1] == "Connect"
        default: return false
        }
    }
}

// The lab.
extension ScenarioReader {
    /// `lab: strict`, or what it changes there. Its names may be values of the matrix.
    private func lab(
        _ node: DocumentNode?, _ cell: [(name: String, value: JSONValue)], _ reading: inout Reading
    ) -> LabChoice {
        guard let node else { return LabChoice(name: "default", rulesOff: [], unknowns: [:]) }
        let values = Variables(JSONObject(cell.map { .init($0.name, $0.value) }))
        if !node.isMapping {
            let name = choice(node, as: "lab", values, &reading) ?? "default"
            reading.expectName(name, of: "lab", among: vocabulary.labs, at: node.place)
            return LabChoice(name: name, rulesOff: [], unknowns: [:])
        }
        guard let members = node.members("lab", known: FileShape.lab.map(\.name), &reading) else {
            return LabChoice(name: "default", rulesOff: [], unknowns: [:])
        }
        let name = members["use"].flatMap { choice($0, as: "use", values, &reading) } ?? "default"
        if let use = members["use"] { reading.expectName(name, of: "lab", among: vocabulary.labs, at: use.place) }
        return LabChoice(
            name: name, rulesOff: rules(members["rules"], values, &reading),
            unknowns: unknowns(members["unknowns"], values, &reading))
    }

    /// A text, with the values of the matrix filled in.
    private func choice(
        _ node: DocumentNode, as what: String, _ values: Variables, _ reading: inout Reading
    ) -> String? {
        guard let text = node.text(&reading, as: what) else { return nil }
        guard text.utf8.contains(UInt8(ascii: "$")) else { return text }
        do throws(Diagnostic) {
            return try Template(node, &reading).text(values)
        } catch {
            reading.report(error.place, error.message, hint: "the lab can name values of the matrix only")
            return nil
        }
    }

    private func rules(_ node: DocumentNode?, _ values: Variables, _ reading: inout Reading) -> [String] {
        guard let node else { return [] }
        guard node.isMapping else {
            reading.report(node.place, "rules must be a mapping such as {session-binding: off}")
            return []
        }
        return node.members.compactMap { member in
            let name = choice(member.key, as: "a rule", values, &reading) ?? member.name
            reading.expectName(name, of: "rule", among: vocabulary.rules, at: member.key.place)
            // What was told already is not told a second time.
            guard let state = choice(member.value, as: "a rule", values, &reading) else { return nil }
            switch state {
            case "off", "false": return name
            case "on", "true": return nil
            default:
                reading.report(member.value.place, "a rule is on or off")
                return nil
            }
        }
    }

    private func unknowns(_ node: DocumentNode?, _ values: Variables, _ reading: inout Reading) -> [String: String] {
        guard let node else { return [:] }
        guard node.isMapping else {
            reading.report(node.place, "unknowns must be a mapping such as {binding.mode: sub}")
            return [:]
        }
        var result: [String: String] = [:]
        for member in node.members {
            let known = vocabulary.unknowns.keys.sorted()
            let name = choice(member.key, as: "an unknown", values, &reading) ?? member.name
            reading.expectName(name, of: "unknown", among: known, at: member.key.place)
            guard let value = choice(member.value, as: "a choice", values, &reading) else { continue }
            let choices = vocabulary.unknowns[name] ?? []
            reading.expectName(value, of: "choice of \(name)", among: choices, at: member.value.place)
            result[name] = value
        }
        return result
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
        guard let fragment = reading.fragment(name, at: place) else { return nil }
        let overrides = reading.overrides(values, of: fragment, named: name)
        return GivenFragment(name: name, at: place, fragment: fragment, overrides: overrides, &reading)
    }
}
