import Kernel
import OAuthCore

/// What a grant decided inside its transaction, to be signed after it.
struct Mint: Sendable {
    let client: String
    let scope: ScopeSet
    /// nil where a client acts for itself.
    let grant: GrantRecord?
    let refreshToken: RefreshToken?
    /// Journal name of what the tokens were made from.
    let parent: String?
    var isRefresh = false
    let now: Instant

    struct RefreshToken: Sendable {
        let value: String
        let expires: Instant
    }
}

extension InboundProvider {
    /// RFC 6749 section 4.1.3.
    func redeemCode(_ asked: TokenRequest) async throws -> JSONValue {
        guard let code = asked.form.present("code") else { throw OAuthError(.invalidRequest, "code is missing.") }
        let refreshToken = world.entropy.text(64, from: .base64URL, for: "idp-refresh")
        let outcome = try world.store.write { transaction in
            try redeem(code, asked, refreshToken, in: &transaction)
        }
        return try await mint(outcome.get())
    }

    private func redeem(
        _ code: String, _ asked: TokenRequest, _ refreshToken: String, in transaction: inout Transaction
    ) throws -> Result<Mint, OAuthError> {
        guard var record = transaction.find(CodeRecord.self, .init(code)),
            var grant = transaction.find(GrantRecord.self, record.grant)
        else { throw OAuthError(.invalidGrant, "The code is not known.") }
        let before = record.state
        let (state, redemption) = weakened(before, redemption(asked))
        let (next, effects) = try AuthorizationCodeMachine.reduce(state, .redeem(redemption))
        record.state = next
        let refreshes = asked.client.grantTypes.contains("refresh_token")
        if case .issueTokens? = effects.first {
            grant.until = end(asked, refreshes: refreshes)
            grant.isUsed = true
            record.until = grant.until
        }
        transaction.save(passing: record, at: asked.now)
        if next.name != before.name {
            journal(
                "code \(grant.codeID)", from: before.name, to: next.name, cause: "redeemed by \(asked.client.id)",
                asked.now, &transaction)
        }
        switch effects.first {
        case .issueTokens:
            // With the single-use rule off a family may be there already.
            let family = RefreshTokenMachine.Family(
                client: asked.client.id, scope: grant.scope, expires: asked.now + profile.lifetimes.refreshToken)
            if refreshes {
                grant.refresh = .active(family)
                let fresh = RefreshRecord(
                    id: .init(refreshToken), grant: grant.id, generation: 1, until: grant.until)
                transaction.save(passing: fresh, at: asked.now)
                journal(
                    "grant \(grant.id)", from: nil, to: "generation 1", cause: "code redeemed", asked.now, &transaction)
            }
            transaction.save(passing: grant, at: asked.now)
            return .success(
                Mint(
                    client: asked.client.id, scope: grant.scope, grant: grant,
                    refreshToken: refreshes ? .init(value: refreshToken, expires: family.expires) : nil,
                    parent: grant.codeID, now: asked.now))
        case .refuse(let error):
            world.note(
                "A code came with the wrong verifier and is burnt.", rule: .inboundCodeProof, in: &transaction)
            return .failure(error)
        case .refuseAndRevoke(let error):
            world.note(
                "A code came a second time; its tokens are revoked.", rule: .inboundCodeSingleUse, in: &transaction)
            revoke(grant, cause: "code replayed", asked.now, &transaction)
            return .failure(error)
        case nil: throw OAuthError(.serverError)
        }
    }

    /// When the last token ends that can come of a code that is redeemed now.
    private func end(_ asked: TokenRequest, refreshes: Bool) -> Instant {
        accessEnd(refreshes ? asked.now + profile.lifetimes.refreshToken : asked.now)
    }

    private func redemption(_ asked: TokenRequest) -> AuthorizationCodeMachine.Redemption {
        AuthorizationCodeMachine.Redemption(
            client: asked.client.id, redirectURI: asked.form.present("redirect_uri"),
            verifier: asked.form.present("code_verifier"), at: asked.now)
    }

