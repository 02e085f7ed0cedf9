import HTTPTypes
import Kernel
import OAuthCore

// What a client may ask about a token and how it ends one: RFC 7662 and RFC 7009.
extension AuthorizationServer {
    /// RFC 7009 section 2: 200 for everything but a client that is not proven or a token that is another's.
    func revokeToken(_ request: Request) async throws -> Response {
        let response = try await answer(request) { asked, transaction in
            switch authenticated(asked, in: &transaction) {
            case .failure(let refusal): return .failure(refusal)
            case .success(let application):
                guard let value = asked["token"] else { return .failure(ExchangeRefusal(.invalidRequest)) }
                // The hint need not be true (section 2.1), so nobody looks at it.
                if let token = transaction.find(AccessTokenRecord.self, holding: value) {
                    guard owns(token.client, application, in: &transaction) else {
                        return .failure(ExchangeRefusal(.foreignToken))
                    }
                    revoke(token, because: "revoked by its client", in: &transaction)
                } else if let token = transaction.find(RefreshTokenRecord.self, holding: value),
                    let family = transaction.find(RefreshFamilyRecord.self, token.family)
                {
                    guard owns(family.client, application, in: &transaction) else {
                        return .failure(ExchangeRefusal(.foreignToken))
                    }
                    // `7009-03`: what the refresh token could renew ends with it.
                    let grant = GrantRecord.id(client: family.client, user: family.user)
                    revokeTokens(of: grant, from: family.code, because: "revoked by its client", in: &transaction)
                }
                return .success(TokenAnswer(members: [:]))
            }
        }
        return response.status == 200 ? Response(200, headers: .unkept) : response
    }

    /// `revocation-own-tokens`: RFC 7009 section 2.1.
    private func owns(_ client: String, _ application: ApplicationRecord, in transaction: inout Transaction) -> Bool {
        if client == application.id.rawValue || !world.switches.holds(.revocationOwnTokens) { return true }
        note(.revocationOwnTokens, "\(application.id) would end a token of another client", in: &transaction)
        return false
    }

    /// RFC 7662 section 2: what a good token is, and nothing at all about any other.
    func introspect(_ request: Request) async throws -> Response {
        try await answer(request) { asked, transaction in
            switch authenticated(asked, in: &transaction) {
            case .failure(let refusal): return .failure(refusal)
            case .success(let application):
                guard !application.isPublic else { return .failure(ExchangeRefusal(.badCredentials)) }
                guard let value = asked["token"] else { return .failure(ExchangeRefusal(.invalidRequest)) }
                return .success(TokenAnswer(members: description(of: value, for: application, in: &transaction)))
            }
        }
    }

    private func description(
        of value: String, for application: ApplicationRecord, in transaction: inout Transaction
    ) -> JSONObject {
        if let token = liveToken(value, in: &transaction), mayAsk(application, about: token.client, in: &transaction) {
            var members: JSONObject = [
                "active": true, "scope": .string(token.scopes.spaceSeparated), "client_id": .string(token.client),
            ]
            if let user = directory.user(named: token.user) {
                members.append("username", .string(user.login))
                members.append("sub", .string(user.subject))
            } else {
                members.append("sub", .string(token.client))
            }
            members.append("token_type", "Bearer")
            if let expires = token.expires { members.append("exp", .int(expires.seconds)) }
            members.append("iat", .int(token.created.seconds))
            members.append("nbf", .int(token.created.seconds))
            if let audience = token.audience {
                members.append("aud", audience.count == 1 ? .string(audience[0]) : .strings(audience))
            }
            members.append("iss", .string(issuer))
            members.append("jti", .string(token.id.rawValue))
            return members
        }
        if let token = transaction.find(RefreshTokenRecord.self, holding: value),
            let family = transaction.find(RefreshFamilyRecord.self, token.family),
            case .active(let good) = family.state, now < good.expires, family.refreshToken == token.id,
            mayAsk(application, about: family.client, in: &transaction)
        {
            return [
                "active": true, "scope": .string(good.scope.spaceSeparated), "client_id": .string(family.client),
                "exp": .int(good.expires.seconds), "iss": .string(issuer),
            ]
        }
        return ["active": false]
    }

    /// `introspection-own-tokens`: a client learns of its own tokens, a resource server of all (`7662-02`).
    private func mayAsk(
        _ application: ApplicationRecord, about client: String, in transaction: inout Transaction
    ) -> Bool {
        if application.isResourceServer == true || client == application.id.rawValue { return true }
        guard world.switches.holds(.introspectionOwnTokens) else { return true }
        note(.introspectionOwnTokens, "\(application.id) asked about a token of another client", in: &transaction)
        return false
    }
}
