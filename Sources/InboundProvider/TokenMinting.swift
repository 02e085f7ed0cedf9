import Kernel
import OAuthCore

extension InboundProvider {
    /// Signs what a grant decided and tells the journal. jwt-kit signs asynchronously, so this is after the commit: who
    /// redeemed first has won, whatever comes while it is signed. Tokens of a grant that was revoked meanwhile are born
    /// and revoked at once, as if they had been answered just before.
    func mint(_ mint: Mint) async throws -> JSONValue {
        let (access, accessID) = try await accessToken(mint)
        let user = mint.grant.flatMap { directory.user(named: $0.user) }
        var idToken: String?
        if let grant = mint.grant, let user, mint.scope.contains("openid") {
            idToken = try await self.idToken(mint, grant, user, accessToken: access)
        }
        try world.store.write { transaction in
            let grant = mint.grant.flatMap { transaction.find(GrantRecord.self, $0.id) }
            let isRevoked = mint.grant != nil && grant?.isRevoked != false
            transaction.save(
                passing: AccessRecord(
                    id: accessID, client: mint.client, grant: mint.grant?.id, tokenID: tokenID(access),
                    isRevoked: isRevoked, until: accessEnd(mint.now)), at: mint.now)
            let lifetimes = profile.lifetimes
            born("access_token", access, mint.now + lifetimes.accessToken, mint, &transaction)
            if let idToken {
                born("id_token", idToken, mint.now + lifetimes.idToken, mint, &transaction)
                if profile.tokens.user != nil, let grant = mint.grant {
                    let until = mint.now + lifetimes.idToken + Self.clockSkew
                    let known = IdentityRecord(id: .init(tokenID(idToken)), grant: grant.id, until: until)
                    transaction.save(passing: known, at: mint.now)
                }
            }
            if let token = mint.refreshToken {
                born("refresh_token", token.value, token.expires, mint, &transaction)
            }
            if isRevoked {
                let cause = "its grant was revoked while it was signed"
                transaction.append(.token(.revoked(id: tokenID(access), cause: cause)), at: mint.now)
            }
        }
        var body: JSONObject = ["access_token": .string(access), "token_type": "Bearer"]
        body.append("expires_in", .int(profile.lifetimes.accessToken.milliseconds / 1000))
        body["id_token"] = idToken.map { .string($0) }
        body["refresh_token"] = mint.refreshToken.map { .string($0.value) }
        body.append("scope", .string(mint.scope.spaceSeparated))
        return .object(body)
    }

    /// An access token with the claims of a Cognito user pool: `client_id` and no `aud`, no `typ` in its header.
    private func accessToken(_ mint: Mint) async throws -> (token: String, id: AccessRecord.ID) {
        let jti = world.entropy.uuid(for: "idp-jti")
        if let claims = profile.tokens.claims(forUser: mint.grant != nil, facts: facts(of: mint, jti)) {
            var all: JSONObject = ["iss": .string(issuer)]
            all.append("iat", .int(mint.now.seconds))
            all.append("exp", .int((mint.now + profile.lifetimes.accessToken).seconds))
            let token = try await signer.sign(all.merging(claims), type: profile.tokens.type)
            return (token, accessID(of: token, claims))
        }
        var claims = shared(mint, use: "access", jti: jti, life: profile.lifetimes.accessToken)
        claims.append("client_id", .string(mint.client))
        claims.append("scope", .string(mint.scope.spaceSeparated))
        claims.append("version", 2)
        if let grant = mint.grant {
            claims.append("username", .string(grant.user))
        }
        return (try await signer.sign(claims, type: nil), .init(jti))
    }

    private func facts(of mint: Mint, _ jti: String) -> JSONValue {
        let user = mint.grant.flatMap { directory.user(named: $0.user) }
        let subject = user?.subject ?? mint.client
        return facts(client: mint.client, mint.scope, jti, user, subject: .string(subject))
    }

    /// What the claims of a `TokenShape` may name.
    func facts(
        client: String, _ scope: ScopeSet, _ jti: String, _ user: UserDirectory.User?, subject: JSONValue
    ) -> JSONValue {
        var facts: JSONObject = [
            "client": .string(client), "scope": .string(scope.spaceSeparated), "scopes": .strings(scope.names),
            "jti": .string(jti), "issuer": .string(issuer), "subject": subject,
        ]
        if let user {
            let texts = [
                ("user", user.name), ("email", user.email), ("login", user.login), ("name", user.displayName),
            ]
            for (name, value) in texts { facts.append(name, .string(value)) }
        }
        return .object(facts)
    }