    /// What the machine sees while one of the code's rules is off; with both on, what there is.
    private func weakened(
        _ state: AuthorizationCodeMachine.State, _ redemption: AuthorizationCodeMachine.Redemption
    ) -> (AuthorizationCodeMachine.State, AuthorizationCodeMachine.Redemption) {
        var (state, redemption) = (state, redemption)
        if case .redeemed(let binding) = state, !world.switches.holds(.inboundCodeSingleUse) {
            state = .issued(binding)
        }
        if case .issued(var binding) = state, !world.switches.holds(.inboundCodeProof) {
            binding.challenge = nil
            redemption.verifier = nil
            state = .issued(binding)
        }
        return (state, redemption)
    }

    /// RFC 6749 section 6, with the rotation of RFC 9700 section 4.14.2.
    func refresh(_ asked: TokenRequest) async throws -> JSONValue {
        guard let token = asked.form.present("refresh_token") else {
            throw OAuthError(.invalidRequest, "refresh_token is missing.")
        }
        let successor = world.entropy.text(64, from: .base64URL, for: "idp-refresh")
        let outcome = try world.store.write { transaction in
            try rotate(token, asked, successor, in: &transaction)
        }
        return try await mint(outcome.get())
    }

    private func rotate(
        _ token: String, _ asked: TokenRequest, _ successor: String, in transaction: inout Transaction
    ) throws -> Result<Mint, OAuthError> {
        guard let record = transaction.find(RefreshRecord.self, .init(token)),
            var grant = transaction.find(GrantRecord.self, record.grant), let state = grant.refresh
        else { throw OAuthError(.invalidGrant, "The refresh token is not known.") }
        var generation = record.generation
        if case .active(let family) = state, !world.switches.holds(.inboundRefreshRotation) {
            generation = family.generation
        }
        let scope = asked.form.scopes("scope")
        let presentation = RefreshTokenMachine.Presentation(
            client: asked.client.id, generation: generation, scope: scope, at: asked.now)
        let (next, effects) = try RefreshTokenMachine.reduce(state, .present(presentation))
        switch effects.first {
        case .issueTokens(let scope, let generation):
            guard case .active(let family) = next else { throw OAuthError(.serverError) }
            grant.refresh = next
            transaction.save(grant)
            let fresh = RefreshRecord(
                id: .init(successor), grant: grant.id, generation: generation, until: record.until)
            transaction.save(passing: fresh, at: asked.now)
            journal("grant \(grant.id)", from: state.name, to: next.name, cause: "refreshed", asked.now, &transaction)
            return .success(
                Mint(
                    client: asked.client.id, scope: scope, grant: grant,
                    refreshToken: .init(value: successor, expires: family.expires),
                    parent: tokenID(token), isRefresh: true, now: asked.now))
        case .refuseAndRevoke(let error):
            world.note(
                "A used refresh token came again; its family is revoked.", rule: .inboundRefreshRotation,
                in: &transaction)
            revoke(grant, cause: "refresh token reused", asked.now, &transaction)
            return .failure(error)
        case nil: throw OAuthError(.serverError)
        }
    }

    /// What was asked for if the client may have it; all of its scopes if nothing was.
    func allowedScope(_ sent: ScopeSet?, of client: InboundProfile.Client) throws(OAuthError) -> ScopeSet {
        let scope = sent ?? client.scopes
        guard scope.names.allSatisfy(ScopeSet.isLegal), scope.isSubset(of: client.scopes) else {
            throw OAuthError(.invalidScope, "The scope is not allowed for this client.")
        }
        return scope
    }

    /// RFC 6749 section 4.4: for confidential clients, and without refresh token.
    func clientCredentials(_ asked: TokenRequest) async throws -> JSONValue {
        guard !asked.client.isPublic else {
            throw OAuthError(.unauthorizedClient, "A public client cannot act for itself.")
        }
        let sent = asked.form.scopes("scope")
        // `Q30`: a provider without a default scope gives none to who names none.
        guard sent != nil || asked.client.hasDefaultScope else {
            throw OAuthError(.invalidScope, "The scope is missing, and there is no default one.")
        }
        let scope = try allowedScope(sent, of: asked.client)
        return try await mint(
            Mint(
                client: asked.client.id, scope: scope, grant: nil, refreshToken: nil, parent: nil, now: asked.now))
    }
}
