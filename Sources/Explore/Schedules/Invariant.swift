/// What must hold however people, parties and chance behave.
package enum Invariant: String, Sendable, CaseIterable {
    /// A session is completed by the identity that began it.
    case completedByInitiator = "completed-by-initiator"
    /// A session is completed within ten minutes, or not at all (ledger `E60`).
    case completedInTime = "completed-in-time"
    /// A user's token leaves the vault only after that user completed a session.
    case tokenAfterCompletion = "token-after-completion"
    /// What leaves the vault for a user was issued to that user.
    case tokenOfItsUser = "token-of-its-user"
    /// RFC 6749 section 4.1.2: a code gives one access token.
    case oneRedemption = "one-redemption"
    /// Only the client that asked for a code redeems it: whoever merely saw it gets nothing (RFC 7636 section 1).
    case redeemedByItsClient = "redeemed-by-its-client"
    /// A target is READY only with tools that were given or read.
    case readyWithCatalogue = "ready-with-catalogue"
    /// States change along the edges of their machines.
    case legalEdges = "legal-edges"
    /// What the API says of a target or a gateway is what the journal says of it.
    case journalAndState = "journal-and-state"
    /// An expired token of a caller is served nothing.
    case callerStillValid = "caller-still-valid"
    /// Who may call is what the gateway's administrator said last (ledger `P63`).
    case callerLetIn = "caller-let-in"
    /// A gateway that was deleted serves nobody.
    case deletedServesNothing = "deleted-serves-nothing"
    /// A token that its user, its application or the vendor ended opens nothing (RFC 7009 section 2).
    case revokedServesNothing = "revoked-serves-nothing"
    /// What is forged, stale, used up or somebody else's is refused.
    case misuseRefused = "misuse-refused"
    /// A token or secret in a note or an error, or a provider's token in a user's hands.
    case noLeak = "no-leak"

    package var sentence: String {
        switch self {
        case .completedByInitiator: "a session is completed by the identity that began it"
        case .completedInTime: "a session is completed within ten minutes or not at all"
        case .tokenAfterCompletion: "a user's token leaves the vault only after that user completed a session"
        case .tokenOfItsUser: "a token that serves a user was issued to that user"
        case .oneRedemption: "a code gives one access token"
        case .redeemedByItsClient: "a code is redeemed by the client that asked for it"
        case .readyWithCatalogue: "a target is READY only with tools that were given or read"
        case .legalEdges: "states change along the edges of their machines"
        case .journalAndState: "the API and the journal agree about targets and gateways"
        case .callerStillValid: "an expired token is served nothing"
        case .callerLetIn: "a caller is served only while the gateway lets its client in"
        case .deletedServesNothing: "a gateway that was deleted serves nobody"
        case .revokedServesNothing: "a token that was revoked opens nothing"
        case .misuseRefused: "what is forged, stale, used up or somebody else's is refused"
        case .noLeak: "secrets stay where they belong"
        }
    }
}

/// An invariant that did not hold.
package struct Violation: Sendable, Hashable {
    package let invariant: Invariant
    /// Entry of the journal at which it shows; 0 for the whole.
    package let sequence: Int
    package let text: String
}
