import ArgumentParser
import Harness
import Kernel
import Scenario

/// Lists scenarios with what they rest on.
struct ListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List scenarios with their tags and what they rest on.",
        discussion: "Or fragments, facts, AWS operations and requirements: what a scenario may name and rest on.")

    @OptionGroup var selection: ScenarioSelection

    @Flag(help: "As JSON.")
    var json = false

    @Flag(help: "Only scenarios that rest on facts that nobody confirmed, with these facts.")
    var unknown = false

    @Flag(help: "Instead, every attack, quirk and requirement of a standard, and what shows it, as a Markdown table.")
    var requirements = false

    @Flag(help: "Instead, every AWS operation: who calls it and how sure the facts are, as Markdown or with --json.")
    var operations = false

    @Flag(help: "Instead, what the ledger says: of each row, or of those that the named files rest on.")
    var ledger = false

    @Flag(help: "Instead, every fragment for given: what it needs, what it may be told, what it leaves behind.")
    var fragments = false

    func validate() throws {
        let kinds = [
            ("--unknown", unknown), ("--requirements", requirements), ("--operations", operations),
            ("--ledger", ledger), ("--fragments", fragments),
        ]
        let given = kinds.filter(\.1).map(\.0)
        if given.count > 1 { throw ValidationError("\(given.joined(separator: " and ")): one list at a time.") }
        if requirements, json { throw ValidationError("--requirements is a Markdown table: there is no JSON of it.") }
    }

    func run() async throws {
        if fragments {
            let table = try FragmentTable(root: try selection.root.folder())
            return json ? Terminal.write(json: table.json) : Terminal.write(table.text)
        }
        if ledger { return try tellLedger() }
        try await listScenarios()
    }

    /// The rows themselves, so that nobody has to look into `mocks/ledger`.
    private func tellLedger() throws {
        let (known, mistakes) = Ledger.load(root: try selection.root.folder())
        try ScenarioSelection.tell(mistakes)
        var rows = known.rows
        if !selection.paths.isEmpty || selection.tags != nil {
            // A row that a file names and nobody wrote is told, not passed over.
            try ScenarioSelection.tell(try selection.read(looking: .checking).1)
            let named = Set(try selection.load().flatMap(\.spec))
            rows = rows.filter { named.contains($0.id) }
        }
        guard !json else { return Terminal.write(json: .array(rows.map(\.json))) }
        for row in rows {
            let switches = [row.rule.map { "; rule: \($0)" }, row.unknown.map { "; unknown: \($0)" }]
            Terminal.write("\(row.id) (\(row.mark.rawValue)): \(row.states)")
            Terminal.write("    \(row.source), \(row.date)\(switches.compactMap(\.self).joined())")
        }
        Terminal.say(TextReport.counted(rows.count, "row"))
    }

    private func listScenarios() async throws {
        var files = try selection.load()
        let ledger = Ledger.load(root: try selection.root.folder()).0
        if requirements {
            let table = Requirements(files, ledger, root: try selection.root.folder())
            Terminal.write(table.markdown)
            let holes = table.holes.joined(separator: ", ")
            return Terminal.say(holes.isEmpty ? "\(table.rows.count) are shown or told" : "nothing here shows \(holes)")
        }
        if operations {
            let root = try selection.root.folder()
            let lab = try Lab(LabLoading.definition("default", root: root))
            let table = try await OperationTable(files, ledger, lab: lab, root: root)
            return json ? Terminal.write(json: table.json) : Terminal.write(table.markdown)
        }
        if unknown { files = files.filter { !ledger.guesses(of: $0.spec).isEmpty } }
        guard !json else {
            return Terminal.write(json: .array(files.map { row($0, ledger) }))
        }
        for file in files {
            Terminal.write("\(file.name)")
            Terminal.write("    \(file.scenario)")
            if unknown {
                for guess in ledger.guesses(of: file.spec) {
                    Terminal.write("    \(guess.id) (\(guess.mark.rawValue)): \(guess.states)")
                }
            } else {
                let (tags, spec) = (file.tags.joined(separator: ", "), file.spec.joined(separator: ", "))
                Terminal.write("    tags: \(tags); spec: \(spec)")
            }
            if let skip = file.skip { Terminal.write("    skipped: \(skip)") }
        }
        let facts = Set(files.flatMap { ledger.guesses(of: $0.spec).map(\.id) }).count
        let counted = TextReport.counted(files.count, "scenario")
        let guesses = "\(facts) guess\(facts == 1 ? "" : "es")"
        Terminal.say(unknown ? "\(counted) rest\(files.count == 1 ? "s" : "") on \(guesses)" : counted)
    }

    private func row(_ file: ScenarioFile, _ ledger: Ledger) -> JSONValue {
        var row: JSONObject = [
            "path": .string(file.path), "scenario": .string(file.scenario), "tags": .strings(file.tags),
            "spec": .strings(file.spec), "lab": .string(file.lab.name), "breaks": .strings(file.breaks.map(\.name)),
            "unknown": .strings(ledger.guesses(of: file.spec).map(\.id)),
        ]
        if !file.cell.isEmpty { row["matrix"] = .object(JSONObject(file.cell.map { .init($0.name, $0.value) })) }
        if let skip = file.skip { row["skip"] = .string(skip) }
        return .object(row)
    }
}

extension Ledger.Row {
    fileprivate var json: JSONValue {
        var row: JSONObject = [
            "id": .string(id), "states": .string(states), "mark": .string(mark.rawValue), "source": .string(source),
            "date": .string(date), "place": .string("\(place)"),
        ]
        if let rule { row["rule"] = .string(rule) }
        if let unknown { row["unknown"] = .string(unknown) }
        return .object(row)
    }
}
