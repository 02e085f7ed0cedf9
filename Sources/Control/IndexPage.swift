import HTTPTypes
import Harness
import Kernel

/// The page at the console's `/api`: what this port is, and every call it takes.
struct IndexPage {
    let lab: Lab

    /// No script, no frame, nothing from elsewhere.
    static let headers: HTTPFields = [
        .contentSecurityPolicy: "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
    ]

    var html: String {
        let calls = ControlOrigin.calls.map { call in
            let path = escaped(call.path)
            let isLink = call.method == .get && !call.path.contains("{")
            let shown = isLink ? "<a href=\"\(path)\">\(path)</a>" : path
            return "<tr><td>\(call.method.rawValue)</td><td>\(shown)</td><td>\(escaped(call.about))</td></tr>"
        }
        let origins = Party.served.map { party in
            "<tr><td>\(party)</td><td>\(escaped(lab.addresses.origin(of: party)))</td></tr>"
        }
        return """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><title>agentcore-local</title>
            <style>body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
            td{padding:.2rem 1rem .2rem 0;vertical-align:top;font-family:ui-monospace,monospace}</style></head>
            <body><h1>agentcore-local</h1>
            <p>Lab <b>\(escaped(lab.definition.name))</b>: \(escaped(lab.definition.about)).
            World time is \(lab.clock.now.iso8601).</p>
            <h2>Parties</h2><table>\(origins.joined(separator: "\n"))</table>
            <h2>Control API</h2><table>\(calls.joined(separator: "\n"))</table>
            </body></html>

            """
    }

    private func escaped(_ text: String) -> String {
        text.replacing("&", by: "&amp;").replacing("<", by: "&lt;").replacing(">", by: "&gt;")
            .replacing("\"", by: "&quot;")
    }
}
