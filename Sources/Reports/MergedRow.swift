package import Harness
package import Kernel
import Scenario

/// A run as a JSON report tells it, so that the other reports can be made of several machines' runs.
package struct MergedRow: PageRow {
    package let path: String
    package let scenario: String
    package let cellText: String
    package let seed: UInt64
    package let verdict: ScenarioResult.Verdict
    package let skip: String?
    package let failures: [Failure]
    package let expectedFailure: String?
    package let command: String
    package let commandHere: String
    package let spec: [String]
    package let page: RunPage?
    package var story: Story { page?.played?.story ?? Story(title: scenario, actors: [], events: []) }

    /// nil for what no report says of a run. `rootFlag` is what the command needs on this machine.
    package init?(_ json: JSONValue, rootFlag: String = "") {
        guard let path = json["path"]?.string, let scenario = json["scenario"]?.string,
            let seed = json["seed"]?.string.flatMap({ UInt64($0) }), let command = json["command"]?.string,
            let verdict = json["verdict"]?.string.flatMap({ ScenarioResult.Verdict(rawValue: $0) })
        else { return nil }
        (self.path, self.scenario, self.seed, self.verdict) = (path, scenario, seed, verdict)
        (self.command, commandHere) = (command, command + rootFlag)
        cellText = (json["matrix"]?.object?.members ?? [])
            .map { "\($0.name)=\($0.value.string ?? $0.value.text)" }.joined(separator: ", ")
        skip = json["skip"]?.string
        expectedFailure = json["expectedFailure"]?.string
        spec = json["spec"]?.strings ?? []
        page = json["page"].flatMap { RunPage(json: $0, title: scenario) }
        failures = (json["failures"]?.array ?? []).map { Self.failure($0) }
    }

    /// The runs of a report, in its order.
    package static func rows(of report: JSONValue) -> [MergedRow] {
        let flag = report["run"]?["rootFlag"]?.string ?? ""
        return (report["scenarios"]?.array ?? []).compactMap { MergedRow($0, rootFlag: flag) }
    }

    private static func failure(_ json: JSONValue) -> Failure {
        func text(_ name: String) -> String? { json[name]?.string }
        let place = text("file").map { file in
            Place(
                Source(name: file, text: ""), line: Int(json["line"]?.int ?? 1), column: Int(json["column"]?.int ?? 1))
        }
        let failure = Failure(
            place, text("what") ?? "", expected: text("expected") ?? "", actual: text("actual") ?? "",
            hint: text("hint"), exchange: text("exchange"), step: text("step"))
        return place == nil ? failure : failure.showing(text("excerpt") ?? "")
    }
}
