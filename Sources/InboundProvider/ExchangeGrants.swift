import Kernel
import OAuthCore

// A client that was given a user's token asks for one of its own: RFC 8693, and RFC 7523 section 2.1.

extension InboundProvider {
    static let tokenExchange = "urn:ietf:params:oauth:grant-type:token-exchange"
    static let jwtBearer = "urn:ietf:params:oauth:grant-type:jwt-bearer"
    private static let tokenType = "urn:ietf:params:oauth:token-type:"
    private static let knownTypes = ["access_token", "refresh_token", "id_token", "saml1", "saml2", "jwt"]
    private static let signedTypes = ["access_token", "id_token", "jwt"]
    /// What is made here is an access token, and a JWT (RFC 8693 section 3).
    private static let madeTypes = ["access_token", "jwt"]

    /// A token of this provider that somebody brings to have another one for it.
    private struct OwnToken {
        let token: String
        let claims: JSONObject
        let record: AccessRecord?
        /// What it came of; nil for a client's own token.
        let grant: GrantID?
        /// What is said if it ends before the other one is made; nil where its end does not count.
        let refusal: OAuthError?
    }

    /// RFC 8693 section 2.1. A subject or actor token that is no good is an `invalid_request` (section 2.2.2).
    func exchangeToken(_ asked: TokenRequest) async throws -> JSONValue {
        let form = asked.form
        try checkRequired(asked)
        guard form.present("subject_token") != nil else {
            throw OAuthError(.invalidRequest, "subject_token is missing.")
        }
        let requested = form.present("requested_token_type")
        let made = try requested.map { (type) throws(OAuthError) in
            try Self.type(type, of: "requested_token", among: Self.madeTypes)
        }
        let hasActor = form.present("actor_token") != nil
        guard hasActor == (form.present("actor_token_type") != nil) else {
            throw OAuthError(.invalidRequest, "actor_token and actor_token_type stand together.")
        }
        let subject = try await presented("subject_token", asked)
        let actor = hasActor ? try await presented("actor_token", asked) : nil
        // RFC 8693 section 4.4.
        if let allowed = subject.claims["may_act"]?["sub"], allowed != actor?.claims["sub"] {
            throw OAuthError(.invalidRequest, "The subject token names another actor.")
        }
        var answer = try await minted(subject, actor: actor, asked)
        answer.append("issued_token_type", .string("\(Self.tokenType)\(made ?? "access_token")"))
        return .object(answer)
    }

    /// The token in a parameter, if it is in order and what the type beside it says.
    private func presented(_ name: String, _ asked: TokenRequest) async throws -> OwnToken {
        let type = try Self.type(asked.form.present("\(name)_type"), of: name, among: Self.signedTypes)
        let token = try await ownToken(asked.form.present(name) ?? "", asked, .invalidRequest)
        try checkUse(of: token, as: type, name)
        return token
    }

    /// `exchange-token-type`: RFC 8693 section 3: the type of a token of this very server says what it was issued for.
    private func checkUse(of token: OwnToken, as type: String, _ name: String) throws(OAuthError) {
        let fits =
            switch type {
            case "access_token": isAccess(token.claims, token.record)
            case "id_token": isIdentity(token.claims, token.record)
            default: true
            }
        guard !fits, world.switches.holds(.exchangeTokenType) else { return }
        world.note("A token came to be exchanged that is no \(type).", rule: .exchangeTokenType)
        throw OAuthError(.invalidRequest, "\(name) is not what \(name)_type says.")
    }

