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
        let name = escaped("\(result.scenario)\(cell)\(seed)")
        let head =
            "    <testcase classname=\"\(escaped(folder))\" name=\"\(name)\" file=\"\(escaped(result.path))\""
        if let skip = result.skip {
            return "\(head)>\n      <skipped message=\"\(escaped(skip))\"/>\n    </testcase>\n"
        }
        guard result.verdict != .held, let first = result.failures.first else { return "\(head)/>\n" }
        let kind = result.verdict == .failed ? "failure" : "error"
        let message = escaped(first.sentence)
        let details = escaped("\(TextReport.details(result, seeds: seeds))\(result.commandHere)\n")
        return "\(head)>\n      <\(kind) message=\"\(message)\">\(details)</\(kind)>\n    </testcase>\n"
    }

    /// XML 1.0 section 2.2: most control characters may not stand in a document, not even escaped.
    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "\n", "\t": result.unicodeScalars.append(scalar)
            case "\u{0}"..<"\u{20}", "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
