package import Kernel

/// The life of an authorization code, RFC 6749 section 4.1.2: issued, redeemed once, dead after a second try.
package enum AuthorizationCodeMachine: StateMachine {
    /// What a code was issued for and may be redeemed with.
    package struct Binding: Hashable, Sendable, Codable {
        package var client: String
        /// The `redirect_uri` of the authorization request; nil if it had none and so the token request needs none.
        package var redirectURI: String?
        /// The S256 code challenge; nil if the request had none.
        package var challenge: String?
        package var expires: Instant
        package init(client: String, redirectURI: String?, challenge: String?, expires: Instant) {
            self.client = client
            self.redirectURI = redirectURI
            self.challenge = challenge
            self.expires = expires
        }
    }

    package enum State: Hashable, Sendable, Codable {
        case issued(Binding)
        case redeemed(Binding)
        case revoked

        /// For the journal.
        package var name: String {
            switch self {
            case .issued: "issued"
            case .redeemed: "redeemed"
            case .revoked: "revoked"
            }
        }
    }

    /// A token request that presents the code.
    package struct Redemption: Hashable, Sendable, Codable {
        package var client: String
        package var redirectURI: String?
        package var verifier: String?
        package var at: Instant
        package init(client: String, redirectURI: String?, verifier: String?, at: Instant) {
            self.client = client
            self.redirectURI = redirectURI
            self.verifier = verifier
            self.at = at
        }
    }

    package enum Event: Hashable, Sendable, Codable {
        case redeem(Redemption)
        /// The grant was withdrawn before the code was used.
        case revoke
    }

    package enum Effect: Hashable, Sendable {
        case issueTokens
        /// The code is burnt and nothing was issued.
        case refuse(OAuthError)
        /// RFC 6749 section 4.1.2: what was issued from this code must die too.
        case refuseAndRevoke(OAuthError)
    }

    package static func reduce(_ state: State, _ event: Event) throws(OAuthError) -> (State, [Effect]) {
        switch (state, event) {
        case (.issued(let binding), .redeem(let redemption)): return try redeem(binding, redemption)
        case (.redeemed(let binding), .redeem(let redemption)):
            guard redemption.client == binding.client else { throw foreign }
            return (.revoked, [.refuseAndRevoke(OAuthError(.invalidGrant, "The code was already used."))])
        case (.revoked, .redeem): throw OAuthError(.invalidGrant, "The code is no longer valid.")
        case (_, .revoke): return (.revoked, [])
        }
    }

    private static let foreign = OAuthError(.invalidGrant, "The code was issued to another client.")

    private static func redeem(
        _ binding: Binding, _ redemption: Redemption
    ) throws(OAuthError) -> (State, [Effect]) {
        guard redemption.client == binding.client else { throw foreign }
        guard redemption.at < binding.expires else { throw OAuthError(.invalidGrant, "The code expired.") }
        // RFC 6749 section 4.1.3: required and identical if the authorization request had one.
        if let redirectURI = binding.redirectURI, redirectURI != redemption.redirectURI {
            throw OAuthError(.invalidGrant, "redirect_uri differs from the authorization request.")
        }
        guard proves(redemption.verifier, binding.challenge) else {
            // Burnt, so that a thief cannot try verifiers.
            return (.revoked, [.refuse(OAuthError(.invalidGrant, "code_verifier does not match."))])
        }
        return (.redeemed(binding), [.issueTokens])
    }

    /// RFC 7636 section 4.6. A verifier without a challenge is a downgrade (RFC 9700 section 4.8.2).
    private static func proves(_ verifier: String?, _ challenge: String?) -> Bool {
        switch (verifier, challenge) {
        case (nil, nil): true
        case (let verifier?, let challenge?): PKCE.matches(verifier: verifier, challenge: challenge)
        default: false
        }
    }
}
