import Kernel

/// What a scenario says of its variables before anything happens.
struct Opening {
    var settings: [(name: String, value: Template)] = []
    var environment: [EnvironmentName] = []
    var secrets: [(name: String, value: Template?)] = []
    /// Every combination of the matrix's values; one without values if there is none.
    var cells: [[(name: String, value: JSONValue)]] = [[]]
    /// A matrix of more cells is a slip of the pen.
    private static let mostCells = 2000

    init(_ members: Members, _ reading: inout Reading) {
        settings = Self.mapping("with", members, &reading).map { ($0.name, Template($0.value, &reading)) }
        secrets = Self.mapping("secrets", members, &reading).map { member in
            (member.name, member.value.isNothing ? nil : Template(member.value, &reading))
        }
        if let node = members["environment"] { environment = Self.environment(node, &reading) }
        if let node = members["matrix"] { cells = Self.cells(node, &reading) }
    }

    var cellNames: [String] { cells.first?.map(\.name) ?? [] }

    private static func mapping(
        _ name: String, _ members: Members, _ reading: inout Reading
    ) -> [DocumentNode.Member] {
        guard let node = members[name] else { return [] }
        if !node.isMapping {
            reading.report(node.place, "\(name) must be a mapping of names to values, this is \(node.typeName)")
        }
        for member in node.members { reading.expectVariableName(member.name, at: member.key.place) }
        return node.members
    }

    /// `[TENANT]`, or `{TENANT: dev}` with what it is if nobody set it.
    private static func environment(_ node: DocumentNode, _ reading: inout Reading) -> [EnvironmentName] {
        if node.isMapping {
            return node.members.map { member in
                let standard = member.value.isNothing ? nil : Template(member.value, &reading)
                return EnvironmentName(name: member.name, standard: standard, place: member.key.place)
            }
        }
        return node.texts(&reading, as: "environment").map {
            EnvironmentName(name: $0.text, standard: nil, place: $0.place)
        }
    }

    /// `{user: [alice, bob], mode: [token, sub]}` has four cells; a list of mappings is the cells themselves.
    private static func cells(
        _ node: DocumentNode, _ reading: inout Reading
    ) -> [[(name: String, value: JSONValue)]] {
        var cells: [[(name: String, value: JSONValue)]] = [[]]
        if let rows = node.items {
            cells = rows.map { row in row.members.map { ($0.name, $0.value.json) } }
            let names = Set(cells.first?.map(\.name) ?? [])
            for (row, cell) in zip(rows, cells) where cell.isEmpty || Set(cell.map(\.name)) != names {
                reading.report(row.place, "each row of a matrix must have the same names as the first")
            }
            if cells.isEmpty { reading.report(node.place, "the matrix is empty") }
            if cells.count > mostCells { reading.report(node.place, "the matrix has more than \(mostCells) cells") }
            expectDistinct(rows, "row", &reading)
        } else if node.isMapping {
            if node.members.isEmpty { reading.report(node.place, "the matrix is empty") }
            for member in node.members {
                guard let items = member.value.items, !items.isEmpty else {
                    reading.report(member.value.place, "a matrix needs a list of values for each name")
                    continue
                }
                expectDistinct(items, "value", &reading)
                guard cells.count * items.count <= mostCells else {
                    reading.report(node.place, "the matrix has more than \(mostCells) cells")
                    break
                }
                cells = cells.flatMap { cell in items.map { cell + [(member.name, $0.json)] } }
            }
        } else {
            reading.report(node.place, "matrix must be a mapping of names to lists, this is \(node.typeName)")
        }
        for (name, _) in cells.first ?? [] { reading.expectVariableName(name, at: node.place) }
        // Cells are made before there is any variable: a `${…}` in them would stand there as it is.
        for hole in Template.holes(in: node) {
            reading.report(
                hole.place, "a value of the matrix names no variable", hint: "it is there before all of them")
        }
        return cells.isEmpty ? [[]] : cells
    }

    private static func expectDistinct(_ nodes: [DocumentNode], _ what: String, _ reading: inout Reading) {
        var seen: Set<JSONValue> = []
        for node in nodes where !seen.insert(node.json).inserted {
            reading.report(node.place, "this \(what) of the matrix stands twice: nobody could tell its runs apart")
        }
    }
}

extension Reading {
    /// Reports a name that no `${…}` could speak of.
    package mutating func expectVariableName(_ name: String, at place: Place) {
        let isOdd = name.utf8.contains { byte in
            switch byte {
            case UInt8(ascii: "."), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "?"), UInt8(ascii: "$"),
                UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: " "), UInt8(ascii: "\""), UInt8(ascii: "'"):
                true
            default: false
            }
        }
        if isOdd || name.isEmpty { report(place, "\"\(name)\" is no name for a variable") }
    }
}

