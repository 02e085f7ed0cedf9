import Kernel
import OAuthCore

// A client that was given a user's token asks for one of its own: RFC 8693, and RFC 7523 section 2.1.

extension InboundProvider {
    static let tokenExchange = "urn:ietf:params:oauth:grant-type:token-exchange"
    static let jwtBearer = "urn:ietf:params:oauth:grant-type:jwt-bearer"
    private static let tokenType = "urn:ietf:params:oauth:token-type:"
    private static let knownTypes = ["access_token", "refresh_token", "id_token", "saml1", "saml2", "jwt"]
    private static let signedTypes = ["access_token", "id_token", "jwt"]

    /// RFC 8693 section 2.1. A subject or actor token that is no good is an `invalid_request` (section 2.2.2).
    func exchangeToken(_ asked: TokenRequest) async throws -> JSONValue {
        let form = asked.form
        try checkRequired(asked)
        guard let subject = form.present("subject_token") else {
            throw OAuthError(.invalidRequest, "subject_token is missing.")
        }
        try Self.checkType(form.present("subject_token_type"), of: "subject_token")
        if let requested = form.present("requested_token_type") {
            try Self.checkType(requested, of: "requested_token")
        }
        let actor = form.present("actor_token")
        guard (actor == nil) == (form.present("actor_token_type") == nil) else {
            throw OAuthError(.invalidRequest, "actor_token and actor_token_type stand together.")
        }
        let claims = try await ownClaims(of: subject, asked, .invalidRequest)
        var actorClaims: JSONObject?
        if let actor {
            try Self.checkType(form.present("actor_token_type"), of: "actor_token")
            actorClaims = try await ownClaims(of: actor, asked, .invalidRequest)
        }
        // RFC 8693 section 4.4.
        if let allowed = claims["may_act"]?["sub"], allowed != actorClaims?["sub"] {
            throw OAuthError(.invalidRequest, "The subject token names another actor.")
        }
        var answer = try await minted(claims, subject: subject, actor: actorClaims, asked)
        answer.append("issued_token_type", .string(Self.tokenType + "access_token"))
        return .object(answer)
    }

    /// RFC 7523 section 2.1. An assertion that is no good is an `invalid_grant` (section 3.1).
    func redeemAssertion(_ asked: TokenRequest) async throws -> JSONValue {
        try checkRequired(asked)
        guard let assertion = asked.form.present("assertion") else {
            throw OAuthError(.invalidRequest, "assertion is missing.")
        }
        let claims = try await ownClaims(of: assertion, asked, .invalidGrant)
        try checkAudience(of: claims, asked.client)
        return .object(try await minted(claims, subject: assertion, actor: nil, asked))
    }

    /// `assertion-audience`: RFC 7523 section 3, point 3. On behalf of a user the client that brings the assertion is
    /// its audience. Cognito's access tokens have no `aud`, and `client_id` is read for it.
    private func checkAudience(of claims: JSONObject, _ client: InboundProfile.Client) throws(OAuthError) {
        let audience = claims["aud"] ?? claims["client_id"]
        let named = audience?.string.map { [$0] } ?? audience?.strings ?? []
        let ours = [issuer, tokenEndpoint] + client.audiences
        guard !named.contains(where: ours.hasSame), world.switches.holds(.assertionAudience) else { return }
        world.note("An assertion that was to be redeemed is for somebody else.", rule: .assertionAudience)
        throw OAuthError(.invalidGrant, "The assertion is for another audience.")
    }

    /// What this provider insists on beyond the standards.
    private func checkRequired(_ asked: TokenRequest) throws(OAuthError) {
        if let name = profile.exchange.missing(in: asked.form) {
            throw OAuthError(.invalidRequest, "\(name) is missing or another than this provider takes.")
        }
    }

    /// RFC 8693 section 3: a type has to be known, and one that can be read here.
    private static func checkType(_ type: String?, of name: String) throws(OAuthError) {
        guard let type, type.hasPrefix(tokenType), knownTypes.contains(String(type.dropFirst(tokenType.count))) else {
            throw OAuthError(.invalidRequest, "\(name)_type is missing or unknown.")
        }
        guard signedTypes.contains(String(type.dropFirst(tokenType.count))) else {
            throw OAuthError(.invalidRequest, "\(name)_type is not supported.")
        }
    }

    /// What a token of this provider says, if it still lives.
    private func ownClaims(
        of token: String, _ asked: TokenRequest, _ code: OAuthError.Code
    ) async throws -> JSONObject {
        let policy = TokenPolicy(issuer: issuer)
        let verified = try? await TokenVerifier.verify(token, keys: signer.publicKeys, policy: policy, at: asked.now)
            .get()
        let jti = verified?["jti"]?.string ?? ""
        let record = try world.store.write { $0.find(AccessRecord.self, .init(jti)) }
        if let verified, record?.isRevoked != true { return verified }
        guard !world.switches.holds(.exchangeSubjectVerified), let decoded = DecodedToken(token) else {
            world.note("A token that was to be exchanged is not in order.", rule: .exchangeSubjectVerified)
            throw OAuthError(code, "The token is invalid or expired.")
        }
        return decoded.claims
    }

