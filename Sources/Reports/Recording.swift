package import Harness
package import Kernel
import SQLiteStore
import Scenario

/// Every run with its journal in one SQLite file: `run --record`. Secrets are masked in it.
package enum Recording {
    /// - Throws: `StoreFailure` when the file cannot be written.
    package static func write(_ results: [ScenarioResult], to path: String) throws(StoreFailure) {
        let database = try JournalDatabase(path: path)
        for (index, result) in results.enumerated() { try database.add(rows(result), scenario: index + 1) }
    }

    private static func rows(_ result: ScenarioResult) -> [TableRow] {
        let file = result.file
        func text(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
        var rows = [
            TableRow(
                "scenario",
                [
                    ("path", .string(file.path)), ("title", .string(file.scenario)), ("cell", .string(file.cellText)),
                    ("tags", .string(file.tags.joined(separator: " "))),
                    ("spec", .string(file.spec.joined(separator: ", "))), ("seed", .string(String(result.seed))),
                    ("verdict", .string(result.verdict.rawValue)), ("skip", text(file.skip)),
                    ("expected", text(result.expectedFailure)),
                    ("command", .string(result.command)), ("trace", .string(result.traceSeal)),
                ])
        ]
        for failure in result.failures {
            rows.append(
                TableRow(
                    "failure",
                    [
                        ("place", text(failure.place?.description)), ("step", text(failure.step)),
                        ("what", .string(failure.what)),
                        ("expected", .string(failure.expected)), ("actual", .string(failure.actual)),
                        ("hint", text(failure.hint)), ("exchange", text(failure.exchange)),
                    ]))
        }
        for (number, record) in result.records.enumerated() {
            rows.append(
                TableRow(
                    "step",
                    [
                        ("number", .int(Int64(number + 1))), ("depth", .int(Int64(record.depth))),
                        ("title", .string(record.title)), ("place", .string(record.step.place.description)),
                        ("at", .string(record.at.iso8601)),
                        // What was undone has no entries in the tables.
                        ("first_seq", record.isUndone ? .null : .int(Int64(record.after + 1))),
                        ("last_seq", record.isUndone ? .null : .int(Int64(record.last))),
                        ("held", .bool(record.held)),
                    ]))
        }
        return rows + JournalTables(entries: result.journal, secrets: result.secrets).rows
    }
}
