import HTTPTypes
import Harness
import Kernel
import OAuthCore

/// One message with its answer: headers, bodies, decoded tokens, and the same as a curl command.
struct ExchangePage {
    private let shell: Shell
    private let entry: JournalEntry
    /// Where it stands in the journal.
    private let place: Int
    private let exchange: Exchange
    private let isRevealed: Bool

    /// nil for a number that is no message's.
    init?(_ shell: Shell, _ sequence: Int, isRevealed: Bool) {
        guard let place = shell.journal.place(of: sequence), case .exchange(let exchange) = shell.journal[place].event
        else { return nil }
        self.shell = shell
        self.entry = shell.journal[place]
        self.place = place
        self.exchange = exchange
        self.isRevealed = isRevealed
    }

    var html: String {
        let title = "Message \(entry.sequence): \(exchange.from) to \(exchange.to)"
        let reveal =
            isRevealed
            ? "<p class=\"notice\" role=\"status\">Secrets are shown. <a href=\"\(path)\">Hide them</a></p>"
            : shell.form(path, "<button>Reveal secrets</button>", class: "inline")
        return shell.page(
            title: title,
            """
            <p>At <time>\(entry.at.iso8601)</time>. \(neighbours)</p>
            <div class="row">\(reveal)\(fork)</div>
            <h2>Request</h2>
            <p class="line"><b>\(exchange.request.method)</b> <code>\(HTML.escape(target))</code></p>
            \(fields(exchange.request.head.headerFields))
            \(body(exchange.request.body, exchange.request.mediaType, "Body of the request"))
            \(answer)
            \(tokens)
            <h2>As a command</h2>
            \(Shell.code(curl, "As a command"))
            """)
    }

    private var path: String { "/exchanges/\(entry.sequence)" }

    private var target: String {
        isRevealed ? exchange.request.head.path ?? "/" : shell.mask.target(exchange.request)
    }

    private func value(_ field: HTTPField) -> String {
        isRevealed ? field.value : shell.mask.field(field.name, field.value)
    }

    private func shown(_ bytes: [UInt8], _ type: String?) -> String {
        if isRevealed {
            if let json = try? JSONValue(parsing: bytes) { return json.pretty }
            return String(decoding: bytes, as: UTF8.self)
        }
        let text = shell.mask.body(bytes, mediaType: type)
        return (try? JSONValue(parsing: Array(text.utf8)))?.pretty ?? text
    }

    private var neighbours: String {
        let exchanges = { (entry: JournalEntry) in if case .exchange = entry.event { true } else { false } }
        let last = shell.journal[..<place].last(where: exchanges)
        let next = shell.journal[(place + 1)...].first(where: exchanges)
        let back = last.map { "<a rel=\"prev\" href=\"/exchanges/\($0.sequence)\">Message before</a>" } ?? ""
        let on = next.map { "<a rel=\"next\" href=\"/exchanges/\($0.sequence)\">Message after</a>" } ?? ""
        return "\(back) \(on)"
    }

    private var fork: String {
        guard shell.memory.moment(before: entry.sequence, in: shell.journal) != nil else { return "" }
        return shell.button("Fork: go back to before this", "/fork/\(entry.sequence)")
    }

    private var answer: String {
        switch exchange.outcome {
        case .failed(let failure):
            "<h2>No answer</h2><p class=\"bad\">\(HTML.escape(failure.reason.rawValue))</p>"
        case .answered(let response):
            """
            <h2>Answer</h2>
            <p class="line"><b class="\(response.status < 400 ? "good" : "bad")">\(response.status)</b></p>
            \(fields(response.head.headerFields))
            \(body(response.body, Self.type(of: response), "Body of the answer"))
            """
        }
    }

    private static func type(of response: Response) -> String? {
        response.head.headerFields[.contentType].map { trimmed($0.prefix { $0 != ";" }).lowercased() }
    }

    private func fields(_ fields: HTTPFields) -> String {
        guard !fields.isEmpty else { return "" }
        let rows = fields.map { field in
            "<tr><th scope=\"row\">\(HTML.escape(field.name.rawName))</th><td>\(HTML.escape(value(field)))</td></tr>"
        }.joined()
        return "<table class=\"fields\"><caption>Headers</caption>\(rows)</table>"
    }

    private func body(_ bytes: [UInt8], _ type: String?, _ name: String) -> String {
        bytes.isEmpty ? "" : Shell.code(shown(bytes, type), name)
    }

    /// JWTs that stand in the message, with what they say.
    private var tokens: String {
        var texts = exchange.request.head.headerFields.map(\.value) + [exchange.request.head.path ?? ""]
        texts.append(String(decoding: exchange.request.body, as: UTF8.self))
        if case .answered(let response) = exchange.outcome {
            texts += response.head.headerFields.map(\.value) + [String(decoding: response.body, as: UTF8.self)]
        }
        var found: [String] = []
        for text in texts {
            for word in text.split(whereSeparator: { !Self.isTokenLetter($0) }) where word.hasPrefix("eyJ") {
                let word = String(word)
                if !found.contains(word), DecodedToken(word) != nil { found.append(word) }
            }
        }
        let parts = found.map { word -> String in
            guard let token = DecodedToken(word) else { return "" }
            let shown = JSONValue.object(["header": .object(token.header), "claims": .object(token.claims)]).pretty
            return """
                <details open><summary>JWT \(tokenID(word))\(life(token))</summary>
                \(Shell.code(shell.mask.text(shown), "JWT \(tokenID(word))"))</details>
                """
        }
        return parts.isEmpty ? "" : "<h2>Tokens in it</h2>\n\(parts.joined(separator: "\n"))"
    }

    private func life(_ token: DecodedToken) -> String {
        guard let end = Instant(numericDate: token.claims["exp"]) else { return "" }
        let left = end.seconds - shell.lab.clock.now.seconds
        return left > 0 ? ", good for \(left) s more" : ", expired \(-left) s ago"
    }

    private static func isTokenLetter(_ letter: Character) -> Bool {
        letter.isASCII && (letter.isLetter || letter.isNumber || letter == "-" || letter == "_" || letter == ".")
    }

    private var curl: String {
        let origin = shell.lab.addresses.origin(of: exchange.to)
        var words = ["curl -i"]
        if exchange.request.method != .get { words.append("-X \(exchange.request.method)") }
        words.append(Self.quoted("\(origin)\(target)"))
        for field in exchange.request.head.headerFields where field.name != .contentLength {
            words.append("-H \(Self.quoted("\(field.name.rawName): \(value(field))"))")
        }
        if !exchange.request.content.isEmpty {
            let text =
                isRevealed
                ? String(decoding: exchange.request.body, as: UTF8.self)
                : shell.mask.body(exchange.request.body, mediaType: exchange.request.mediaType)
            words.append("--data-raw \(Self.quoted(text))")
        }
        return words.joined(separator: " \\\n  ")
    }

    private static func quoted(_ text: String) -> String { "'\(text.replacing("'", by: "'\\''"))'" }
}