    /// RFC 7523 section 2.1. An assertion that is no good is an `invalid_grant` (section 3.1).
    func redeemAssertion(_ asked: TokenRequest) async throws -> JSONValue {
        try checkRequired(asked)
        guard let assertion = asked.form.present("assertion") else {
            throw OAuthError(.invalidRequest, "assertion is missing.")
        }
        let subject = try await ownToken(assertion, asked, .invalidGrant)
        try checkAudience(of: subject.claims, asked.client)
        return .object(try await minted(subject, actor: nil, asked))
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

    /// RFC 8693 section 3: a type has to be known, and one that can be served here. Without what all begin with.
    private static func type(_ type: String?, of name: String, among served: [String]) throws(OAuthError) -> String {
        guard let type, type.hasPrefix(tokenType), case let kind = String(type.dropFirst(tokenType.count)),
            knownTypes.contains(kind)
        else { throw OAuthError(.invalidRequest, "\(name)_type is missing or unknown.") }
        guard served.contains(kind) else { throw OAuthError(.invalidRequest, "\(name)_type is not supported.") }
        return kind
    }

    /// A token of this provider, if it still lives.
    private func ownToken(
        _ token: String, _ asked: TokenRequest, _ code: OAuthError.Code
    ) async throws -> OwnToken {
        let policy = TokenPolicy(issuer: issuer)
        let verified = try? await TokenVerifier.verify(token, keys: signer.publicKeys, policy: policy, at: asked.now)
            .get()
        let refusal = OAuthError(code, "The token is invalid or expired.")
        if let verified {
            let own = try known(token, verified, refusal)
            if try world.store.write({ !isOver(own, in: &$0) }) { return own }
        }
        guard !world.switches.holds(.exchangeSubjectVerified), let decoded = DecodedToken(token) else {
            world.note("A token that was to be exchanged is not in order.", rule: .exchangeSubjectVerified)
            throw refusal
        }
        return try known(token, decoded.claims, nil)
    }

    private func known(_ token: String, _ claims: JSONObject, _ refusal: OAuthError?) throws -> OwnToken {
        let record = try accessRecord(of: token, claims)
        let grant = try record?.grant ?? grant(ofIdentity: token, claims)
        return OwnToken(token: token, claims: claims, record: record, grant: grant, refusal: refusal)
    }

    /// An access token ends as its record says. An ID token has none: it is worth no more than its grant.
    private func isOver(_ own: OwnToken, in transaction: inout Transaction) -> Bool {
        if let record = own.record, transaction.find(AccessRecord.self, record.id)?.isRevoked == true { return true }
        return own.grant.flatMap { transaction.find(GrantRecord.self, $0) }?.isRevoked == true
    }

    /// A token for the client, about the user, for the audience it asked for. It dies with the user's own grant, and is
    /// not made where a token that it is made of ended while it was signed.
    private func minted(_ own: OwnToken, actor: OwnToken?, _ asked: TokenRequest) async throws -> JSONObject {
        let subject = own.claims
        let audience = try audience(asked.form)
        let user = user(of: subject)
        if let user, profile.exchange.interactionUsers.contains(user.name) {
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
            var act: JSONObject = ["sub": actor.claims["sub"] ?? .null]
            act["act"] = subject["act"]
            claims.append("act", .object(act))
        }
        let access = try await signer.sign(claims, type: profile.tokens.user == nil ? nil : profile.tokens.type)
        let birth = TokenBirth(
            kind: "access_token", issuer: world.party, user: user?.name, scopes: scope.names,
            audience: [audience ?? asked.client.id], parent: tokenID(own.token), expires: asked.now + life,
            value: Secret(access))
        try world.store.write { transaction in
            for token in [own, actor] {
                if let token, let refusal = token.refusal, isOver(token, in: &transaction) { throw refusal }
            }
            transaction.save(
                passing: AccessRecord(
                    id: accessID(of: access, claims), client: asked.client.id, grant: own.grant,
                    tokenID: tokenID(access), until: accessEnd(asked.now)), at: asked.now)
            transaction.append(.token(.issued(birth)), at: asked.now)
        }
        return [
            "access_token": .string(access), "token_type": "Bearer", "expires_in": .int(life.milliseconds / 1000),
            "scope": .string(scope.spaceSeparated),
        ]
    }

    /// The same person in the new client's token, in the shape of this vendor's tokens.
    private func claimsAbout(
        _ subject: JSONObject, _ user: UserDirectory.User?, _ client: InboundProfile.Client, _ scope: ScopeSet,
        _ jti: String
    ) -> JSONObject {
        let facts = facts(
            client: client.id, scope, jti, user,
            subject: user.map { .string($0.subject) } ?? subject["sub"] ?? .null)
        if let shaped = profile.tokens.claims(forUser: user != nil, facts: facts) { return shaped }
        var claims: JSONObject = [
            "sub": subject["sub"] ?? .null, "token_use": "access", "jti": .string(jti),
            "client_id": .string(client.id), "scope": .string(scope.spaceSeparated),
        ]
        claims["username"] = user.map { .string($0.name) }
        claims["origin_jti"] = subject["origin_jti"]
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
