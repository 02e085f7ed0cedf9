import Harness
package import Kernel
import Scenario

/// One page without a script and without a link to anywhere: every scenario with its steps, its failures, its diagram,
/// its tokens taken apart and its states.
package enum HTMLReport {
    package static func render(
        _ results: [some PageRow], mistakes: [FileMistake] = [], run: JSONObject
    ) -> String {
        let stale = BaselineFinding.stale(in: run)
        let title = mistakes.title(with: results, stale: stale.count).markup
        var page = """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><title>agentcore-local: \(title)</title>
            <meta name="viewport" content="width=device-width">
            <style>
            body{font:14px/1.5 system-ui,sans-serif;margin:2em auto;max-width:90em;padding:0 1em;color:#24292f}
            h1{font-size:1.4em}summary{cursor:pointer;padding:.25em 0}
            details details{margin-left:1.2em}pre,code{font:12px/1.45 ui-monospace,monospace}
            pre{background:#f6f8fa;padding:.7em;border-radius:6px;\
            width:max-content;min-width:100%;box-sizing:border-box}
            table{border-collapse:collapse;font-size:12px}td,th{border:1px solid #d0d7de;\
            padding:.2em .6em;text-align:left}summary,p{overflow-wrap:anywhere}
            :focus-visible{outline:3px solid #0969da;outline-offset:2px}
            .held{color:#1a7f37}.failed,.error{color:#cf222e}.skipped,.expected{color:#9a6700}.scroll{overflow:auto}
            b.v{display:inline-block;width:5em}
            </style></head><body>
            <h1>\(title)</h1>

            """
        // Where each stands among all shards is told to `report merge` alone; stale lines have a place of their own.
        let facts = run.members.filter { !["positions", "whole", "stale", "baseline"].contains($0.name) }
            .map { "\($0.name) \($0.value.string ?? $0.value.text)" }.joined(separator: " · ")
        page += "<p>\(facts.markup)</p>\n"
        // What needs a person comes first.
        for mistake in mistakes { page += wide("Mistake", "<pre class=\"failed\">\(mistake.rendered.markup)</pre>") }
        for line in stale { page += wide("Stale baseline", "<pre class=\"failed\">\(line.markup)</pre>") }
        let seeds = ScenarioResult.haveSeeds(results)
        for word in ["failed", "error", "expected", "skipped", "held"] {
            for result in results where self.word(result) == word { page += section(result, seeds) }
        }
        return "\(page)</body></html>\n"
    }

    private static func word(_ result: some PageRow) -> String {
        result.expectedFailure == nil ? result.verdict.rawValue : "expected"
    }

    private static func section(_ result: some PageRow, _ seeds: Bool) -> String {
        let isOpen = result.isWrong ? " open" : ""
        let (page, word) = (result.page, word(result))
        var text = "<details\(isOpen)><summary><b class=\"v \(word)\">\(word)</b> "
        text += "\(result.scenario.markup) <code>\(result.name(amongSeeds: seeds).markup)</code></summary>\n"
        if let about = page?.about { text += "<p>\(about.markup)</p>\n" }
        if let skip = result.skip { text += "<p>Skipped: \(skip.markup)</p>\n" }
        if let reason = result.expectedFailureText { text += "<p>An \(reason.markup)</p>\n" }
        text += "<p>Rests on: \(result.spec.joined(separator: ", ").markup)</p>\n"
        for failure in result.failures { text += wide("Failure", "<pre>\(TextReport.render(failure).markup)</pre>") }
        if result.verdict != .held, result.verdict != .skipped {
            text += "<p>Repeat: <code>\(result.command.markup)</code></p>\n"
        }
        guard let played = page?.played else { return "\(text)</details>\n" }
        text += steps(played.steps)
        text += part("Sequence and states", wide("Sequence and states", SVGReport.render(played.story)))
        text += tokens(played.tokens)
        text += part("Trace", wide("Trace", "<pre>\(played.trace.markup)</pre>"))
        return "\(text)</details>\n"
    }

    private static func part(_ title: String, _ body: String) -> String {
        "<details><summary>\(title)</summary>\(body)</details>\n"
    }

    /// What may be wider than the page. It scrolls by the keyboard too, and so it has a name.
    private static func wide(_ name: String, _ body: String) -> String {
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"\(name)\">\(body)</div>\n"
    }

    private static func steps(_ steps: [RunPage.Step]) -> String {
        var rows = "<table><tr><th>step</th><th>where</th><th>world time</th><th>entries</th><th></th></tr>"
        for step in steps {
            let indent = String(repeating: "&nbsp;&nbsp;", count: step.depth)
            rows += "<tr><td>\(indent)\(step.title.markup)</td><td><code>\(step.place.markup)</code></td>"
            rows += "<td>\(step.at.markup)</td><td>\(step.entries.markup)</td>"
            let verdict = step.held ? "held" : "failed"
            rows += "<td class=\"\(verdict)\">\(verdict)</td></tr>"
        }
        return part(TextReport.counted(steps.count, "step"), wide("Steps", "\(rows)</table>"))
    }

    private static func tokens(_ tokens: [RunPage.Token]) -> String {
        guard !tokens.isEmpty else { return "" }
        var table = "<table><tr><th>token</th><th>issuer</th><th>user</th><th>scopes</th><th>made from</th>"
        table += "<th>held by</th><th>seen by</th><th>expires</th><th>decoded</th></tr>"
        for token in tokens {
            table += "<tr>\(token.cells.map { "<td>\($0.markup)</td>" }.joined())"
            let inner =
                token.decoded.map { "<details><summary>claims</summary><pre>\($0.markup)</pre></details>" } ?? ""
            table += "<td>\(inner)</td></tr>"
        }
        return part(TextReport.counted(tokens.count, "token"), wide("Tokens", "\(table)</table>"))
    }
}
