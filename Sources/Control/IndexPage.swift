import HTTPTypes
import Harness
import Kernel

/// What the console's page at `/api` says: what this port is, and every call it takes. The console puts its frame
/// around it.
struct IndexPage {
    let lab: Lab

    var html: String {
        let calls = ControlOrigin.calls.map { call in
            let path = HTML.escape(call.path)
            let isLink = call.method == .get && !call.path.contains("{")
            let shown = isLink ? "<a href=\"\(path)\">\(path)</a>" : path
            return Self.row("\(call.method.rawValue) \(shown)", HTML.escape(call.about))
        }
        let origins = Party.served.map { Self.row("\($0)", HTML.escape(lab.addresses.origin(of: $0))) }
        return """
            <p>Lab <b>\(HTML.escape(lab.definition.name))</b>: \(HTML.escape(lab.definition.about)).</p>
            <h2>Parties</h2><table class="fields">\(origins.joined(separator: "\n"))</table>
            <h2>Calls</h2><table class="fields">\(calls.joined(separator: "\n"))</table>

            """
    }

    private static func row(_ head: String, _ text: String) -> String {
        "<tr><th scope=\"row\">\(head)</th><td>\(text)</td></tr>"
    }
}
