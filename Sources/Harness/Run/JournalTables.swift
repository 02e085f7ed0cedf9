import HTTPTypes
package import Kernel
package import SQLiteStore

/// A journal as rows for the tables of a record, without secrets.
package struct JournalTables {
    package let rows: [TableRow]
    /// How texts are told in them: what is compared with a text of theirs is told so too.
    package let mask: SecretMask

    package init(entries: [JournalEntry], secrets: [(value: String, name: String)] = []) {
        let mask = SecretMask(entries, secrets: secrets)
        var rows = entries.compactMap { Self.row($0, mask) }
        for token in TokenLineage.table(of: entries) {
            rows.append(
                TableRow(
                    "token",
                    [
                        ("id", .string(token.id)), ("kind", .string(token.kind)),
                        ("issuer", .string(token.issuer.rawValue)),
                        ("user", Self.text(token.user.map { mask.text($0) })),
                        ("scopes", .string(mask.text(token.scopes.joined(separator: " ")))),
                        ("audience", .string(mask.text(token.audience.joined(separator: " ")))),
                        ("parent", Self.text(token.parent)),
                        ("held_by", .string(token.heldBy.joined(separator: ", "))),
                        ("seen_by", .string(token.seenBy.joined(separator: ", "))),
                        ("expires", Self.text(token.expires?.iso8601)), ("revoked", .bool(token.isRevoked)),
                    ]))
        }
        self.rows = rows
        self.mask = mask
    }

    private static func text(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }

    private static func row(_ entry: JournalEntry, _ mask: SecretMask) -> TableRow? {
        let head: [(String, JSONValue)] = [
            ("seq", .int(Int64(entry.sequence))), ("at", .string(entry.at.iso8601)),
        ]
        switch entry.event {
        case .exchange(let exchange):
            return TableRow("exchange", head + columns(of: exchange, mask))
        case .transition(let move):
            let kind = move.subject.prefix { $0 != " " }
            return TableRow(
                "transition",
                head + [
                    ("subject", .string(mask.text(move.subject))), ("kind", .string(String(kind))),
                    ("from_state", text(move.from)), ("to_state", .string(move.to)),
                    ("cause", .string(mask.text(move.cause))),
                ])
        case .note(let note):
            return TableRow(
                "note",
                head + [
                    ("party", .string(note.party.rawValue)), ("rule", text(note.rule)),
                    ("text", .string(mask.text(note.text))),
                ])
        case .alarm(let alarm):
            return TableRow(
                "alarm",
                head + [("party", .string(alarm.party.rawValue)), ("label", .string(mask.text(alarm.label)))])
        case .fault(let name, let party):
            return TableRow("fault", head + [("name", .string(mask.text(name))), ("party", .string(party.rawValue))])
        case .streamed(let stream):
            let data = mask.body(stream.event.data ?? [], mediaType: "application/json")
            return TableRow(
                "streamed",
                head + [
                    ("sender", .string(stream.from.rawValue)), ("receiver", .string(stream.to.rawValue)),
                    ("data", .string(data)),
                ])
        case .token: return nil
        }
    }

    private static func columns(of exchange: Exchange, _ mask: SecretMask) -> [(String, JSONValue)] {
        let request = exchange.request
        var answer = ""
        var failure: JSONValue = .null
        switch exchange.outcome {
        case .answered(let response):
            answer = mask.body(response.body, mediaType: response.mediaType)
        case .failed(let reason): failure = .string(reason.reason.rawValue)
        }
        let target = mask.target(request)
        let query = target.utf8.firstIndex(of: UInt8(ascii: "?")).map { target[target.utf8.index(after: $0)...] }
        return [
            ("sender", .string(exchange.from.rawValue)), ("receiver", .string(exchange.to.rawValue)),
            ("method", .string(request.method.rawValue)), ("path", .string(mask.text(request.path))),
            ("query", .string(String(query ?? ""))),
            ("status", exchange.status.map { .int(Int64($0)) } ?? .null), ("failure", failure),
            ("request", .string(mask.body(request.body, mediaType: request.mediaType))),
            ("response", .string(answer)),
        ]
    }
}
