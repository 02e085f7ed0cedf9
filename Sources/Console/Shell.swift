import Harness
import Kernel

/// What every page has: the lab, its journal at this moment, and the frame around the page.
struct Shell: Sendable {
    let lab: Lab
    let journal: [JournalEntry]
    let mask: SecretMask
    let memory: ConsoleMemory
    let formSecret: String

    private static let places = [
        ("/", "Messages"), ("/tokens", "Tokens"), ("/lab", "Clock, faults, snapshots"), ("/compare", "Compare"),
        ("/api", "Control API"),
    ]

    /// A whole page. `title` is plain text, `body` markup.
    func page(title: String, at place: String = "", _ body: String) -> String {
        let links = Self.places.map { path, name in
            "<a href=\"\(path)\"\(path == place ? " aria-current=\"page\"" : "")>\(name)</a>"
        }.joined(separator: " ")
        let notice = memory.takeNotice().map { "<p class=\"notice\" role=\"status\">\(HTML.escape($0))</p>" } ?? ""
        return """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(HTML.escape(title)) – agentcore-local</title>
            <link rel="stylesheet" href="/console.css">
            <link rel="icon" href="data:,">
            <script src="/console.js" defer></script>
            </head>
            <body>
            <a class="skip" href="#main">To the content</a>
            <header>
            <strong>agentcore-local</strong> <span>lab \(HTML.escape(lab.definition.name))</span>
            <nav aria-label="Console">\(links)</nav>
            <p id="clock" data-live>World time <time>\(lab.clock.now.iso8601)</time></p>
            </header>
            <main id="main">
            <h1>\(HTML.escape(title))</h1>
            \(notice)
            \(body)
            </main>
            </body>
            </html>

            """
    }

    /// A form that counts: with its secret, posted to the console itself.
    func form(_ action: String, _ fields: String, class name: String = "") -> String {
        let style = name.isEmpty ? "" : " class=\"\(name)\""
        let fields = HTML.hidden("form", formSecret) + fields
        return "<form method=\"post\" action=\"\(HTML.escape(action))\"\(style)>\(fields)</form>"
    }

    func button(_ text: String, _ action: String) -> String {
        form(action, "<button>\(HTML.escape(text))</button>", class: "inline")
    }

    /// Ids and URNs by their beginning.
    static func short(_ text: String) -> String {
        text.split(separator: "/", omittingEmptySubsequences: false).map { part in
            part.split(separator: " ", omittingEmptySubsequences: false).map { word -> String in
                let bare = word.hasPrefix("urn:") ? word.split(separator: ":").last ?? word : word
                return bare.utf8.count > 34 ? "\(bare.prefix(12))…" : String(bare)
            }.joined(separator: " ")
        }.joined(separator: "/")
    }

    /// Text that may be wider than the page: it is reached by the keyboard, so it has a name.
    static func code(_ text: String, _ name: String) -> String {
        """
        <pre tabindex="0" role="region" aria-label="\(HTML.escape(name))"><code>\(HTML.escape(text))</code></pre>
        """
    }

    /// A choice among parties: those with an origin of their own, or others.
    static func partyChoice(_ name: String, _ label: String, of parties: [Party] = Party.served) -> String {
        let options = parties.filter { $0 != .console }.map { "<option>\($0.rawValue)</option>" }.joined()
        return "<label>\(label) <select name=\"\(name)\">\(options)</select></label>"
    }
}
