package import Harness
import Kernel
import Scenario

/// The report that continuous integration reads: one test case per scenario.
package enum JUnitReport {
    /// `seconds` is how long the whole run took, left out if nobody measured.
    package static func render(_ results: [some ReportRow], seconds: Double? = nil) -> String {
        let failed = results.count { $0.verdict == .failed }
        let errors = results.count { $0.verdict == .error }
        let time = seconds.map { " time=\"\($0)\"" } ?? ""
        var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        let skipped = results.count { $0.verdict == .skipped }
        var counts = "tests=\"\(results.count)\" failures=\"\(failed)\" errors=\"\(errors)\""
        if skipped > 0 { counts += " skipped=\"\(skipped)\"" }
        text += "<testsuites \(counts)\(time)>\n  <testsuite name=\"agentcore-local\" \(counts)\(time)>\n"
        let seeds = ScenarioResult.haveSeeds(results)
        for result in results { text += testCase(result, seeds) }
        return "\(text)  </testsuite>\n</testsuites>\n"
    }

    /// Whoever reads it tells cases apart by class and name.
    private static func testCase(_ result: some ReportRow, _ seeds: Bool) -> String {
        let folder = result.path.split(separator: "/").dropLast().joined(separator: ".")
        let cell = result.cellText.isEmpty ? "" : " [\(result.cellText)]"
        let seed = seeds ? " seed \(result.seed)" : ""
        let name = "\(result.scenario)\(cell)\(seed)".markup
        let head =
            "    <testcase classname=\"\(folder.markup)\" name=\"\(name)\" file=\"\(result.path.markup)\""
        if let skip = result.skip {
            return "\(head)>\n      <skipped message=\"\(skip.markup)\"/>\n    </testcase>\n"
        }
        guard result.verdict != .held, let first = result.failures.first else { return "\(head)/>\n" }
        let kind = result.verdict == .failed ? "failure" : "error"
        let message = first.sentence.markup
        let details = "\(TextReport.details(result, seeds: seeds))\(result.commandHere)\n".markup
        return "\(head)>\n      <\(kind) message=\"\(message)\">\(details)</\(kind)>\n    </testcase>\n"
    }
}
