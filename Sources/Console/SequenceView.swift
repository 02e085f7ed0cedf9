import Harness
import Kernel

/// The sequence diagram: one column for each party, one row for each message, as a list that can be read aloud.
struct SequenceView {
    let mask: SecretMask
    /// Columns, from left to right. Whoever is no party stands in the first one; parties without a port share one more,
    /// which is there where one of them speaks.
    private static let columns: [Party] = [.outside, .app, .gateway, .aws, .idp, .github, .mcp]

    func html(_ rows: [MessageRows.Row]) -> String {
        var names = Self.columns.map(\.rawValue)
        names[0] = "people"
        let inner = Party.inner.filter { party in rows.contains { Self.isMessage($0, of: party) } }
        if !inner.isEmpty { names.append(inner.map(\.rawValue).joined(separator: ", ")) }
        let head = names.enumerated().map { "<span class=\"c\($0 + 1)\">\($1)</span>" }.joined()
        let items = rows.map(item).joined(separator: "\n")
        return """
            <div class="diagram\(inner.isEmpty ? "" : " wide")">
            <div class="lanes" aria-hidden="true">\(head)</div>
            <ol class="sequence">
            \(items)
            </ol>
            </div>
            """
    }

    private static func isMessage(_ row: MessageRows.Row, of party: Party) -> Bool {
        guard case .message(_, let exchange, _, _) = row else { return false }
        return exchange.from == party || exchange.to == party
    }

    private static func column(of party: Party) -> Int {
        columns.firstIndex(of: party) ?? (Party.inner.contains(party) ? columns.count : 0)
    }

    private func item(_ row: MessageRows.Row) -> String {
        switch row {
        case .message(let entry, let exchange, _, let isWhole): message(entry, exchange, isWhole: isWhole)
        case .answer(_, let exchange, _): answer(exchange)
        case .other(let entry, _): other(entry)
        }
    }

    private func message(_ entry: JournalEntry, _ exchange: Exchange, isWhole: Bool) -> String {
        let target = mask.target(exchange.request)
        let path = target.prefix { $0 != "?" }
        let shown = HTML.escape(Shell.short(String(path)))
        let label = "<b>\(exchange.request.method)</b> <span class=\"path\">\(shown)</span>"
        let call = Self.call(exchange.request).map { " <i>\(HTML.escape($0))</i>" } ?? ""
        let (state, text) = Self.outcome(exchange)
        let answer = isWhole ? " <em class=\"\(state)\">\(text)</em>" : ""
        return """
            <li><time>\(Self.clock(entry.at))</time>\
            <a class="arrow \(Self.place(exchange, back: false))" \
            href="/exchanges/\(entry.sequence)" title="\(HTML.escape(target))"><span class="who">\
            \(HTML.escape(exchange.from.rawValue)) to \(HTML.escape(exchange.to.rawValue)): </span>\
            \(label)\(call)\(answer)</a></li>
            """
    }

    private func answer(_ exchange: Exchange) -> String {
        let (state, text) = Self.outcome(exchange)
        return """
            <li class="back"><span class="arrow \(Self.place(exchange, back: true))"><span class="who">\
            \(HTML.escape(exchange.to.rawValue)) answers \(HTML.escape(exchange.from.rawValue)): </span>\
            <em class="\(state)">\(text)</em></span></li>
            """
    }

    private func other(_ entry: JournalEntry) -> String {
        let (kind, text): (String, String)
        switch entry.event {
        case .transition(let move):
            let from = move.from.map { "\($0) → " } ?? ""
            (kind, text) = (
                "move", "\(Shell.short(mask.text(move.subject))): \(from)\(move.to) (\(mask.text(move.cause)))"
            )
        case .note(let note):
            (kind, text) = ("note", "\(note.party): \(mask.text(note.text))\(note.rule.map { " [\($0)]" } ?? "")")
        case .fault(let name, let party): (kind, text) = ("note", "fault \(name) strikes at \(party)")
        case .alarm(let alarm): (kind, text) = ("quiet", "\(alarm.party): \(mask.text(alarm.label))")
        case .token(.issued(let birth)):
            let user = birth.user.map { " for \(Shell.short($0))" } ?? ""
            (kind, text) = ("quiet", "\(birth.issuer) issues \(birth.kind.replacing("_", by: " ")) \(birth.id)\(user)")
        case .token(.held(let id, let holder)): (kind, text) = ("quiet", "\(holder) keeps \(id)")
        case .token(.revoked(let id, let cause)): (kind, text) = ("quiet", "\(id) is revoked (\(mask.text(cause)))")
        case .streamed(let stream): (kind, text) = ("quiet", "\(stream.from) sends an event to \(stream.to)")
        case .exchange: return ""
        }
        return "<li class=\"\(kind)\"><span class=\"text\">\(HTML.escape(text))</span></li>"
    }

    /// Classes that put an arrow between two columns: no style stands in a page.
    private static func place(_ exchange: Exchange, back: Bool) -> String {
        let (from, to) = (column(of: exchange.from), column(of: exchange.to))
        let direction = from == to ? "self" : (from < to) != back ? "right" : "left"
        return "c\(min(from, to) + 1) s\(max(abs(from - to), 1)) \(direction)"
    }

    /// Time of the day, as wide at a whole second as at every other moment.
    private static func clock(_ moment: Instant) -> String {
        let time = moment.iso8601.dropFirst(11).dropLast()
        return time.contains(".") ? String(time) : "\(time).000"
    }

    /// What a JSON-RPC request asks for: its path says nothing of it.
    static func call(_ request: Request) -> String? {
        guard let json = try? request.json(), json["jsonrpc"] != nil, let method = json["method"]?.string else {
            return nil
        }
        return json["params"]?["name"]?.string.map { "\(method) \($0)" } ?? method
    }

    static func outcome(_ exchange: Exchange) -> (state: String, text: String) {
        switch exchange.outcome {
        case .failed(let failure): ("bad", failure.reason.rawValue)
        case .answered(let response):
            (response.status < 400 ? "good" : "bad", "\(response.status)")
        }
    }
}
