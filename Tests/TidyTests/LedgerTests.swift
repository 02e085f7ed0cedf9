import Foundation
import Harness
import Kernel
import Scenario
import Testing

/// The ledger is whole: nothing is claimed without a source, nothing enforced without a scenario that proves it.
struct LedgerTests {
    private let ledger: Ledger
    private let mistakes: [Diagnostic]
    private let scenarios = Repository.files("scenarios", ".yaml").filter {
        !$0.path.hasSuffix(".template.yaml")
    }

    init() { (ledger, mistakes) = Ledger.load(root: Repository.root.path) }

    @Test func everyRowIsComplete() {
        for mistake in mistakes { Issue.record("\(mistake)") }
        #expect(ledger.rows.count > 100)
    }

    @Test func theREADMECountsTheRowsOfEachMark() {
        let lines = Repository.text("README.md").split(separator: "\n")
        for mark in Ledger.Mark.allCases {
            let count = ledger.rows.count { $0.mark == mark }
            let isTold = lines.contains("| \(mark) | \(count) |")
            #expect(isTold, "README: \(mark) has \(count) rows")
        }
    }

    @Test func everyRuleHasARowAndEveryNamedRuleExists() {
        let rules = Set(SwitchCatalogue.all.rules.map(\.name))
        for row in ledger.rows {
            if let rule = row.rule, !rules.contains(rule) { Issue.record("\(row.place): no party has a rule \(rule)") }
        }
        let named = Set(ledger.rows.compactMap(\.rule))
        for rule in rules.sorted() where !named.contains(rule) {
            Issue.record("the rule \(rule) has no row in the ledger")
        }
    }

    @Test func everyUnknownIsASwitchAndEverySwitchHasARow() {
        let switches = Set(SwitchCatalogue.all.unknowns.map(\.name))
        for row in ledger.rows {
            if let unknown = row.unknown, !switches.contains(unknown) {
                Issue.record("\(row.place): no party has a switch \(unknown)")
            }
            if row.mark == .unknown, row.unknown == nil {
                Issue.record("\(row.place): \(row.id) is unknown and has no switch")
            }
        }
        let named = Set(ledger.rows.compactMap(\.unknown))
        for unknown in switches.sorted() where !named.contains(unknown) {
            Issue.record("the switch \(unknown) has no row in the ledger")
        }
    }

    @Test func everyRuleHasAScenarioThatNoticesWhenItIsOff() {
        let broken = Set(
            scenarios.flatMap { file in
                file.lines.filter { $0.hasPrefix("breaks:") }.flatMap { line in
                    line.dropFirst("breaks:".count).split { "[], #".contains($0) }.map(String.init)
                }
            })
        for rule in SwitchCatalogue.all.rules.map(\.name).sorted() where !broken.contains(rule) {
            Issue.record("no scenario has breaks: [\(rule)]")
        }
    }

    /// `spec:` names ledger rows, or a public standard with its section.
    @Test func everyScenarioSaysWhatItShows() {
        for file in scenarios where !file.lines.contains(where: { $0.hasPrefix("fragment:") }) {
            guard let line = file.lines.first(where: { $0.hasPrefix("spec:") }) else {
                Issue.record("\(file.path): no spec:")
                continue
            }
            let ids = line.dropFirst("spec:".count).split(separator: ",").map {
                $0.trimmingCharacters(in: .init(charactersIn: " []\""))
            }
            for id in ids
            where ledger[id] == nil && id.wholeMatch(of: #/(RFC \d+|MCP \d{4}-\d\d-\d\d|OpenID Connect) .+/#) == nil {
                Issue.record(
                    "\(file.path): spec names \(id), which is neither in the ledger nor a standard with its section")
            }
        }
    }
}