    /// A token for the client, about the user, for the audience it asked for. It dies with the user's own grant.
    private func minted(
        _ subject: JSONObject, subject token: String, actor: JSONObject?, _ asked: TokenRequest
    ) async throws -> JSONObject {
        let audience = try audience(asked.form)
        let grant = subject["origin_jti"]?.string.map { GrantRecord.ID($0) }
        let user = user(of: subject)
        if let user, profile.exchange.interactionUsers.contains(user) {
            throw InteractionRequired(claims: profile.exchange.interactionClaims)
        }
        let scope = try allowedScope(asked.form.scopes("scope"), of: asked.client)
        let jti = world.entropy.uuid(for: "idp-jti")
        let life = profile.lifetimes.accessToken
        var claims: JSONObject = [
            "iss": .string(issuer), "iat": .int(asked.now.seconds), "exp": .int((asked.now + life).seconds),
        ]
        claims = claims.merging(claimsAbout(subject, user, asked.client, scope, jti))
        if let audience { claims["aud"] = .string(audience) }
        // RFC 8693 section 4.1: who acts now, and inside it who acted before.
        if let actor {
            var act: JSONObject = ["sub": actor["sub"] ?? .null]
            act["act"] = subject["act"]
            claims.append("act", .object(act))
        }
        let access = try await signer.sign(claims, type: nil)
        let birth = TokenBirth(
            kind: "access_token", issuer: world.party, user: user, scopes: scope.names,
            audience: [audience ?? asked.client.id], parent: tokenID(token), expires: asked.now + life,
            value: Secret(access))
        try world.store.write { transaction in
            transaction.save(
                passing: AccessRecord(
                    id: .init(jti), client: asked.client.id, grant: grant, tokenID: tokenID(access),
                    until: accessEnd(asked.now)), at: asked.now)
            transaction.append(.token(.issued(birth)), at: asked.now)
        }
        return [
            "access_token": .string(access), "token_type": "Bearer", "expires_in": .int(life.milliseconds / 1000),
            "scope": .string(scope.spaceSeparated),
        ]
    }

    /// Whom a token is about, whatever its shape calls them; nil for a client's own.
    private func user(of claims: JSONObject) -> String? {
        if let name = claims["username"]?.string { return name }
        guard let subject = claims["sub"] else { return nil }
        return directory.users.first { user in
            let facts = facts(client: "", ScopeSet(), "", user, subject: .string(user.subject))
            return profile.tokens.claims(forUser: true, facts: facts)?["sub"] == subject
        }?.name
    }

    /// The same person in the new client's token, in the shape of this vendor's tokens.
    private func claimsAbout(
        _ subject: JSONObject, _ user: String?, _ client: InboundProfile.Client, _ scope: ScopeSet, _ jti: String
    ) -> JSONObject {
        let known = user.flatMap { directory.user(named: $0) }
        let facts = facts(
            client: client.id, scope, jti, known,
            subject: known.map { .string($0.subject) } ?? subject["sub"] ?? .null)
        if let shaped = profile.tokens.claims(forUser: user != nil, facts: facts) { return shaped }
        var claims: JSONObject = [
            "sub": subject["sub"] ?? .null, "token_use": "access", "jti": .string(jti),
            "client_id": .string(client.id), "scope": .string(scope.spaceSeparated),
        ]
        for name in ["username", "origin_jti"] { claims[name] = subject[name] }
        return claims
    }

    /// `exchange-audience-known`: RFC 8693 section 2.1, RFC 8707 section 2: where the token is to be used; one place
    /// here, and one that this provider knows.
    private func audience(_ form: Form) throws(OAuthError) -> String? {
        // More than one place may be asked for; who cannot serve them says so (RFC 8693 section 2.1.1).
        guard (form.all("resource") + form.all("audience")).count(where: { !$0.isEmpty }) < 2 else {
            throw OAuthError(.invalidTarget, "A token is for one resource or audience here.")
        }
        let named: String?
        if let resource = form.present("resource") {
            guard let colon = resource.firstIndex(of: ":"), colon > resource.startIndex, !resource.contains("#") else {
                throw OAuthError(.invalidTarget, "resource must be an absolute URI without fragment.")
            }
            named = resource
        } else {
            named = form.present("audience")
        }
        guard let named, let known = profile.exchange.audiences, !known.hasSame(named) else { return named }
        if world.switches.holds(.exchangeAudienceKnown) {
            world.note("A token was asked for an audience that nobody has here.", rule: .exchangeAudienceKnown)
            throw OAuthError(.invalidTarget, "The audience is not known here.")
        }
        return named
    }
}
