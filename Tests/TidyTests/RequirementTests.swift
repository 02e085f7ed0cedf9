import Foundation
import Harness
import Scenario
import Testing

/// Every attack, quirk and requirement of a standard that the project set out to show is shown, by a scenario that
/// rests on it or a test that names it: what `agentcore-local list --requirements` prints has no hole.
struct RequirementTests {
    private let ledger = Ledger.load(root: Repository.root.path).0

    private static let requirements = Requirements(
        Library.load(paths: ["\(Repository.root.path)/scenarios"], root: Repository.root.path).0,
        Ledger.load(root: Repository.root.path).0, root: Repository.root.path)

    @Test func nothingIsLeftToWords() {
        let requirements = Self.requirements
        #expect(requirements.rows.count == Requirements.ids.count)
        #expect(requirements.holes.isEmpty, "nothing shows \(requirements.holes.joined(separator: " "))")
        for id in Requirements.notes {
            #expect(ledger[id] != nil, "\(id) is a note, and the ledger has no row for it")
        }
    }

    /// What a row says is the ledger's, with its source: nobody has to guess from a test's name.
    @Test func everyRowSaysWhatItAsks() {
        let silent = Self.requirements.rows.filter { $0.states.isEmpty || ledger[$0.id] == nil }
        #expect(silent.isEmpty, "the ledger has no row for \(silent.map(\.id).joined(separator: " "))")
    }

    /// Of attacks and quirks nothing is left to tests: people run scenarios.
    @Test func everyAttackAndQuirkHasAScenario() {
        let missing = Self.requirements.rows.filter { row in
            "AQ".contains(row.id.prefix(1)) && row.scenarios.isEmpty && !Requirements.notes.contains(row.id)
        }
        #expect(missing.isEmpty, "no scenario rests on \(missing.map(\.id).joined(separator: " "))")
    }

    /// `P53` is of a client that sends nothing, so there is nothing to show.
    @Test func everyProblemOfThePeopleHasAScenario() {
        let files = Library.load(paths: ["\(Repository.root.path)/scenarios"], root: Repository.root.path).0
        let shown = Set(files.flatMap(\.spec))
        let problems = ledger.rows.map(\.id).filter { $0.wholeMatch(of: #/P\d+/#) != nil }
        #expect(problems.count == 57)
        #expect(problems.filter { !shown.contains($0) } == ["P53"])
    }

    @Test func aHoleIsSeen() {
        let table = Requirements([], ledger, root: "/nowhere")
        #expect(table.holes.count == Requirements.ids.count - Requirements.notes.count)
        #expect(table.markdown.contains("| A1 |") && table.markdown.contains("**nothing**"))
    }
}
