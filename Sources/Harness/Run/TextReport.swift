import Kernel
import Scenario

/// A report for people: quiet about what held, everything about what did not.
package enum TextReport {
    private static let mostHeld = 1000

    /// How much of a label or a title is shown: some are whole documents.
    private static let mostLetters = 400

    package static func render(_ results: [some ReportRow]) -> String {
        // Thousands of lines about what held are read by nobody.
        let told = results.count > mostHeld ? results.filter { $0.verdict != .held } : results
        let seeds = ScenarioResult.haveSeeds(results)
        var text = told.map { line($0, seeds: seeds) }.joined()
        let wrong = results.filter(\.isWrong)
        for result in wrong { text += "\n\(details(result, seeds: seeds))" }
        text += "\(results.isEmpty || wrong.isEmpty ? "" : "\n")\(summary(results))\n"
        // The way back in is the last thing on the screen.
        for result in wrong.prefix(5) { text += "\(onOneLine(result.commandHere))\n" }
        return text
    }

    package static func line(_ result: some ReportRow, seeds: Bool = false) -> String {
        let verdict =
            switch result.verdict {
            case _ where result.expectedFailure != nil: "EXPECTED"
            case .held: "held  "
            case .failed: "FAILED"
            case .error: "ERROR "
            case .skipped: "skipped"
            }
        let reason = (result.skip ?? result.expectedFailureText).map { " (\($0))" } ?? ""
        return "\(onOneLine("\(verdict) \(result.name(amongSeeds: seeds)): \(result.scenario)\(reason)"))\n"
    }

    package static func summary(_ results: [some ReportRow]) -> String {
        let held = results.count { $0.verdict == .held }
        let failed = results.count { $0.verdict == .failed && $0.isWrong }
        let errors = results.count { $0.verdict == .error && $0.isWrong }
        let expected = results.count { $0.expectedFailure != nil }
        let skipped = results.count { $0.verdict == .skipped }
        var text = "\(counted(results.count, "scenario")), \(held) held, \(failed) failed"
        if errors > 0 { text += ", \(errors) could not go on" }
        if expected > 0 { text += ", \(expected) failed as expected" }
        if skipped > 0 { text += ", \(skipped) skipped" }
        return text
    }

    /// `1 scenario`, `2 scenarios`.
    package static func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

    package static func details(_ result: some ReportRow, seeds: Bool = false) -> String {
        var text = "\(onOneLine("\(result.name(amongSeeds: seeds)): \(result.scenario)"))\n"
        for (index, failure) in result.failures.enumerated() {
            // What several lines of one step say of one exchange is shown once, below the last of them.
            let next = index + 1 < result.failures.count ? result.failures[index + 1].exchange : nil
            text += render(failure, hasExchange: failure.exchange != next)
        }
        return text
    }

    package static func render(_ failure: Failure, hasExchange: Bool = true) -> String {
        var lines: [String] = []
        if let place = failure.place {
            let gutter = String(repeating: " ", count: String(place.line).count)
            lines.append("\(failure.what)\n\(gutter)--> \(place)\n\(failure.excerpt ?? "")")
        } else {
            lines.append(failure.what)
        }
        func add(_ name: String, _ text: String) { lines.append(name + text.replacing("\n", by: "\n            ")) }
        if let step = failure.step { add("  step:     ", cut(step)) }
        if !failure.expected.isEmpty {
            add("  expected: ", failure.expected)
            add("  actual:   ", failure.actual)
        }
        if let hint = failure.hint { add("  hint:     ", hint) }
        if hasExchange, let exchange = failure.exchange { add("  from:     ", exchange) }
        return (lines.joined(separator: "\n") + "\n").shownWithoutOrders
    }

    private static func onOneLine(_ text: String) -> String {
        cut(text.replacing("\r", by: " ").replacing("\n", by: " ")).shownWithoutOrders
    }

    private static func cut(_ text: String) -> String {
        text.utf8.count > mostLetters && text.count > mostLetters ? "\(text.prefix(mostLetters))…" : text
    }
}
