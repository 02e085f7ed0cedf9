import Foundation
import Harness
import Kernel
import Scenario
import Testing

/// What nobody outside AWS knows, U1 to U28: each is a row of the ledger, a switch of a lab, and a scenario in which
/// the lab decides otherwise than by default.
struct UnknownTests {
    private let ledger = Ledger.load(root: Repository.root.path).0
    private let scenarios = Repository.files("scenarios", ".yaml")

    @Test(arguments: 1...28)
    func aNumberedUnknownIsASwitchThatAScenarioTurns(number: Int) throws {
        let row = try #require(ledger["U\(number)"], "the ledger has no U\(number)")
        #expect(row.mark == .unknown, "\(row.place): U\(number) is marked \(row.mark.rawValue)")
        let name = try #require(row.unknown, "\(row.place): U\(number) names no switch")
        let unknown = try #require(SwitchCatalogue.all.unknowns.first { $0.name == name }, "no party has \(name)")
        #expect(Self.isTurned(unknown, in: scenarios), "no scenario decides \(name) otherwise than by default")
    }

    @Test func thereIsNoOtherNumber() {
        let numbers = ledger.rows.map(\.id).filter { $0.wholeMatch(of: #/U\d+/#) != nil }
        #expect(numbers.count == 28)
    }

    /// A line that names the switch, and not with its default.
    private static func isTurned(_ unknown: Unknown, in scenarios: [Repository.File]) -> Bool {
        scenarios.contains { file in
            file.lines.contains { line in
                guard let place = line.range(of: "\(unknown.name): "), line.contains("unknowns:") else { return false }
                let choice = line[place.upperBound...].prefix { !",}".contains($0) }
                return choice.trimmingCharacters(in: .init(charactersIn: " \"")) != unknown.standard
            }
        }
    }
}
