import Foundation
import Harness
import Testing

/// Every attack, quirk and requirement of a standard that the project set out to show is shown: by a scenario that
/// rests on it, by a test that names it, or by a row of the ledger that says why not.
struct RequirementTests {
    /// What there is to show. The numbers are the ledger's.
    static let ids: [String] =
        numbered("A", 1...33) + numbered("Q", 1...39)
        + standard("6749", 28) + standard("6750", 6) + standard("7636", 8) + standard("7009", 6)
        + standard("7662", 3) + standard("8414", 6) + standard("9207", 4) + standard("8707", 3)
        + standard("9728", 4) + standard("9126", 10) + standard("8693", 7) + standard("7523", 5)
        + standard("7591", 4) + standard("cimd", 5) + standard("8628", 6) + standard("9700", 11)
        + standard("2.1", 1) + standard("9068", 4) + standard("8725", 4) + standard("oidc", 5)

    private static func numbered(_ letter: String, _ numbers: ClosedRange<Int>) -> [String] {
        numbers.map { "\(letter)\($0)" }
    }

    private static func standard(_ name: String, _ count: Int) -> [String] {
        (1...count).map { "\(name)-\($0 < 10 ? "0" : "")\($0)" }
    }

    /// One line of the table.
    private struct Row {
        let id: String
        let scenarios: [String]
        let tests: [String]
        let ledger: String?

        var text: String {
            let shown = scenarios + tests
            let how = shown.isEmpty ? ledger.map { "not shown: \($0)" } ?? "MISSING" : shown.joined(separator: ", ")
            return "\(id)\t\(how)"
        }
    }

    private let rows: [Row]

    init() {
        let ledger = Ledger.load(root: Repository.root.path).0
        var scenarios: [String: [String]] = [:]
        for file in Repository.files("scenarios", ".yaml") {
            guard let line = file.lines.first(where: { $0.hasPrefix("spec:") }) else { continue }
            let cited = line.dropFirst("spec:".count).split { " [],\"".contains($0) }
            for id in Set(cited.map(String.init)) { scenarios[id, default: []].append(file.path) }
        }
        var tests: [String: [String]] = [:]
        let wanted = Set(Self.ids)
        for file in Repository.files("Tests", ".swift") + Repository.files("Tests/RealClients", ".py")
        where !file.path.hasSuffix("RequirementTests.swift") {
            let words = Set(
                file.lines.flatMap { line in
                    line.split { !$0.isLetter && !$0.isNumber && $0 != "-" && $0 != "." }.map(String.init)
                })
            for id in words.intersection(wanted) { tests[id, default: []].append(file.path) }
        }
        rows = Self.ids.map { id in
            Row(
                id: id, scenarios: scenarios[id] ?? [], tests: (tests[id] ?? []).sorted(), ledger: ledger[id]?.states)
        }
    }

    @Test func everyOneIsShownOrSaysWhyNot() throws {
        // For people: .cache/requirements.tsv.
        let cache = Repository.root.appendingPathComponent(".cache")
        try FileManager.default.createDirectory(at: cache, withIntermediateDirectories: true)
        try (rows.map(\.text).joined(separator: "\n") + "\n").write(
            to: cache.appendingPathComponent("requirements.tsv"), atomically: true, encoding: .utf8)
        let missing = rows.filter { $0.scenarios.isEmpty && $0.tests.isEmpty && $0.ledger == nil }.map(\.id)
        let unexpected = missing.filter { !Self.open.contains($0) }
        #expect(unexpected.isEmpty, "nothing shows \(unexpected.joined(separator: " ")), and the ledger has no row")
        let stale = Self.open.filter { !missing.contains($0) }
        #expect(stale.isEmpty, "shown by now, so no longer open: \(stale.joined(separator: " "))")
    }

    /// What nothing shows yet; the README's limits name them. One that is shown has to leave the list.
    private static let open = [
        "6749-11", "6749-13", "6750-02", "8414-04", "9126-10", "8693-03", "8693-05", "8693-07", "7523-05", "7591-04",
        "cimd-01", "8628-04",
    ]

    /// Of the attacks nothing is left to words.
    @Test func everyAttackHasAScenario() {
        let missing = rows.filter { $0.id.hasPrefix("A") && $0.scenarios.isEmpty }.map(\.id)
        #expect(missing.isEmpty, "no scenario rests on \(missing.joined(separator: " "))")
    }
}
