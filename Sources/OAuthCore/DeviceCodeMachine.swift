package import Kernel

/// The life of a device code, RFC 8628 section 3: it waits for a user, is polled, and gives tokens once.
package enum DeviceCodeMachine: StateMachine {
    package struct Waiting: Hashable, Sendable, Codable {
        package var client: String
        package var expires: Instant
        /// Least time between two polls; each poll that comes too early adds five seconds for good (section 3.5).
        package var interval: Span
        package var lastPoll: Instant?
        package init(client: String, expires: Instant, interval: Span, lastPoll: Instant? = nil) {
            self.client = client
            self.expires = expires
            self.interval = interval
            self.lastPoll = lastPoll
        }
    }

    package enum State: Hashable, Sendable, Codable {
        case waiting(Waiting)
        case approved(Waiting, user: String)
        case denied
        case redeemed

        /// For the journal.
        package var name: String {
            switch self {
            case .waiting: "waiting"
            case .approved: "approved"
            case .denied: "denied"
            case .redeemed: "redeemed"
            }
        }
    }

    package enum Event: Hashable, Sendable, Codable {
        case poll(client: String, at: Instant)
        case approve(user: String, at: Instant)
        case deny(at: Instant)
        /// What was allowed is ended before the device had its tokens.
        case revoke
    }

    package enum Effect: Hashable, Sendable {
        case issueTokens(user: String)
        /// The poll is refused; a wait that grew is in the state.
        case refuse(Refusal)
    }

    package enum Refusal: Error, Hashable, Sendable {
        case pending
        case slowDown(interval: Span)
        case denied
        case expired
        /// Another client's, or used.
        case unknown
    }

    package static func reduce(_ state: State, _ event: Event) throws(Refusal) -> (State, [Effect]) {
        switch (state, event) {
        case (.waiting(let waiting), .poll(let client, let now)):
            guard client == waiting.client else { throw .unknown }
            guard now < waiting.expires else { throw .expired }
            return polled(waiting, at: now)
        case (.approved(let waiting, let user), .poll(let client, let now)):
            guard client == waiting.client else { throw .unknown }
            guard now < waiting.expires else { throw .expired }
            return (.redeemed, [.issueTokens(user: user)])
        case (.denied, .poll): throw .denied
        case (.redeemed, .poll): throw .unknown
        case (.waiting(let waiting), .approve(let user, let now)):
            guard now < waiting.expires else { throw .expired }
            return (.approved(waiting, user: user), [])
        case (.waiting(let waiting), .deny(let now)):
            guard now < waiting.expires else { throw .expired }
            return (.denied, [])
        case (.approved, .revoke): return (.denied, [])
        default: throw .unknown
        }
    }

    private static func polled(_ waiting: Waiting, at now: Instant) -> (State, [Effect]) {
        var next = waiting
        next.lastPoll = now
        if let last = waiting.lastPoll, now < last + waiting.interval {
            next.interval = Span(milliseconds: min(waiting.interval.milliseconds, 3_600_000) + 5000)
            return (.waiting(next), [.refuse(.slowDown(interval: next.interval))])
        }
        return (.waiting(next), [.refuse(.pending)])
    }
}
