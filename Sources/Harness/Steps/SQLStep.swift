package import Kernel
import SQLiteStore
package import Scenario

/// `sql: SELECT count(*) AS n FROM exchange WHERE receiver = 'github'` asks the journal of the run so far. The tables
/// are those of `run --record`; secrets are masked in them.
package struct SQLStep: LabStep {
    package static let keyword = "sql"
    private static let roots = ["rows", "count", "columns"]
    package static let shape = StepShape(
        "Asks the journal of the run so far: tables \(tables).", value: .text, outcome: roots,
        [.values("with", "Values for :name in the statement.")])
    /// Of one scenario's run while it goes on: what speaks of whole runs is empty.
    private static let tables = JournalDatabase.columns.filter { !["scenario", "step", "failure"].contains($0.table) }
        .map { "\($0.table) (\($0.names.filter { $0 != "scenario" }.joined(separator: ", ")))" }
        .joined(separator: ", ")
    private let statement: Template
    private let values: Template?
    package let expectations: Expectations
    package let saves: Saves

    package init?(_ node: StepNode, _ reading: inout Reading) {
        let members = node.members(of: Self.self, &reading)
        statement = Template(node.value, &reading)
        values = Template.mapping("with", members, &reading)
        expectations = Expectations(members["expect"], roots: Self.roots, &reading)
        saves = Saves(members["save"], roots: Self.roots, &reading)
        guard let text = node.value.text(&reading, as: "a statement") else { return nil }
        guard statement.isConstant else { return }
        do throws(StoreFailure) {
            try JournalDatabase.check(text)
        } catch {
            reading.report(node.value.place, error.description, hint: Self.hint(error.description))
            return
        }
        guard values?.node.isMapping ?? true else { return }
        let given = values?.node.members.map(\.name) ?? []
        guard !given.contains(where: { $0.contains("${") }) else { return }
        for name in Self.placeholders(in: text) where !given.contains(name) {
            reading.report(
                node.value.place, "the statement names :\(name), and with has no \"\(name)\"",
                hint: Suggestion.hint(for: name, among: given))
        }
    }

    /// The names that stand with a colon before them, outside quotes (SQLite, "SQL Language Expressions", parameters).
    private static func placeholders(in statement: String) -> [String] {
        var names: [String] = []
        var quote: Character?
        var rest = statement[...]
        while let character = rest.popFirst() {
            if let open = quote {
                if character == open { quote = nil }
            } else if character == "'" || character == "\"" {
                quote = character
            } else if character == ":" {
                let name = String(rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" })
                if !name.isEmpty, !names.contains(name) { names.append(name) }
            }
        }
        return names
    }

    /// What there is in place of a table or a column that there is not.
    private static func hint(_ mistake: String) -> String? {
        guard let name = mistake.split(separator: " ").last.map(String.init) else { return nil }
        let tables = JournalDatabase.columns
        if mistake.contains("no such table") { return Suggestion.hint(for: name, among: tables.map(\.table)) }
        guard mistake.contains("no such column") else { return nil }
        let bare = name.split(separator: ".").last.map(String.init) ?? name
        var columns: [String] = []
        for column in tables.flatMap(\.names) where !columns.contains(column) { columns.append(column) }
        return Suggestion.nearest(to: bare, among: columns).map { "did you mean \"\($0)\"?" }
            ?? "exchange has \(tables.first { $0.table == "exchange" }?.names.joined(separator: ", ") ?? "")"
    }

    package func perform(in run: ScenarioRun) async throws -> JSONValue {
        do {
            let database = try JournalDatabase()
            let chapter = JournalTables(entries: run.lab.store.journal(), secrets: run.secrets)
            try database.add(chapter.rows, scenario: 1)
            // The tables have no secret: where one is asked for, its mask is what stands there.
            let found = try database.query(
                chapter.mask.text(try statement.text(run.variables)),
                (values?.members(run.variables) ?? [:]).masked(by: chapter.mask))
            return [
                "rows": .array(found.rows.map { .object($0) }), "count": .int(Int64(found.rows.count)),
                "columns": .strings(found.columns),
            ]
        } catch let failure as StoreFailure {
            throw Diagnostic(statement.place, failure.description, hint: Self.hint(failure.description))
        }
    }
}

extension JSONObject {
    /// The same with each text as tables tell it.
    fileprivate func masked(by mask: SecretMask) -> JSONObject {
        JSONObject(
            members.map { member in
                if case .string(let text) = member.value { return .init(member.name, .string(mask.text(text))) }
                return member
            })
    }
}