/// Finds variables that no earlier step saved, before anything runs.
struct VariableWalk {
    private let environment: [String]
    /// In their order, for suggestions; and to look up.
    private var names: [String]
    private var known: Set<String>
    /// The fragment whose steps are walked, and where the scenario names it.
    private var fragment: PlacedName?
    /// Names of snapshots, faults and streams.
    private var kept = KeptNames()
    /// What comes only later.
    private var later: [String] = []
    /// Clients that people sign in by.
    private(set) var clients: [PlacedName] = []

    init(_ vocabulary: Vocabulary, environment: [String]) {
        self.environment = environment
        names = vocabulary.variables + vocabulary.users
        known = Set(names)
        if !environment.isEmpty { add("env") }
    }

    private mutating func add(_ name: String) {
        if known.insert(name).inserted { names.append(name) }
    }

    mutating func walk(
        _ opening: Opening, _ spans: [DocumentNode], _ given: [GivenFragment], _ steps: [PlacedStep],
        _ finally: [PlacedStep], _ then: DocumentNode?, _ reading: inout Reading
    ) {
        for item in opening.environment { if let standard = item.standard { check(standard.node, &reading) } }
        for name in opening.cellNames { add(name) }
        later = opening.secrets.map(\.name)
        for setting in opening.settings {
            check(setting.value.node, &reading)
            add(setting.name)
        }
        later = []
        for secret in opening.secrets {
            if let value = secret.value {
                check(value.node, &reading)
                add(secret.name)
            }
        }
        for span in spans { check(span, &reading) }
        for item in given {
            fragment = PlacedName(name: item.name, place: item.place)
            for setting in item.settings {
                check(setting.value.node, &reading)
                add(setting.name)
            }
            walk(item.fragment.steps, &reading)
            fragment = nil
        }
        walk(steps, &reading)
        // What `finally` speaks of may not be there when an earlier step failed: it says so then.
        walk(finally, &reading)
        if let then { check(then, &reading) }
    }

    private mutating func walk(_ steps: [PlacedStep], _ reading: inout Reading) {
        for placed in steps {
            for node in placed.step.ownNodes ?? [placed.node] { check(node, &reading) }
            if let client = placed.step.signsInBy { clients.append(client) }
            for wanted in placed.step.takes { kept.take(wanted, &reading) }
            for name in placed.step.keeps { kept.keep(name) }
            for need in placed.step.needs where !known.contains(need.name) {
                missing(need.name, need.place, need.hint, &reading)
            }
            for block in placed.step.blocks {
                let (before, keptBefore, around) = ((names, known), kept, fragment)
                if fragment == nil { fragment = block.fragment }
                defer { fragment = around }
                for setting in block.settings {
                    check(setting.value, &reading)
                    add(setting.name)
                }
                walk(block.steps, &reading)
                if let then = block.then { check(then, &reading) }
                guard !block.keeps else { continue }
                (names, known) = before
                kept.leaveWay(keptBefore)
            }
            for name in placed.step.defines { add(name) }
        }
    }

    /// In a fragment of another file it is the scenario that has to change: what it lacks is told where it begins with
    /// the fragment, with a fragment that would make it.
    private func missing(_ name: String, _ place: Place, _ hint: String, _ reading: inout Reading) {
        guard let fragment, place.source !== fragment.place.source else {
            return reading.report(place, "there is no variable \"\(name)\" here", hint: hint)
        }
        let maker = reading.fragment(saving: name).map { "\($0) saves it: put it before" }
        reading.report(
            fragment.place, "\(fragment.name) needs a variable \"\(name)\", at \(place)", hint: maker ?? hint)
    }

    private func hint(for name: String) -> String {
        if let hint = Suggestion.hint(for: name, among: names) { return hint }
        return "an earlier step must save it; there are \(names.suffix(16).joined(separator: ", "))"
    }

    private func check(_ node: DocumentNode, _ reading: inout Reading) {
        for hole in Template.holes(in: node) {
            guard case .success(let path) = hole.path else { continue }
            guard known.contains(path.root) else {
                let comesLater = later.contains(path.root) ? "secrets are made after with" : nil
                missing(path.root, hole.place, comesLater ?? hint(for: path.root), &reading)
                continue
            }
            if path.root == "env", path.segments.count > 1, case .member(let name) = path.segments[1],
                !environment.contains(name)
            {
                reading.report(
                    hole.place, "this file does not read \"\(name)\" from the environment",
                    hint: Suggestion.nearest(to: name, among: environment).map { "did you mean \"\($0)\"?" }
                        ?? "name it under environment:")
            }
        }
    }
}
