package import Kernel

/// A token with its parents and with everybody who held or saw it.
package struct TokenRow: Sendable, Hashable {
    package let id: String
    package let kind: String
    package let issuer: Party
    package let user: String?
    package let scopes: [String]
    package let audience: [String]
    package let parent: String?
    /// Who keeps it, such as `vault`.
    package internal(set) var heldBy: [String]
    /// Parties in whose requests or answers it stood, its issuer first; `logs` if a note shows it.
    package internal(set) var seenBy: [String]
    package let expires: Instant?
    package internal(set) var isRevoked: Bool

    /// As `/_local/tokens` answers.
    package var json: JSONValue {
        [
            "id": .string(id), "kind": .string(kind), "issuer": .string(issuer.rawValue),
            "user": user.map { .string($0) } ?? .null, "scopes": .strings(scopes), "audience": .strings(audience),
            "parent": parent.map { .string($0) } ?? .null, "heldBy": .strings(heldBy), "seenBy": .strings(seenBy),
            "expires": expires.map { .string($0.iso8601) } ?? .null, "revoked": .bool(isRevoked),
        ]
    }
}

/// Reads off the journal which tokens there were and where they went.
package enum TokenLineage {
    /// Every token, in the order of birth. A request shows a token to its receiver, an answer to whoever asked.
    package static func table(of entries: [JournalEntry]) -> [TokenRow] {
        var rows: [TokenRow] = []
        var places: [String: Int] = [:]
        for entry in entries {
            guard case .token(let event) = entry.event else { continue }
            switch event {
            case .issued(let birth) where places[birth.id] == nil:
                places[birth.id] = rows.count
                rows.append(row(birth))
            case .issued: break
            case .held(let id, let holder):
                if let place = places[id], !rows[place].heldBy.contains(holder) { rows[place].heldBy.append(holder) }
            case .revoked(let id, _): if let place = places[id] { rows[place].isRevoked = true }
            }
        }
        let scan = SecretScan(births(in: entries).map { ($0.value.exposed, $0.id) })
        guard !scan.isEmpty else { return rows }
        func see(_ ids: [String], _ viewers: [String]) {
            for id in ids {
                guard let place = places[id] else { continue }
                for viewer in viewers where !rows[place].seenBy.contains(viewer) { rows[place].seenBy.append(viewer) }
            }
        }
        for entry in entries { view(entry, scan, see) }
        return rows
    }

    static func births(in entries: [JournalEntry]) -> [TokenBirth] {
        entries.compactMap { entry in
            if case .token(.issued(let birth)) = entry.event { birth } else { nil }
        }
    }

    /// Who was shown which tokens.
    private static func view(
        _ entry: JournalEntry, _ scan: SecretScan, _ see: (_ ids: [String], _ by: [String]) -> Void
    ) {
        switch entry.event {
        case .exchange(let exchange):
            let asked = scan.names(inRequestOf: exchange)
            if !asked.isEmpty { see(asked, [exchange.to.rawValue, exchange.from.rawValue]) }
            let answered = scan.names(inAnswerOf: exchange)
            if !answered.isEmpty { see(answered, [exchange.from.rawValue]) }
        case .streamed(let stream): see(scan.names(in: stream.event.data ?? []), [stream.to.rawValue])
        case .note(let note): see(scan.names(in: note.text), ["logs"])
        default: break
        }
    }

    private static func row(_ birth: TokenBirth) -> TokenRow {
        TokenRow(
            id: birth.id, kind: birth.kind, issuer: birth.issuer, user: birth.user, scopes: birth.scopes,
            audience: birth.audience, parent: birth.parent, heldBy: [], seenBy: [birth.issuer.rawValue],
            expires: birth.expires, isRevoked: false)
    }
}
