import HTTPTypes
package import Kernel

/// The check that every run makes without being asked: secrets are canaries.
package enum LeakCheck {
    /// Tokens, codes, verifiers and client secrets that stand in a note or in the body of a refusal, and tokens of the
    /// authorization server that a user's program or the application came to see.
    ///
    /// `lineage` is the table of the same entries, if it was made already: where no outsider saw any token of the
    /// authorization server, nothing has to be read a second time to say where.
    package static func failures(in entries: [JournalEntry], lineage: [TokenRow]? = nil) -> [Failure] {
        let births = TokenLineage.births(in: entries)
        let mayStray = lineage?.contains {
            isOutbound($0.issuer, $0.kind) && $0.seenBy.contains { isOutsider(Party($0)) }
        }
        let outbound = SecretScan(
            mayStray == false ? [] : births.filter { isOutbound($0.issuer, $0.kind) }.map(named))
        // Most runs have no note and no refusal that could show anything else.
        let scan = SecretScan(
            entries.contains(where: isTelling) ? births.map(named) + sentSecrets(in: entries) : [])
        guard !scan.isEmpty || !outbound.isEmpty else { return [] }
        var found: [Failure] = []
        for entry in entries {
            for leak in leaks(in: entry, scan, outbound) {
                let failure = Failure(
                    nil, "a leak at entry \(entry.sequence)", expected: "secrets stay where they belong", actual: leak)
                if !found.contains(where: { $0.actual == failure.actual }) { found.append(failure) }
            }
        }
        return found
    }

    private static func named(_ birth: TokenBirth) -> (value: String, name: String) {
        (birth.value.exposed, "\(birth.kind) \(birth.id) of \(birth.issuer)")
    }

    private static func leaks(in entry: JournalEntry, _ scan: SecretScan, _ outbound: SecretScan) -> [String] {
        switch entry.event {
        case .note(let note): return scan.names(in: note.text).map { "a note of \(note.party) shows \($0)" }
        case .streamed(let stream):
            guard stream.from != .github, isOutsider(stream.to) else { return [] }
            return outbound.names(in: stream.event.data ?? []).map { "\(stream.from) gives \(stream.to) \($0)" }
        case .exchange(let exchange):
            var leaks: [String] = []
            if !scan.isEmpty, case .answered(let response) = exchange.outcome, response.status >= 400 {
                let names = scan.names(in: response.body)
                leaks += names.map { "the body of a \(response.status) of \(exchange.to) shows \($0)" }
            }
            // A program that asked the issuer itself may have the answer; what comes by another way may not.
            if exchange.to != .github {
                if isOutsider(exchange.from) {
                    leaks += outbound.names(inAnswerOf: exchange).map {
                        "\(exchange.to) gives \(exchange.from) \($0)"
                    }
                }
                if exchange.to == .app {
                    leaks += outbound.names(inRequestOf: exchange).map { "\(exchange.from) gives the app \($0)" }
                }
            }
            return leaks
        default: return []
        }
    }

    /// A note, or a refusal with a body.
    private static func isTelling(_ entry: JournalEntry) -> Bool {
        switch entry.event {
        case .note: return true
        case .exchange(let exchange):
            guard case .answered(let response) = exchange.outcome else { return false }
            return response.status >= 400 && !response.content.isEmpty
        default: return false
        }
    }

    private static func isOutbound(_ issuer: Party, _ kind: String) -> Bool {
        issuer == .github && kind != "authorization_code"
    }

    private static func isOutsider(_ party: Party) -> Bool {
        party == .app || party.rawValue == PartyName.attacker || party.rawValue.hasSuffix("'s browser")
            || party.rawValue.hasSuffix("'s MCP client")
    }

    /// Verifiers and secrets have no birth in the journal; they are known once somebody sent them.
    static func sentSecrets(in entries: [JournalEntry]) -> [(value: String, name: String)] {
        var found: [(String, String)] = []
        for entry in entries {
            guard case .exchange(let exchange) = entry.event,
                exchange.request.mediaType == Form.mediaType
            else { continue }
            let form = exchange.request.form
            if let verifier = form["code_verifier"] { found.append((verifier, "a code verifier")) }
            if let secret = form["client_secret"] { found.append((secret, "a client secret")) }
        }
        return found
    }
}
