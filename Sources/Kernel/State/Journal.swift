/// One thing that happened in a lab. Scenarios, reports and the console read these and nothing else.
package struct JournalEntry: Sendable, Hashable, Codable {
    /// Position from 1, without gaps.
    package let sequence: Int
    /// World time of the lab's clock (not a party's skewed one).
    package let at: Instant
    package let event: Event

    package init(sequence: Int, at: Instant, event: Event) {
        self.sequence = sequence
        self.at = at
        self.event = event
    }

    /// Indirect: entries are copied more often than read, and an exchange alone is a dozen references.
    package indirect enum Event: Sendable, Hashable, Codable {
        /// A request and what came of it.
        case exchange(Exchange)
        /// An answer that is a stream went on: one more event, after what stands in its exchange.
        case streamed(StreamedEvent)
        /// A state machine moved.
        case transition(Transition)
        /// An alarm rang.
        case alarm(Alarm)
        /// A fault took the place of an answer.
        case fault(name: String, party: Party)
        /// A token came to be, changed hands or died.
        case token(TokenEvent)
        /// A party refused something by a rule, or has something to say to the reader.
        case note(Note)
    }
}

extension [JournalEntry] {
    /// Where an entry stands in a journal, whose oldest ones may be gone; nil if it does not.
    package func place(of sequence: Int) -> Int? {
        guard let first, let last, sequence >= first.sequence, sequence <= last.sequence else { return nil }
        let place = sequence - first.sequence
        return place < count ? place : nil
    }
}

/// A request and its answer as the network saw them. A class, because a journal is walked more often than written and
/// a copy would be a dozen references.
package final class Exchange: Sendable, Hashable, Codable {
    package let from: Party
    package let to: Party
    /// Method, path and query as the receiver saw them: the path is relative to the party, so a served run and one in
    /// memory leave the same trace.
    package let request: Request
    package let outcome: Outcome

    package enum Outcome: Sendable, Hashable, Codable {
        case answered(Response)
        case failed(NetworkFailure)
    }

    package init(from: Party, to: Party, request: Request, outcome: Outcome) {
        self.from = from
        self.to = to
        self.request = request
        self.outcome = outcome
    }

    package static func == (left: Exchange, right: Exchange) -> Bool {
        left === right
            || left.from == right.from && left.to == right.to && left.request == right.request
                && left.outcome == right.outcome
    }
    package func hash(into hasher: inout Hasher) {
        hasher.combine(from)
        hasher.combine(to)
        hasher.combine(request)
        hasher.combine(outcome)
    }

    /// Status code, or nil when no answer came.
    package var status: Int? {
        if case .answered(let response) = outcome { response.status } else { nil }
    }
}

/// An event of a stream that its receiver took after the answer had begun.
package struct StreamedEvent: Sendable, Hashable, Codable {
    /// Who sends the stream.
    package let from: Party
    package let to: Party
    /// Path and query of the request that opened it.
    package let path: String
    package let event: ServerSentEvent
    package init(from: Party, to: Party, path: String, event: ServerSentEvent) {
        self.from = from
        self.to = to
        self.path = path
        self.event = event
    }
}

/// A step of a state machine: `target K7Q2M9XPLD` from `CREATING` to `READY` because of `crawl succeeded`.
package struct Transition: Sendable, Hashable, Codable {
    /// Kind and id: `target K7Q2M9XPLD`, `session urn:…`, `code 3f2a…`.
    package let subject: String
    /// nil where the subject came to be.
    package let from: String?
    package let to: String
    package let cause: String
    package init(subject: String, from: String?, to: String, cause: String) {
        self.subject = subject
        self.from = from
        self.to = to
        self.cause = cause
    }
}

/// A token's life, by its fingerprint; the value itself is kept only so that a leak can be found.
package enum TokenEvent: Sendable, Hashable, Codable {
    case issued(TokenBirth)
    /// A party keeps it: `vault`.
    case held(id: String, by: String)
    case revoked(id: String, cause: String)
}

/// A token as its issuer made it.
package struct TokenBirth: Sendable, Hashable, Codable {
    /// First twelve hexadecimal digits of FNV-1a over the value: a name, not a proof.
    package let id: String
    /// `access_token`, `refresh_token`, `id_token`, `authorization_code`, `workload_access_token`.
    package let kind: String
    package let issuer: Party
    package let user: String?
    package let scopes: [String]
    package let audience: [String]
    /// Id of what it was made from: the code behind an access token, the refresh token behind its successor.
    package let parent: String?
    package let expires: Instant?
    package let value: Secret

    package init(
        kind: String, issuer: Party, user: String?, scopes: [String] = [], audience: [String] = [],
        parent: String? = nil,
        expires: Instant?, value: Secret
    ) {
        id = tokenID(value.exposed)
        self.kind = kind
        self.issuer = issuer
        self.user = user
        self.scopes = scopes
        self.audience = audience
        self.parent = parent
        self.expires = expires
        self.value = value
    }
}

/// How a token is called in the journal.
package func tokenID(_ value: String) -> String {
    let hash = hash64(value)
    return String(unsafeUninitializedCapacity: 12) { target in
        for place in 0..<6 {
            Hex.write(UInt8(truncatingIfNeeded: hash >> UInt64(56 - 8 * place)), to: target, at: 2 * place)
        }
        return 12
    }
}

/// Something a party says to the reader of the journal, in plain words and without secrets.
package struct Note: Sendable, Hashable, Codable {
    package let party: Party
    /// Name of the rule that stopped something; nil for a remark.
    package let rule: String?
    package let text: String
    package init(party: Party, rule: Rule? = nil, _ text: String) {
        self.party = party
        self.rule = rule?.name
        self.text = text
    }
}
