import HTTPTypes
package import Kernel

/// The journal as text, without secrets: same files and seed, same bytes.
package struct TraceText: Sendable {
    private let entries: [JournalEntry]
    private let mask: SecretMask
    /// What is shown of a body in a failure.
    private static let longestBody = 1500

    package init(_ entries: [JournalEntry], secrets: [(value: String, name: String)] = []) {
        self.entries = entries
        mask = SecretMask(entries, secrets: secrets)
    }

    /// Every entry on a line of its own; bodies below their exchange.
    package var rendered: String {
        let start = entries.first?.at ?? Instant(milliseconds: 0)
        return entries.map { entry in
            let seconds = (entry.at - start).milliseconds
            return "\(entry.sequence) +\(seconds)ms \(line(entry.event))\n"
        }.joined()
    }

    private func line(_ event: JournalEntry.Event) -> String {
        switch event {
        case .exchange(let exchange):
            let request = mask.body(exchange.request.body, mediaType: exchange.request.mediaType)
            let answer = answerBody(exchange)
            let sent = request.isEmpty ? "" : "\n    > \(oneLine(request))"
            let got = answer.isEmpty ? "" : "\n    < \(oneLine(answer))"
            return "\(short(exchange))\(sent)\(got)"
        case .streamed(let stream):
            let data = mask.body(stream.event.data ?? [], mediaType: "application/json")
            return "\(stream.from) ~> \(stream.to) \(oneLine(data))"
        case .transition(let move):
            return "\(mask.text(move.subject)): \(move.from ?? "-") -> \(move.to) (\(mask.text(move.cause)))"
        case .alarm(let alarm): return "alarm for \(alarm.party): \(mask.text(alarm.label))"
        case .fault(let name, let party): return "fault \(mask.text(name)) at \(party)"
        case .token(.issued(let birth)):
            let user = birth.user.map { " for \(mask.text($0))" } ?? ""
            return "\(birth.issuer) issues \(birth.kind) \(birth.id)\(user)"
        case .token(.held(let id, let holder)): return "\(holder) keeps \(id)"
        case .token(.revoked(let id, let cause)): return "\(id) is revoked: \(mask.text(cause))"
        case .note(let note): return "\(note.party)\(note.rule.map { " by \($0)" } ?? ""): \(mask.text(note.text))"
        }
    }

    /// `alice's browser -> github GET /login/oauth/authorize?… 302`
    package func short(_ exchange: Exchange) -> String {
        let request = exchange.request
        var line = "\(exchange.from) -> \(exchange.to) \(request.method.rawValue) \(mask.target(request))"
        switch exchange.outcome {
        case .answered(let response):
            line += " \(response.status)"
            if let location = response.header(.location) { line += " to \(mask.field(.location, location))" }
        case .failed(let failure): line += " \(failure.reason.rawValue)"
        }
        return line
    }

    /// An exchange with what helps to understand it, for a person.
    package func long(_ exchange: Exchange) -> String {
        var lines = [short(exchange)]
        let request = mask.body(exchange.request.body, mediaType: exchange.request.mediaType)
        if !request.isEmpty { lines.append("> \(cut(oneLine(request)))") }
        if case .answered(let response) = exchange.outcome {
            if let type = response.header(fieldName("x-amzn-errortype")) { lines.append("< x-amzn-errortype: \(type)") }
            if let challenge = response.header(.wwwAuthenticate) { lines.append("< www-authenticate: \(challenge)") }
        }
        let answer = answerBody(exchange)
        if !answer.isEmpty { lines.append("< \(cut(oneLine(answer)))") }
        return lines.joined(separator: "\n")
    }

    private func answerBody(_ exchange: Exchange) -> String {
        guard case .answered(let response) = exchange.outcome else { return "" }
        let type = response.header(.contentType)?.prefix { $0 != ";" }
        return mask.body(response.body, mediaType: type.map(String.init))
    }

    private func oneLine(_ text: String) -> String {
        text.replacing("\r", by: "").replacing("\n", by: "\\n")
    }

    private func cut(_ text: String) -> String {
        text.count <= Self.longestBody ? text : "\(text.prefix(Self.longestBody))…"
    }
}
