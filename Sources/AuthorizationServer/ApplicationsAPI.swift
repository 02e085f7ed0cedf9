import HTTPTypes
import Kernel
import OAuthCore

// What an application may ask and end by its own secret: /applications/{client_id}/token and /grant.
extension AuthorizationServer {
    /// `DELETE …/grant`: the user's whole authorization ends, all tokens with it.
    func deleteGrant(_ request: Request, _ clientID: String) throws -> Response {
        try forOwnToken(request, clientID) { token, _, transaction in
            end(GrantRecord.id(client: token.client, user: token.user), because: "grant deleted", in: &transaction)
            return Response(204)
        }
    }

    /// `DELETE …/token`: this token ends, and the refresh token that came with it.
    func deleteToken(_ request: Request, _ clientID: String) throws -> Response {
        try forOwnToken(request, clientID) { token, _, transaction in
            revoke(token, because: "token deleted", in: &transaction)
            if let id = token.family, let family = transaction.find(RefreshFamilyRecord.self, id),
                family.accessToken == token.id
            {
                revoke(family, because: "token deleted", in: &transaction)
            }
            return Response(204)
        }
    }

    /// `POST …/token`: whether a token is good, and whose it is.
    func checkToken(_ request: Request, _ clientID: String) throws -> Response {
        try forOwnToken(request, clientID) { token, application, _ in
            apiResponse(200, description(token, application))
        }
    }

    /// `PATCH …/token`: the same authorization under a new token; the old one is dead.
    func resetToken(_ request: Request, _ clientID: String) throws -> Response {
        try forOwnToken(request, clientID) { token, application, transaction in
            revoke(token, because: "reset by its application", in: &transaction)
            let plan = TokenPlan(
                user: token.user, scopes: token.scopes, code: token.code, family: token.family,
                parent: token.id.rawValue, audience: token.audience, expires: token.expires != nil)
            let fresh = newAccessToken(application, plan, in: &transaction)
            if let id = token.family, var family = transaction.find(RefreshFamilyRecord.self, id),
                family.accessToken == token.id
            {
                family.accessToken = fresh.id
                transaction.save(family)
            }
            return apiResponse(200, description(fresh, application))
        }
    }

    /// `POST …/token/scoped`: from a GitHub App's user token one for fewer repositories and permissions
    /// (`github-scoped-token`).
    func scopeToken(_ request: Request, _ clientID: String) throws -> Response {
        let json = (try? request.json())?.object ?? [:]
        return try forOwnToken(request, clientID) { token, application, transaction in
            guard application.kind == .githubApp else { return apiMessage(404, "Not Found") }
            let target = json["target"]?.string ?? json["target_id"]?.int.map { "\($0)" }
            // The account has to be the user's own: there are no organizations here.
            guard let target, json["repositories"] == nil || json["repository_ids"] == nil,
                let user = directory.user(named: token.user), [user.login, "\(user.numericID)"].contains(target)
            else { return apiMessage(422, "Validation Failed") }
            let repositories = json["repositories"] ?? json["repository_ids"]
            let restriction: JSONObject = [
                "permissions": json["permissions"] ?? [:],
                "repository_selection": .string(repositories == nil ? "all" : "selected"),
                "repositories": repositories ?? [],
                "account": ["login": .string(user.login), "id": .int(user.numericID)],
            ]
            let plan = TokenPlan(
                user: token.user, scopes: token.scopes, code: token.code, family: nil, parent: token.id.rawValue,
                audience: token.audience, expires: token.expires != nil, restriction: restriction)
            return apiResponse(200, description(newAccessToken(application, plan, in: &transaction), application))
        }
    }

    /// `POST /credentials/revoke`: whoever found a token ends it, and need not say who he is (`github-leaked-tokens`).
    func revokeCredentials(_ request: Request) throws -> Response {
        let values = (try? request.json())?["credentials"]?.strings ?? []
        guard !values.isEmpty, values.count <= 1000 else { return apiMessage(422, "Validation Failed") }
        try world.store.write { transaction in
            for value in values { revokeLeaked(value, because: "reported as leaked", in: &transaction) }
        }
        return apiResponse(202, [:])
    }

    /// Ends an access or refresh token that others have seen.
    func revokeLeaked(_ value: String, because cause: String, in transaction: inout Transaction) {
        if let token = transaction.find(AccessTokenRecord.self, holding: value) {
            revoke(token, because: cause, in: &transaction)
        } else if let token = transaction.find(RefreshTokenRecord.self, holding: value),
            let family = transaction.find(RefreshFamilyRecord.self, token.family)
        {
            revoke(family, because: cause, in: &transaction)
        }
    }

    private func description(_ token: AccessTokenRecord, _ application: ApplicationRecord) -> JSONValue {
        let value = token.value.exposed
        let user = directory.user(named: token.user)
        var members: JSONObject = [
            "id": .int(Int64(truncatingIfNeeded: hash64(value) >> 33)),
            "url": .string("\(origin)/authorizations/\(hash64(value) >> 33)"),
            "scopes": .strings(token.scopes.names), "token": .string(value),
            "token_last_eight": .string(String(value.suffix(8))), "hashed_token": .string(token.id.rawValue),
            "app": [
                "client_id": .string(token.client), "name": .string(application.name),
                "url": .string(application.callbacks.first?.url ?? ""),
            ],
            "note": nil, "note_url": nil, "created_at": .string(token.created.iso8601),
            "updated_at": .string(token.created.iso8601),
            "expires_at": token.expires.map { .string($0.iso8601) } ?? nil, "fingerprint": nil,
            "user": user.map { ["login": .string($0.login), "id": .int($0.numericID)] } ?? nil,
        ]
        if let restriction = token.restriction { members.append("installation", .object(restriction)) }
        return .object(members)
    }

    /// Ends a grant: nothing that came of it is good any more, and the next request shows the consent page.
    func end(_ grant: Identifier<GrantRecord>, because cause: String, in transaction: inout Transaction) {
        guard let record = transaction.find(GrantRecord.self, grant) else { return }
        revokeTokens(of: grant, because: cause, in: &transaction)
        transaction.remove(GrantRecord.self, grant)
        move("consent of \(record.user) to \(record.client)", from: "granted", to: "revoked", cause, in: &transaction)
    }

    /// The application of this path authenticates itself and names one of its own live tokens.
    private func forOwnToken(
        _ request: Request, _ clientID: String,
        _ body: (AccessTokenRecord, ApplicationRecord, inout Transaction) -> Response
    ) throws -> Response {
        try world.store.write { transaction in
            guard let credentials = ClientAuthentication.basic(request), credentials.id == clientID,
                let application = application(clientID, in: &transaction),
                secretFits(credentials.secret, application, in: &transaction)
            else { return apiMessage(401, "Requires authentication") }
            guard let json = try? request.json(), let value = json["access_token"]?.string else {
                return apiMessage(422, "Validation Failed")
            }
            guard let token = liveToken(value, in: &transaction), token.client == clientID else {
                return apiMessage(404, "Not Found")
            }
            return body(token, application, &transaction)
        }
    }
}
