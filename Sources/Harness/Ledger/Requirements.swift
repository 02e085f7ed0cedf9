import Foundation
package import Scenario

/// What the project set out to show about authorization: attacks A1 to A33, quirks Q1 to Q39 and requirements of the
/// standards, each with the scenarios that rest on it and the tests that name it.
package struct Requirements: Sendable {
    package let rows: [Row]

    package struct Row: Sendable {
        package let id: String
        /// As the ledger has it; else the title of a scenario that shows it.
        package let states: String
        /// Paths below the project's folder.
        package let scenarios: [String]
        package let tests: [String]
        /// Whether something that runs shows it.
        package var isShown: Bool { !scenarios.isEmpty || !tests.isEmpty }
    }

    /// In the order of the table. The numbers are the ledger's.
    package static let ids: [String] =
        numbered("A", 1...33) + numbered("Q", 1...39)
        + standard("6749", 28) + standard("6750", 6) + standard("7636", 8) + standard("7009", 6)
        + standard("7662", 3) + standard("8414", 6) + standard("9207", 4) + standard("8707", 3)
        + standard("9728", 4) + standard("9126", 10) + standard("8693", 7) + standard("7523", 5)
        + standard("7591", 4) + standard("cimd", 5) + standard("8628", 6) + standard("9700", 11)
        + standard("2.1", 1) + standard("9068", 4) + standard("8725", 4) + standard("oidc", 5)

    /// Faults of programs that are no party of a lab: told in the ledger, with nothing to switch.
    package static let notes = ["Q21", "Q23", "Q38"]

    private static func numbered(_ letter: String, _ numbers: ClosedRange<Int>) -> [String] {
        numbers.map { "\(letter)\($0)" }
    }

    private static func standard(_ name: String, _ count: Int) -> [String] {
        (1...count).map { "\(name)-\($0 < 10 ? "0" : "")\($0)" }
    }

    /// `root` is the folder of the project; its tests count where they are there.
    package init(_ scenarios: [ScenarioFile], _ ledger: Ledger, root: String) {
        var shown: [String: [String]] = [:]
        var titles: [String: String] = [:]
        for file in scenarios {
            for id in file.spec where shown[id]?.contains(file.path) != true {
                shown[id, default: []].append(file.path)
                titles[id] = titles[id] ?? file.scenario
            }
        }
        let tests = Self.tests(below: root)
        rows = Self.ids.map { id in
            Row(
                id: id, states: ledger[id]?.states ?? titles[id] ?? "", scenarios: shown[id] ?? [],
                tests: tests[id] ?? [])
        }
    }

    /// Which test files name which id. A list of all of them is no test of any.
    private static func tests(below root: String) -> [String: [String]] {
        let base = URL(fileURLWithPath: root).appendingPathComponent("Tests")
        let walk = FileManager.default.enumerator(atPath: base.path)
        let names = (walk?.compactMap { $0 as? String } ?? []).filter { name in
            (name.hasSuffix(".swift") || name.hasPrefix("RealClients/") && name.hasSuffix(".py"))
                && !name.hasSuffix("RequirementTests.swift")
        }
        let wanted = Set(ids)
        var result: [String: [String]] = [:]
        for name in names.sorted() {
            guard let text = try? String(contentsOf: base.appendingPathComponent(name), encoding: .utf8) else {
                continue
            }
            let words = text.split { !$0.isLetter && !$0.isNumber && $0 != "-" && $0 != "." }
            for id in Set(words.map(String.init)).intersection(wanted) {
                result[id, default: []].append("Tests/\(name)")
            }
        }
        return result
    }

    /// What nothing shows.
    package var holes: [String] { rows.filter { !$0.isShown && !Self.notes.contains($0.id) }.map(\.id) }

    /// For people, as a table in Markdown.
    package var markdown: String {
        let head = "| id | what | shown by |\n|---|---|---|\n"
        return head
            + rows.map { row in
                let how = (row.scenarios + row.tests).map { "`\($0)`" }.joined(separator: "<br>")
                let shown = row.isShown ? how : Self.notes.contains(row.id) ? "told only" : "**nothing**"
                return "| \(row.id) | \(row.states.replacingOccurrences(of: "|", with: "\\|")) | \(shown) |"
            }.joined(separator: "\n")
    }
}
