package import Harness
import Kernel
import Scenario

/// What GitHub Actions shows: annotations at the lines of the files, and a summary of the step.
package enum GitHubReport {
    /// Workflow commands, one a line, for stdout.
    package static func annotations(
        _ results: [some ReportRow], mistakes: [FileMistake] = [], stale: [String] = []
    ) -> String {
        var text = ""
        for result in results {
            if let skip = result.skip {
                text += "::notice file=\(property(result.path)),title=skipped::\(data(skip))\n"
            }
            if let reason = result.expectedFailureText {
                let what = result.failures.first.map { ": \($0.sentence)" } ?? ""
                text += "::notice file=\(property(result.path)),title=expected failure::\(data("\(reason)\(what)"))\n"
                continue
            }
            for failure in result.failures {
                let place = failure.place
                let file = place?.source.name ?? result.path
                var properties = "file=\(property(file))"
                if let place { properties += ",line=\(place.line),col=\(place.column)" }
                properties += ",title=\(property(result.title.cut(120)))"
                var message = failure.sentence
                if let step = failure.step { message += "\nstep: \(step)" }
                if let hint = failure.hint { message += "\nhint: \(hint)" }
                text += "::error \(properties)::\(data("\(message)\n\(result.command)"))\n"
            }
        }
        for mistake in mistakes {
            let hint = mistake.hint.map { "\nhint: \($0)" } ?? ""
            let place = "file=\(property(mistake.file)),line=\(mistake.line),col=\(mistake.column)"
            text += "::error \(place),title=mistake::\(data("\(mistake.message)\(hint)"))\n"
        }
        for line in stale { text += "::error title=stale baseline::\(data(line))\n" }
        return text
    }

    /// Markdown for `$GITHUB_STEP_SUMMARY`.
    package static func summary(
        _ results: [some ReportRow], mistakes: [FileMistake] = [], stale: [String] = []
    ) -> String {
        var text = "### agentcore-local: \(mistakes.title(with: results, stale: stale.count))\n\n"
        if !mistakes.isEmpty {
            text += "| where | mistake |\n|---|---|\n"
            for mistake in mistakes.prefix(100) {
                text += "| \(code(mistake.place)) | \(cell(mistake.message)) |\n"
            }
            text += "\n"
        }
        if !stale.isEmpty {
            text += "| stale baseline |\n|---|\n"
            for line in stale.prefix(100) { text += "| \(cell(line)) |\n" }
            text += "\n"
        }
        let wrong = results.filter(\.isWrong)
        guard !wrong.isEmpty else { return text }
        text += "| scenario | what | expected | actual |\n|---|---|---|---|\n"
        for result in wrong.prefix(100) {
            for failure in result.failures.prefix(3) {
                let place = failure.place?.description ?? result.path
                let cells = [failure.what, failure.expected.cut(200), failure.actual.cut(200)].map(cell)
                text += "| \(cell(result.title)) (\(code(place))) | \(cells.joined(separator: " | ")) |\n"
            }
        }
        text += "\n```sh\n\(wrong.prefix(shown).map(\.command).joined(separator: "\n"))\n```\n"
        if wrong.count > shown { text += "\nand \(wrong.count - shown) more.\n" }
        return text
    }

    /// A message: `%` and line feed are escaped (GitHub Actions toolkit, command.ts), and other controls are shown.
    static func data(_ text: String) -> String {
        text.shown.replacing("%", by: "%25").replacing("\n", by: "%0A")
    }

    static func property(_ text: String) -> String {
        data(text).replacing(":", by: "%3A").replacing(",", by: "%2C")
    }

    /// Commands in a summary.
    private static let shown = 10

    /// Between backticks nothing is markup and no entity is read (CommonMark section 6.1).
    private static func code(_ text: String) -> String {
        "`\(text.shown.replacing("`", by: "'").replacing("|", by: "\\|").replacing("\n", by: " "))`"
    }

    private static func cell(_ text: String) -> String {
        text.markup.replacing("|", by: "\\|").replacing("\n", by: " ")
    }
}
