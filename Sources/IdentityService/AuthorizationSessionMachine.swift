import Kernel

/// The life of a consent session, from the URL a person is sent to until the token lies in the vault.
package enum AuthorizationSessionMachine: StateMachine {
    package enum State: String, Hashable, Sendable, Codable, CaseIterable {
        /// The URL is out, nobody has opened it.
        case issued = "ISSUED"
        /// The browser was sent to the provider.
        case atProvider = "AT_PROVIDER"
        /// The provider's code is here and waits for somebody to say whose session it is.
        case codeReceived = "CODE_RECEIVED"
        /// Completed; the token lies in the vault.
        case bound = "BOUND"
        /// Denied, lapsed, or the exchange failed.
        case failed = "FAILED"
        /// A newer session took its place.
        case superseded = "SUPERSEDED"

        /// Still waits for something.
        package var isPending: Bool { self == .issued || self == .atProvider || self == .codeReceived }
    }

    package enum Event: Hashable, Sendable, Codable {
        /// A browser opened the authorization URL.
        case opened
        /// The provider sent the browser back with a code.
        case codeReturned
        /// The provider sent the browser back with an error, or what came cannot be trusted.
        case refused(reason: String)
        /// The right user completed it and the provider gave a token.
        case completed
        /// The provider gave no token for the code.
        case exchangeFailed(reason: String)
        case lapsed
        case superseded
    }

    package enum Effect: Hashable, Sendable {
        /// The token goes into the vault, and whoever waits for the session is told.
        case settle
        /// Code and verifier are of no use any more; whoever waits for the session is told why.
        case abandon(reason: String)
    }

    /// The event means nothing in this state.
    package struct Rejection: Error, Hashable {
        package let state: State
    }

    package static func reduce(_ state: State, _ event: Event) throws(Rejection) -> (State, [Effect]) {
        switch (state, event) {
        // That a URL, a state and a session serve once is a rule, decided before this is asked; a repeated event lands
        // where the first one did.
        case (.issued, .opened), (.atProvider, .opened): return (.atProvider, [])
        case (.atProvider, .codeReturned), (.codeReceived, .codeReturned): return (.codeReceived, [])
        case (.codeReceived, .completed), (.bound, .completed): return (.bound, [.settle])
        case (.atProvider, .refused(let reason)), (.codeReceived, .refused(let reason)),
            (.codeReceived, .exchangeFailed(let reason)):
            return (.failed, [.abandon(reason: reason)])
        // Whoever waits counts the time too: a target has its own alarm for that (ledger `U4`).
        case (_, .lapsed) where state.isPending: return (.failed, [])
        case (_, .superseded) where state.isPending:
            return (.superseded, [.abandon(reason: "A newer authorization session took its place.")])
        default: throw Rejection(state: state)
        }
    }
}

extension AuthorizationSessionMachine.Event {
    /// What a journal says moved the session.
    var cause: String {
        switch self {
        case .opened: "authorization URL opened"
        case .codeReturned: "code received"
        case .refused(let reason), .exchangeFailed(let reason): reason
        case .completed: "CompleteResourceTokenAuth"
        case .lapsed: "lapsed"
        case .superseded: "newer session"
        }
    }
}
