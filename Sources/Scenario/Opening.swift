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

    /// The values of `secrets` that stand in the file, the longest first: one may be a part of another. A letter or two
    /// would be found everywhere.
    static func secretTexts(_ members: Members) -> [String] {
        func texts(_ node: DocumentNode) -> [String] {
            let parts = (node.items ?? []) + node.members.map(\.value)
            return node.isNothing ? [] : [node.scalarText].compactMap(\.self) + parts.flatMap(texts)
        }
        return (members["secrets"].map(texts) ?? []).filter { $0.count > 2 && !$0.contains("${") }
            .sorted { $0.utf8.count > $1.utf8.count }
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
        if vocabulary.reserved.contains(name) {
            report(place, "the name \"\(name)\" is taken", hint: "${\(name)} is there before the first step")
        }
    }
}

/// Finds variables that no earlier step saved, before anything runs.
struct VariableWalk {
    private let environment: [String]
    /// Users, each a variable as soon as somebody signed them in.
    private let users: [String]
    /// Of variables that nothing in the file has given another value.
    private var members: [String: [String]]
    /// What another branch of a `concurrently` saves.
    private var meanwhile: Set<String> = []
    /// In their order, for suggestions; and to look up.
    private var names: [String]
    private var known: Set<String>
    /// The fragment whose steps are walked, and where the scenario names it.
    private var fragment: PlacedName?
    /// Names of snapshots, faults and streams.
    private var kept = KeptNames()
    /// What comes only later.
    private var later: [String] = []
    /// Everything that a `${…}` names, with what of the environment.
    private var named: Set<String> = []
    /// Clients that people sign in by.
    private(set) var clients: [PlacedName] = []

    init(_ vocabulary: Vocabulary, environment: [String]) {
        self.environment = environment
        users = vocabulary.users
        members = vocabulary.membersOfVariable
        names = vocabulary.variables
        known = Set(names)
        if !environment.isEmpty { add("env") }
    }

    private mutating func add(_ name: String) {
        if known.insert(name).inserted { names.append(name) }
        members[name] = nil
    }

    /// Whoever a step signs in is there for what it expects too; of a variable it may be anybody.
    private mutating func addUsers(of step: any Step) {
        for name in step.signsIn where !known.contains(name) {
            for user in name.contains("${") ? users : [name] { add(user) }
        }
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
        expectUse(of: opening, &reading)
    }

    /// Reports what the file takes from outside and then never speaks of.
    private func expectUse(of opening: Opening, _ reading: inout Reading) {
        // What a fragment says that could not be read is not known.
        guard !reading.lacksAFragment else { return }
        // Neither is what a misspelt name was to be.
        let isOdd = named.contains { $0.hasPrefix("env.") && !environment.contains(String($0.dropFirst(4))) }
        guard !isOdd, !named.contains("env") else { return }
        for item in opening.environment where named.isDisjoint(with: ["env.\(item.name)", item.name]) {
            reading.report(
                item.place, "nothing reads \"\(item.name)\"", hint: "name it as ${env.\(item.name)}, or take it away")
        }
    }

    private mutating func walk(_ steps: [PlacedStep], _ reading: inout Reading) {
        for placed in steps {
            addUsers(of: placed.step)
            for node in placed.step.ownNodes ?? [placed.node] { check(node, &reading) }
            if let client = placed.step.signsInBy { clients.append(client) }
            for wanted in placed.step.takes { kept.take(wanted, &reading) }
            for name in placed.step.keeps { kept.keep(name) }
            for need in placed.step.needs where !known.contains(need.name) {
                missing(need.name, need.place, need.hint, &reading)
            }
            for block in placed.step.blocks {
                let (before, keptBefore, around) = ((names, known, members), kept, (fragment, meanwhile))
                if fragment == nil { fragment = block.fragment }
                if !block.keeps, !block.isWay { meanwhile.formUnion(placed.step.defines) }
                defer { (fragment, meanwhile) = around }
                for setting in block.settings {
                    check(setting.value, &reading)
                    add(setting.name)
                }
                walk(block.steps, &reading)
                if let then = block.then { check(then, &reading) }
                guard !block.keeps else { continue }
                (names, known, members) = before
                kept.leaveWay(keptBefore)
            }
            for name in placed.step.defines { add(name) }
            // What people know after all branches are done.
            for block in placed.step.blocks where !block.keeps && !block.isWay { addUsers(in: block.steps) }
        }
    }

    private mutating func addUsers(in steps: [PlacedStep]) {
        for placed in steps {
            addUsers(of: placed.step)
            for block in placed.step.blocks where !block.isWay { addUsers(in: block.steps) }
        }
    }

    /// In a fragment of another file it is the scenario that has to change: what it lacks is told where it begins with
    /// the fragment, with a fragment that would make it.
    private func missing(_ name: String, _ place: Place, _ hint: String, _ reading: inout Reading) {
        // What a fragment saves that could not be read is not known.
        guard !reading.lacksAFragment else { return }
        guard let fragment, place.source !== fragment.place.source else {
            return reading.report(place, "there is no variable \"\(name)\" here", hint: hint)
        }
        let maker = users.contains(name) ? nil : reading.fragment(saving: name).map { "\($0) saves it: put it before" }
        reading.report(
            fragment.place, "\(fragment.name) needs a variable \"\(name)\", at \(place)", hint: maker ?? hint)
    }

    private func hint(for name: String) -> String {
        if users.contains(name) { return "nobody signed \(name) in before: sign-in: \(name)" }
        if environment.contains(name) { return "did you mean ${env.\(name)}?" }
        if meanwhile.contains(name) { return "another branch saves it, perhaps later: say it after concurrently" }
        if let near = Suggestion.nearest(to: name, among: names + users) { return "did you mean \"\(near)\"?" }
        if let hint = Suggestion.hint(for: name, among: names) { return hint }
        let known = names.isEmpty ? "" : "; there are \(names.suffix(16).joined(separator: ", "))"
        return "an earlier step must save it\(known)"
    }

    private mutating func check(_ node: DocumentNode, _ reading: inout Reading) {
        for hole in Template.holes(in: node) {
            guard case .success(let path) = hole.path else { continue }
            if path.root == "env", path.segments.count > 1, case .member(let name) = path.segments[1] {
                named.insert("env.\(name)")
            } else {
                named.insert(path.root)
            }
            guard known.contains(path.root) else {
                let comesLater = later.contains(path.root) ? "secrets are made after with" : nil
                missing(path.root, hole.place, comesLater ?? hint(for: path.root), &reading)
                continue
            }
            if let members = members[path.root], path.segments.count > 1, case .member(let name) = path.segments[1] {
                reading.expectName(name, of: "member of \(path.root)", among: members, at: hole.place)
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
