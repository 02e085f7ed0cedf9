import ArgumentParser
import Harness
import Kernel
import Scenario

/// Lists scenarios with what they rest on.
struct ListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List scenarios with their tags and what they rest on.")

    @OptionGroup var selection: ScenarioSelection

    @Flag(help: "As JSON.")
    var json = false

    @Flag(help: "Only scenarios that rest on facts that nobody confirmed, with these facts.")
    var unknown = false

    @Flag(help: "Instead, every attack, quirk and requirement of a standard, and what shows it, as a Markdown table.")
    var requirements = false

    @Flag(help: "Instead, every AWS operation: who calls it and how sure the facts are, as Markdown or with --json.")
    var operations = false

    func run() async throws {
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
            return Terminal.write(json ? table.json.pretty : table.markdown)
        }
        if unknown { files = files.filter { !ledger.guesses(of: $0.spec).isEmpty } }
        guard !json else {
            return Terminal.write(JSONValue.array(files.map { row($0, ledger) }).pretty)
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
        Terminal.say(unknown ? "\(files.count) scenarios rest on \(facts) guesses" : "\(files.count) scenarios")
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
