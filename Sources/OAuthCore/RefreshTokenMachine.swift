package import Kernel

/// The life of a family of refresh tokens: each use retires one and makes the next (RFC 9700 section 4.14.2).
///
/// Tokens are known here by their generation; which value is which generation is the record's to know.
package enum RefreshTokenMachine: StateMachine {
    package struct Family: Hashable, Sendable, Codable {
        package var client: String
        package var scope: ScopeSet
        /// Number of the one token that is good, from 1.
        package var generation: Int
        package var expires: Instant
        /// Whether an old token kills the family; GitHub only refuses it.
        package var reuseRevokes: Bool
        package init(client: String, scope: ScopeSet, generation: Int = 1, expires: Instant, reuseRevokes: Bool = true)
        {
            self.client = client
            self.scope = scope
            self.generation = generation
            self.expires = expires
            self.reuseRevokes = reuseRevokes
        }
    }

    package enum State: Hashable, Sendable, Codable {
        case active(Family)
        case revoked

        /// For the journal.
        package var name: String {
            switch self {
            case .active(let family): "generation \(family.generation)"
            case .revoked: "revoked"
            }
        }
    }

    /// A token request that presents one token of the family.
    package struct Presentation: Hashable, Sendable, Codable {
        package var client: String
        package var generation: Int
        /// What was asked for; nil for all that was granted.
        package var scope: ScopeSet?
        package var at: Instant
        package init(client: String, generation: Int, scope: ScopeSet? = nil, at: Instant) {
            self.client = client
            self.generation = generation
            self.scope = scope
            self.at = at
        }
    }

    package enum Event: Hashable, Sendable, Codable {
        case present(Presentation)
        case revoke
    }

    package enum Effect: Hashable, Sendable {
        /// An access token with these scopes, and the refresh token of this generation.
        case issueTokens(ScopeSet, generation: Int)
        /// The whole family and what came of it must die.
        case refuseAndRevoke(OAuthError)
    }

    package static func reduce(_ state: State, _ event: Event) throws(OAuthError) -> (State, [Effect]) {
        switch (state, event) {
        case (.active(let family), .present(let presentation)): return try present(family, presentation)
        case (.revoked, .present): throw OAuthError(.invalidGrant, "The refresh token is no longer valid.")
        case (_, .revoke): return (.revoked, [])
        }
    }

    private static func present(
        _ family: Family, _ presentation: Presentation
    ) throws(OAuthError) -> (State, [Effect]) {
        guard presentation.client == family.client else {
            throw OAuthError(.invalidGrant, "The refresh token was issued to another client.")
        }
        guard presentation.generation == family.generation else {
            let refusal = OAuthError(.invalidGrant, "The refresh token was already used.")
            guard family.reuseRevokes else { throw refusal }
            return (.revoked, [.refuseAndRevoke(refusal)])
        }
        guard presentation.at < family.expires else { throw OAuthError(.invalidGrant, "The refresh token expired.") }
        let scope = presentation.scope ?? family.scope
        // RFC 6749 section 6: never more than was granted.
        guard scope.isSubset(of: family.scope) else {
            throw OAuthError(.invalidScope, "The scope is wider than what was granted.")
        }
        var next = family
        // Nobody lives long enough to overflow it, but a forged state must not trap.
        next.generation = family.generation &+ 1
        return (.active(next), [.issueTokens(scope, generation: next.generation)])
    }
}
