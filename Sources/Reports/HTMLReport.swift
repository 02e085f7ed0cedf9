package import Harness
package import Kernel
import OAuthCore
import Scenario

/// One page without a script and without a link to anywhere: every scenario with its steps, its failures, its diagram,
/// its tokens taken apart and its states.
package enum HTMLReport {
    package static func render(_ results: [ScenarioResult], run: JSONObject) -> String {
        let title = TextReport.summary(results).markup
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
            .held{color:#1a7f37}.failed,.error{color:#cf222e}.skipped{color:#9a6700}.scroll{overflow:auto}
            b.v{display:inline-block;width:5em}
            </style></head><body>
            <h1>\(title)</h1>

            """
        let facts = run.members.map { "\($0.name) \($0.value.string ?? $0.value.text)" }.joined(separator: " · ")
        page += "<p>\(facts.markup)</p>\n"
        // What needs a person comes first.
        let seeds = ScenarioResult.haveSeeds(results)
        let order: [ScenarioResult.Verdict] = [.failed, .error, .skipped, .held]
        for verdict in order {
            for result in results where result.verdict == verdict { page += section(result, seeds) }
        }
        return "\(page)</body></html>\n"
    }

    private static func section(_ result: ScenarioResult, _ seeds: Bool) -> String {
        let isOpen = result.verdict == .failed || result.verdict == .error ? " open" : ""
        var text =
            "<details\(isOpen)><summary><b class=\"v \(result.verdict.rawValue)\">\(result.verdict.rawValue)</b> "
        text += "\(result.file.scenario.markup) <code>\(result.name(amongSeeds: seeds).markup)</code></summary>\n"
        if let about = result.file.about { text += "<p>\(about.markup)</p>\n" }
        if let skip = result.file.skip { text += "<p>Skipped: \(skip.markup)</p>\n" }
        text += "<p>Rests on: \(result.file.spec.joined(separator: ", ").markup)</p>\n"
        for failure in result.failures { text += wide("Failure", "<pre>\(TextReport.render(failure).markup)</pre>") }
        if result.verdict != .held, result.verdict != .skipped {
            text += "<p>Repeat: <code>\(result.command.markup)</code></p>\n"
        }
        guard !result.journal.isEmpty else { return "\(text)</details>\n" }
        text += steps(result)
        text += part("Sequence and states", wide("Sequence and states", SVGReport.render(result)))
        text += tokens(result)
        text += part("Trace", wide("Trace", "<pre>\(result.trace.rendered.markup)</pre>"))
        return "\(text)</details>\n"
    }

    private static func part(_ title: String, _ body: String) -> String {
        "<details><summary>\(title)</summary>\(body)</details>\n"
    }

    /// What may be wider than the page. It scrolls by the keyboard too, and so it has a name.
    private static func wide(_ name: String, _ body: String) -> String {
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"\(name)\">\(body)</div>\n"
    }

    private static func steps(_ result: ScenarioResult) -> String {
        var rows = "<table><tr><th>step</th><th>where</th><th>world time</th><th>entries</th><th></th></tr>"
        for record in result.records {
            let indent = String(repeating: "&nbsp;&nbsp;", count: record.depth)
            let place = record.step.place.description.markup
            rows += "<tr><td>\(indent)\(record.title.markup)</td><td><code>\(place)</code></td>"
            rows += "<td>\(record.at.iso8601)</td><td>\(record.after + 1)–\(record.last)</td>"
            let verdict = record.held ? "held" : "failed"
            rows += "<td class=\"\(verdict)\">\(verdict)</td></tr>"
        }
        return part("\(result.records.count) steps", wide("Steps", "\(rows)</table>"))
    }

    /// Header and claims stand for the token itself, which nobody may read.
    private static func tokens(_ result: ScenarioResult) -> String {
        let rows = TokenLineage.table(of: result.journal)
        guard !rows.isEmpty else { return "" }
        var decoded: [String: String] = [:]
        let mask = SecretMask(result.journal, secrets: result.secrets)
        for entry in result.journal {
            guard case .token(.issued(let birth)) = entry.event, let token = DecodedToken(birth.value.exposed) else {
                continue
            }
            let text = "\(JSONValue.object(token.header).text)\n\(JSONValue.object(token.claims).pretty)"
            decoded[birth.id] = mask.text(text)
        }
        var table = "<table><tr><th>token</th><th>issuer</th><th>user</th><th>scopes</th><th>made from</th>"
        table += "<th>held by</th><th>seen by</th><th>expires</th><th>decoded</th></tr>"
        for row in rows {
            let cells = [
                "\(row.kind) \(row.id)\(row.isRevoked ? " (revoked)" : "")", row.issuer.rawValue, row.user ?? "",
                row.scopes.joined(separator: " "), row.parent ?? "", row.heldBy.joined(separator: ", "),
                row.seenBy.joined(separator: ", "), row.expires?.iso8601 ?? "",
            ]
            table += "<tr>\(cells.map { "<td>\($0.markup)</td>" }.joined())"
            let inner =
                decoded[row.id].map { "<details><summary>claims</summary><pre>\($0.markup)</pre></details>" } ?? ""
            table += "<td>\(inner)</td></tr>"
        }
        return part("\(rows.count) tokens", wide("Tokens", "\(table)</table>"))
    }
}
