package import Harness
import Kernel
import Scenario

/// The report in the Test Anything Protocol, version 14.
package enum TAPReport {
    /// `leftOut` is how many more runs `--fail-fast` left out. A mistake of a file is a test that did not hold, and so
    /// is a stale line of the baseline.
    package static func render(
        _ results: [some ReportRow], mistakes: [FileMistake] = [], stale: [String] = [], leftOut: Int = 0
    ) -> String {
        var text = "TAP version 14\n1..\(results.count + mistakes.count + stale.count)\n"
        if leftOut > 0 { text += "# left out by --fail-fast: \(leftOut)\n" }
        let seeds = ScenarioResult.haveSeeds(results)
        for (index, result) in results.enumerated() {
            let verdict = result.verdict == .held || result.verdict == .skipped ? "ok" : "not ok"
            let name = description("\(result.name(amongSeeds: seeds)): \(result.scenario)")
            // A reader counts neither as a failure (TAP 14, "Directives").
            let reason = result.expectedFailureText.map { " # TODO \($0)" } ?? result.skip.map { " # SKIP \($0)" }
            text += "\(verdict) \(index + 1) - \(name)\(reason?.replacing("\n", by: " ") ?? "")\n"
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
            text += "  - command: \(JSONValue.string(result.commandHere).text)\n"
            text += "  ...\n"
        }
        for (index, mistake) in mistakes.enumerated() {
            let number = results.count + index + 1
            text += "not ok \(number) - \(description("\(mistake.place): \(mistake.message)"))\n"
            text += "  ---\n  - what: \(JSONValue.string(mistake.message).text)\n"
            text += "    at: \(JSONValue.string(mistake.place).text)\n"
            if let hint = mistake.hint { text += "    hint: \(JSONValue.string(hint).text)\n" }
            text += "  ...\n"
        }
        for (index, line) in stale.enumerated() {
            text += "not ok \(results.count + mistakes.count + index + 1) - \(description(line))\n"
        }
        // Somebody looks at it in a terminal, and a carriage return would begin a line of its own.
        return text.shown
    }

    /// On one line. Where it has a number sign, a reader would look for a directive (TAP 14, "Escaping").
    private static func description(_ text: String) -> String {
        text.replacing("\\", by: "\\\\").replacing("#", by: "\\#").replacing("\n", by: " ")
    }
}
