import Harness
import Kernel
package import Scenario

/// What continuous integration reads of files with mistakes: nothing was run, and each mistake is an error.
package enum MistakeReport {
    /// One test case for each mistake.
    package static func junit(_ mistakes: [Diagnostic]) -> String {
        let counts = "tests=\"\(mistakes.count)\" failures=\"0\" errors=\"\(mistakes.count)\""
        var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        text += "<testsuites \(counts)>\n  <testsuite name=\"agentcore-local\" \(counts)>\n"
        for mistake in mistakes {
            let file = mistake.place.source.name
            let folder = file.split(separator: "/").dropLast().joined(separator: ".")
            text += "    <testcase classname=\"\(folder.markup)\" name=\"\("\(mistake.place)".markup)\""
            text += " file=\"\(file.markup)\">\n"
            text += "      <error message=\"\(mistake.message.markup)\">\(mistake.rendered.markup)</error>\n"
            text += "    </testcase>\n"
        }
        return "\(text)  </testsuite>\n</testsuites>\n"
    }

    /// Workflow commands of GitHub Actions, one a line, for stdout.
    package static func annotations(_ mistakes: [Diagnostic]) -> String {
        mistakes.map { mistake in
            let (place, hint) = (mistake.place, mistake.hint.map { "\nhint: \($0)" } ?? "")
            let properties =
                "file=\(GitHubReport.property(place.source.name)),line=\(place.line),col=\(place.column),title=mistake"
            return "::error \(properties)::\(GitHubReport.data("\(mistake.message)\(hint)"))\n"
        }.joined()
    }
}