    /// OpenID Connect Core section 2.
    private func idToken(
        _ mint: Mint, _ grant: GrantRecord, _ user: UserDirectory.User, accessToken: String
    ) async throws -> String {
        let jti = world.entropy.uuid(for: "idp-jti")
        let hash = JSONValue.string(AccessTokenHash.of(accessToken, signedBy: signer.algorithm))
        let isShaped = profile.tokens.user != nil
        var claims =
            isShaped ? shapedIdentity(mint, grant, user, jti, hash) : poolIdentity(mint, user, jti, hash)
        claims.append("aud", .string(mint.client))
        // The nonce is for the answer to the question that sent it (OpenID Connect Core section 12.2).
        if !mint.isRefresh, let nonce = grant.nonce { claims.append("nonce", .string(nonce)) }
        return try await signer.sign(claims, type: isShaped ? profile.tokens.type : nil)
    }

    /// An ID token of a Cognito user pool (`cognito-id-token`).
    private func poolIdentity(
        _ mint: Mint, _ user: UserDirectory.User, _ jti: String, _ hash: JSONValue
    ) -> JSONObject {
        var claims = shared(mint, use: "id", jti: jti, life: profile.lifetimes.idToken)
        claims.append("cognito:username", .string(user.name))
        claims.append("at_hash", hash)
        if mint.scope.contains("email") {
            claims.append("email", .string(user.email))
            claims.append("email_verified", true)
        }
        if mint.scope.contains("profile") { claims.append("name", .string(user.displayName)) }
        return claims
    }

    /// One of another vendor's.
    private func shapedIdentity(
        _ mint: Mint, _ grant: GrantRecord, _ user: UserDirectory.User, _ jti: String, _ hash: JSONValue
    ) -> JSONObject {
        var facts = facts(client: mint.client, mint.scope, jti, user, subject: .string(user.subject)).object ?? [:]
        facts.append("accessTokenHash", hash)
        let claims: JSONObject = [
            "iss": .string(issuer), "iat": .int(mint.now.seconds),
            "exp": .int((mint.now + profile.lifetimes.idToken).seconds),
            "auth_time": .int(grant.authenticatedAt.seconds),
        ]
        return claims.merging(profile.tokens.identity(mint.scope.names, facts: .object(facts)))
    }

    private func shared(_ mint: Mint, use: String, jti: String, life: Span) -> JSONObject {
        let subject = mint.grant.flatMap { directory.user(named: $0.user)?.subject } ?? mint.client
        var claims: JSONObject = ["iss": .string(issuer), "sub": .string(subject), "token_use": .string(use)]
        claims.append("jti", .string(jti))
        claims.append("iat", .int(mint.now.seconds))
        claims.append("exp", .int((mint.now + life).seconds))
        claims.append("auth_time", .int((mint.grant?.authenticatedAt ?? mint.now).seconds))
        if let grant = mint.grant { claims.append("origin_jti", .string(grant.id.rawValue)) }
        return claims
    }

    private func born(
        _ kind: String, _ value: String, _ expires: Instant, _ mint: Mint, _ transaction: inout Transaction
    ) {
        let birth = TokenBirth(
            kind: kind, issuer: world.party, user: mint.grant?.user, scopes: mint.scope.names, audience: [mint.client],
            parent: mint.parent, expires: expires, value: Secret(value))
        transaction.append(.token(.issued(birth)), at: mint.now)
    }
}

// What the grants write beside their own records.
extension InboundProvider {
    /// Verifiers allow a minute; after this nobody takes a token any more.
    private static let clockSkew = Span.minutes(2)

    /// When an access token that is made at some moment is taken by nobody any more.
    func accessEnd(_ made: Instant) -> Instant { made + profile.lifetimes.accessToken + Self.clockSkew }

    func journal(
        _ subject: String, from: String?, to: String, cause: String, _ now: Instant, _ transaction: inout Transaction
    ) {
        transaction.append(.transition(Transition(subject: subject, from: from, to: to, cause: cause)), at: now)
    }

    /// RFC 7009 section 2.1: the refresh tokens of a grant and the access tokens made from it die together.
    func revoke(_ grant: GrantRecord, cause: String, _ now: Instant, _ transaction: inout Transaction) {
        guard !grant.isRevoked else { return }
        var dead = grant
        dead.isRevoked = true
        if let state = grant.refresh {
            dead.refresh = .revoked
            journal("grant \(grant.id)", from: state.name, to: "revoked", cause: cause, now, &transaction)
        }
        transaction.save(dead)
        for var access in transaction.find(AccessRecord.self, where: "grant", is: grant.id.rawValue)
        where !access.isRevoked {
            access.isRevoked = true
            transaction.save(access)
            transaction.append(.token(.revoked(id: access.tokenID, cause: cause)), at: now)
        }
    }
}
