package import Harness
import Kernel
import Scenario

/// The report in the Test Anything Protocol, version 14.
package enum TAPReport {
    /// `leftOut` is how many more runs `--fail-fast` left out.
    package static func render(_ results: [some ReportRow], leftOut: Int = 0) -> String {
        var text = "TAP version 14\n1..\(results.count)\n"
        if leftOut > 0 { text += "# left out by --fail-fast: \(leftOut)\n" }
        let seeds = ScenarioResult.haveSeeds(results)
        for (index, result) in results.enumerated() {
            let verdict = result.verdict == .held || result.verdict == .skipped ? "ok" : "not ok"
            // Where a description has a number sign, a reader would look for a directive (TAP 14, "Escaping").
            let name = "\(result.name(amongSeeds: seeds)): \(result.scenario)"
                .replacing("\\", by: "\\\\").replacing("#", by: "\\#")
            let skip = result.skip.map { " # SKIP \($0)" } ?? ""
            text += "\(verdict) \(index + 1) - \(name.replacing("\n", by: " "))\(skip.replacing("\n", by: " "))\n"
            guard result.verdict == .failed || result.verdict == .error else { continue }
            text += "  ---\n"
            for failure in result.failures {
                text += "  - what: \(JSONValue.string(failure.what).text)\n"
                text += "    at: \(JSONValue.string(failure.place?.description ?? result.path).text)\n"
                let more = [("step", failure.step), ("hint", failure.hint), ("exchange", failure.exchange)]
                if !failure.expected.isEmpty {
                    text += "    expected: \(JSONValue.string(failure.expected).text)\n"
                    text += "    actual: \(JSONValue.string(failure.actual).text)\n"
                }
                for (name, said) in more { if let said { text += "    \(name): \(JSONValue.string(said).text)\n" } }
            }
            text += "  - command: \(JSONValue.string(result.command).text)\n"
            text += "  ...\n"
        }
        return text
    }
}
