import Kernel
import OAuthCore

// Tokens are born, replaced and killed here and nowhere else.
extension AuthorizationServer {
    /// The tokens of a redeemed code.
    func issueTokens(
        _ application: ApplicationRecord, _ code: CodeRecord, in transaction: inout Transaction
    ) -> TokenAnswer {
        let offline = profile.tokens.offlineAccessScope.map(code.scopes.contains) ?? false
        let expires = application.expiringTokens || (offline && application.kind == .oauthApp)
        let family = expires ? Identifier<RefreshFamilyRecord>(code.id.rawValue) : nil
        let access = newAccessToken(
            application, code.user, code.scopes, code: code.id, family, parent: code.id.rawValue, in: &transaction)
        guard let family else { return answer(access, refresh: nil) }
        let refresh = newRefreshToken(
            family, 1, user: code.user, code.scopes, parent: code.id.rawValue, in: &transaction)
        let state = RefreshTokenMachine.State.active(
            .init(
                client: code.client, scope: code.scopes, expires: now + profile.tokens.refresh,
                reuseRevokes: profile.replayRevokesTokens))
        transaction.save(
            RefreshFamilyRecord(
                id: family, client: code.client, user: code.user, code: code.id, state: state,
                refreshToken: refresh.id, accessToken: access.id))
        move("refresh family \(family)", from: nil, to: state.name, "code redeemed", in: &transaction)
        return answer(access, refresh: refresh)
    }

    /// `github-refresh-kills-old`: the next pair of a family; the one before is dead.
    func rotate(
        _ family: RefreshFamilyRecord, _ scopes: ScopeSet, _ application: ApplicationRecord,
        in transaction: inout Transaction
    ) -> TokenAnswer {
        var family = family
        guard case .active(let good) = family.state else { return TokenAnswer(members: [:], status: 500) }
        if let old = transaction.find(AccessTokenRecord.self, family.accessToken) {
            revoke(old, because: "refreshed", in: &transaction)
        }
        transaction.append(.token(.revoked(id: family.refreshToken.rawValue, cause: "refreshed")), at: now)
        let parent = family.refreshToken.rawValue
        let access = newAccessToken(
            application, family.user, scopes, code: family.code, family.id, parent: parent, in: &transaction)
        let refresh = newRefreshToken(
            family.id, good.generation, user: family.user, good.scope, parent: parent, in: &transaction)
        family.accessToken = access.id
        family.refreshToken = refresh.id
        transaction.save(family)
        return answer(access, refresh: refresh)
    }

    func revoke(_ token: AccessTokenRecord, because cause: String, in transaction: inout Transaction) {
        guard !token.isRevoked else { return }
        var dead = token
        dead.isRevoked = true
        transaction.save(dead)
        transaction.append(.token(.revoked(id: token.id.rawValue, cause: cause)), at: now)
    }

    /// Kills access tokens, refresh families and unused codes of a grant; with a code only what came of that one.
    func revokeTokens(
        of grant: Identifier<GrantRecord>, from code: Identifier<CodeRecord>? = nil, because cause: String,
        in transaction: inout Transaction
    ) {
        for token in transaction.find(AccessTokenRecord.self, where: "grant", is: grant.rawValue)
        where code == nil || token.code == code {
            revoke(token, because: cause, in: &transaction)
        }
        for family in transaction.find(RefreshFamilyRecord.self, where: "grant", is: grant.rawValue)
        where code == nil || family.code == code { revoke(family, because: cause, in: &transaction) }
        for record in transaction.find(CodeRecord.self, where: "grant", is: grant.rawValue) where code == nil {
            guard case .issued = record.state else { continue }
            var dead = record
            dead.state = .revoked
            transaction.save(dead)
            move("code \(record.id)", from: record.state.name, to: dead.state.name, cause, in: &transaction)
        }
    }

    func revoke(_ family: RefreshFamilyRecord, because cause: String, in transaction: inout Transaction) {
        guard case .active = family.state, let moved = try? RefreshTokenMachine.reduce(family.state, .revoke) else {
            return
        }
        var dead = family
        dead.state = moved.0
        transaction.save(dead)
        move("refresh family \(family.id)", from: family.state.name, to: dead.state.name, cause, in: &transaction)
        transaction.append(.token(.revoked(id: family.refreshToken.rawValue, cause: cause)), at: now)
    }

    private func newAccessToken(
        _ application: ApplicationRecord, _ user: String, _ scopes: ScopeSet, code: Identifier<CodeRecord>,
        _ family: Identifier<RefreshFamilyRecord>?, parent: String, in transaction: inout Transaction
    ) -> AccessTokenRecord {
        let client = application.id.rawValue
        makeRoom(GrantRecord.id(client: client, user: user), scopes, in: &transaction)
        let value = TokenText.accessToken(prefix: profile.tokens.prefixes[application.kind] ?? "", world.entropy)
        let token = AccessTokenRecord(
            value: Secret(value), client: client, kind: application.kind, user: user, scopes: scopes, created: now,
            expires: family == nil ? nil : now + profile.tokens.expiring, code: code, family: family)
        transaction.save(token)
        let birth = TokenBirth(
            kind: "access_token", issuer: world.party, user: user, scopes: scopes.names, parent: parent,
            expires: token.expires, value: token.value)
        transaction.append(.token(.issued(birth)), at: now)
        return token
    }

    private func newRefreshToken(
        _ family: Identifier<RefreshFamilyRecord>, _ generation: Int, user: String, _ scopes: ScopeSet, parent: String,
        in transaction: inout Transaction
    ) -> RefreshTokenRecord {
        let value = TokenText.refreshToken(prefix: profile.tokens.refreshPrefix, world.entropy)
        let token = RefreshTokenRecord(value: Secret(value), family: family, generation: generation)
        transaction.save(token)
        let birth = TokenBirth(
            kind: "refresh_token", issuer: world.party, user: user, scopes: scopes.names, parent: parent,
            expires: now + profile.tokens.refresh, value: token.value)
        transaction.append(.token(.issued(birth)), at: now)
        return token
    }

    /// `github-ten-tokens`: the eleventh token of a user, application and set of scopes ends the oldest.
    private func makeRoom(
        _ grant: Identifier<GrantRecord>, _ scopes: ScopeSet, in transaction: inout Transaction
    ) {
        let live = transaction.find(AccessTokenRecord.self, where: "grant", is: grant.rawValue).filter { token in
            token.scopes == scopes && token.expires.map { now < $0 } ?? true
        }
        for token in live.dropLast(max(0, profile.tokens.perGrant - 1)) {
            revoke(token, because: "more than \(profile.tokens.perGrant) tokens", in: &transaction)
        }
    }

    private func answer(_ access: AccessTokenRecord, refresh: RefreshTokenRecord?) -> TokenAnswer {
        var members: JSONObject = ["access_token": .string(access.value.exposed)]
        if let refresh {
            members.append("expires_in", .int(profile.tokens.expiring.milliseconds / 1000))
            members.append("refresh_token", .string(refresh.value.exposed))
            members.append("refresh_token_expires_in", .int(profile.tokens.refresh.milliseconds / 1000))
        }
        members.append("scope", .string(access.scopes.names.joined(separator: profile.scopeSeparator)))
        members.append("token_type", "bearer")
        return TokenAnswer(members: members)
    }
}
