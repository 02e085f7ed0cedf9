import Scenario

/// What a report tells of one run, wherever that was: here, or on a machine that left a JSON report.
package protocol ReportRow {
    var path: String { get }
    var scenario: String { get }
    /// Its values of the matrix; empty without one.
    var cellText: String { get }
    var seed: UInt64 { get }
    var verdict: ScenarioResult.Verdict { get }
    /// Why it was not run.
    var skip: String? { get }
    var failures: [Failure] { get }
    /// Why a run that did not hold was known not to; nil for one that nobody expected, and for one that held.
    var expectedFailure: String? { get }
    /// One command that repeats the run, wherever the files are, and the same on this machine.
    var command: String { get }
    var commandHere: String { get }
}

extension ReportRow {
    /// Whether it needs a person.
    package var isWrong: Bool { (verdict == .failed || verdict == .error) && expectedFailure == nil }

    /// What stands where the reason is shown: `expected failure: issue 7`.
    package var expectedFailureText: String? {
        expectedFailure.map { $0.isEmpty ? "expected failure" : "expected failure: \($0)" }
    }

    /// What it shows, for people: of several cells, which.
    package var title: String { cellText.isEmpty ? scenario : "\(scenario) [\(cellText)]" }

    /// What reports call it: of several cells, which.
    package var name: String { cellText.isEmpty ? path : "\(path) [\(cellText)]" }

    /// The same among others: of several seeds, which.
    package func name(amongSeeds: Bool) -> String { amongSeeds ? "\(name) seed \(seed)" : name }
}

extension ScenarioResult: ReportRow {
    package var path: String { file.path }
    package var scenario: String { file.scenario }
    package var cellText: String { file.cellText }
    package var skip: String? { file.skip }
}
