package import Harness
import Kernel
import Scenario

/// The report that continuous integration reads: one test case per scenario.
package enum JUnitReport {
    /// `seconds` is how long the whole run took, left out if nobody measured. A mistake of a file is a case that could
    /// not be tried, a stale line of the baseline one that failed.
    package static func render(
        _ results: [some ReportRow], mistakes: [FileMistake] = [], stale: [String] = [], seconds: Double? = nil
    ) -> String {
        let failed = results.count { $0.verdict == .failed && $0.isWrong } + stale.count
        let errors = results.count { $0.verdict == .error && $0.isWrong } + mistakes.count
        let time = seconds.map { " time=\"\($0)\"" } ?? ""
        var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        // JUnit's format has no word for what was known to fail; as pytest does, it is told as skipped.
        let skipped = results.count { $0.verdict == .skipped || $0.expectedFailure != nil }
        let tests = results.count + mistakes.count + stale.count
        var counts = "tests=\"\(tests)\" failures=\"\(failed)\" errors=\"\(errors)\""
        if skipped > 0 { counts += " skipped=\"\(skipped)\"" }
        text += "<testsuites \(counts)\(time)>\n  <testsuite name=\"agentcore-local\" \(counts)\(time)>\n"
        let seeds = ScenarioResult.haveSeeds(results)
        for result in results { text += testCase(result, seeds) }
        for mistake in mistakes { text += testCase(mistake) }
        for line in stale { text += testCase(stale: line) }
        return "\(text)  </testsuite>\n</testsuites>\n"
    }

    private static func testCase(_ mistake: FileMistake) -> String {
        """
            \(head(mistake.file, mistake.place))>
              <error message="\(mistake.message.markup)">\(mistake.rendered.markup)</error>
            </testcase>

        """
    }

    private static func testCase(stale line: String) -> String {
        """
            <testcase classname="baseline" name="\(line.markup)">
              <failure message="\(line.markup)"/>
            </testcase>

        """
    }

    /// Whoever reads it tells cases apart by class and name.
    private static func head(_ path: String, _ name: String) -> String {
        let folder = path.split(separator: "/").dropLast().joined(separator: ".")
        return "<testcase classname=\"\(folder.markup)\" name=\"\(name.markup)\" file=\"\(path.markup)\""
    }

    private static func testCase(_ result: some ReportRow, _ seeds: Bool) -> String {
        let cell = result.cellText.isEmpty ? "" : " [\(result.cellText)]"
        let seed = seeds ? " seed \(result.seed)" : ""
        let head = "    \(Self.head(result.path, "\(result.scenario)\(cell)\(seed)"))"
        if let skip = result.skip {
            return "\(head)>\n      <skipped message=\"\(skip.markup)\"/>\n    </testcase>\n"
        }
        guard result.verdict != .held, let first = result.failures.first else { return "\(head)/>\n" }
        let kind = result.verdict == .failed ? "failure" : "error"
        if let reason = result.expectedFailureText {
            let message = "\(reason): \(first.sentence)".markup
            return "\(head)>\n      <skipped type=\"expected-failure\" message=\"\(message)\"/>\n    </testcase>\n"
        }
        let message = first.sentence.markup
        let details = "\(TextReport.details(result, seeds: seeds))\(result.commandHere)\n".markup
        return "\(head)>\n      <\(kind) message=\"\(message)\">\(details)</\(kind)>\n    </testcase>\n"
    }
}
