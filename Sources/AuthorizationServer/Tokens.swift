import Kernel
import OAuthCore

// Tokens are born, replaced and killed here and nowhere else.
extension AuthorizationServer {
    /// The tokens of a redeemed code.
    func issueTokens(
        _ application: ApplicationRecord, _ code: CodeRecord, for resources: [String]?,
        in transaction: inout Transaction
    ) -> TokenAnswer {
        let asksOffline = profile.tokens.offlineAccessScope.map(code.scopes.contains) ?? false
        let expires =
            switch profile.lives.expiry {
            case .always: true
            case .never: false
            case .application: application.expiringTokens || (asksOffline && application.kind == .oauthApp)
            }
        let isRenewable =
            switch profile.lives.refreshToken {
            case .expiring: expires
            case .offline: asksOffline || code.isOffline == true
            case .never: false
            }
        let hasFamily = isRenewable && application.mayUse("refresh_token")
        let family = hasFamily ? Identifier<RefreshFamilyRecord>(code.id.rawValue) : nil
        let plan = TokenPlan(
            user: code.user, scopes: code.scopes, code: code.id, family: family, parent: code.id.rawValue,
            audience: resources, expires: expires)
        let access = newAccessToken(application, plan, in: &transaction)
        guard let family else { return answer(access, refresh: nil) }
        let refresh = newRefreshToken(
            family, 1, user: code.user, code.scopes, parent: code.id.rawValue, in: &transaction)
        // RFC 9700 section 4.14.2; GitHub only refuses (`github-refresh-reuse`).
        let reuseRevokes = profile.lives.hasFamilyRevocation && world.switches.holds(.refreshReuseEndsFamily)
        let state = RefreshTokenMachine.State.active(
            .init(
                client: code.client, scope: code.scopes, expires: now + profile.tokens.refresh,
                reuseRevokes: reuseRevokes))
        transaction.save(
            passing: RefreshFamilyRecord(
                id: family, client: code.client, user: code.user, code: code.id, resources: code.resources,
                state: state, refreshToken: refresh.id, accessToken: access.id), at: now)
        hold(code.id, until: now + profile.tokens.refresh, in: &transaction)
        move("refresh family \(family)", from: nil, to: state.name, "code redeemed", in: &transaction)
        return answer(access, refresh: refresh)
    }

    /// Stands for the code at the root of a token that came of none.
    private static let noCode = Identifier<CodeRecord>("client-credentials")

    /// A token of a client's own (RFC 6749 section 4.4): no user, and no refresh token.
    func issueMachineToken(
        _ application: ApplicationRecord, _ scopes: ScopeSet, for resources: [String]?,
        in transaction: inout Transaction
    ) -> TokenAnswer {
        let plan = TokenPlan(
            user: "", scopes: scopes, code: Self.noCode, family: nil, parent: nil,
            audience: resources, expires: profile.lives.expiry != .never)
        return answer(newAccessToken(application, plan, in: &transaction), refresh: nil)
    }

    /// A refresh that leaves its refresh token good (`refresh-token-kept`).
    func renewOnly(
        _ family: RefreshFamilyRecord, _ scopes: ScopeSet, _ application: ApplicationRecord,
        _ resources: [String]?, in transaction: inout Transaction
    ) -> TokenAnswer {
        let plan = TokenPlan(
            user: family.user, scopes: scopes, code: family.code, family: family.id,
            parent: family.refreshToken.rawValue, audience: resources, expires: profile.lives.expiry != .never)
        let access = newAccessToken(application, plan, in: &transaction)
        var family = family
        family.accessToken = access.id
        transaction.save(family)
        let same = transaction.find(RefreshTokenRecord.self, family.refreshToken)
        return answer(access, refresh: profile.lives.rotation == .repeat ? same : nil)
    }

    /// `github-refresh-kills-old`: the next pair of a family; the one before is dead.
    func rotate(
        _ family: RefreshFamilyRecord, _ scopes: ScopeSet, _ application: ApplicationRecord,
        _ resources: [String]?, in transaction: inout Transaction
    ) -> TokenAnswer {
        var family = family
        guard case .active(let good) = family.state else { return TokenAnswer(members: [:], status: 500) }
        if let old = transaction.find(AccessTokenRecord.self, family.accessToken) {
            revoke(old, because: "refreshed", in: &transaction)
        }
        transaction.append(.token(.revoked(id: family.refreshToken.rawValue, cause: "refreshed")), at: now)
        let parent = family.refreshToken.rawValue
        let plan = TokenPlan(
            user: family.user, scopes: scopes, code: family.code, family: family.id, parent: parent,
            audience: resources, expires: profile.lives.expiry != .never)
        let access = newAccessToken(application, plan, in: &transaction)
        let refresh = newRefreshToken(
            family.id, good.generation, user: family.user, good.scope, parent: parent, in: &transaction)
        family.accessToken = access.id
        family.refreshToken = refresh.id
        transaction.save(passing: family, at: now)
        hold(family.code, until: now + profile.tokens.refresh, in: &transaction)
        return answer(access, refresh: refresh)
    }

    func revoke(_ token: AccessTokenRecord, because cause: String, in transaction: inout Transaction) {
        guard !token.isRevoked else { return }
        var dead = token
        dead.isRevoked = true
        if token.expires == nil {
            // From now on it is among those that pass, as the youngest.
            transaction.remove(AccessTokenRecord.self, token.id)
            transaction.save(passing: dead, at: now)
            release(token.code, in: &transaction)
        } else {
            transaction.save(dead)
        }
        transaction.append(.token(.revoked(id: token.id.rawValue, cause: cause)), at: now)
    }

    /// A used code is known as long as something lives that came of it, for a second use ends that; nil for what has no
    /// end.
    private func hold(_ id: Identifier<CodeRecord>, until end: Instant?, in transaction: inout Transaction) {
        guard var code = transaction.find(CodeRecord.self, id) else { return }
        guard let end else {
            guard code.isHeld != true else { return }
            code.isHeld = true
            transaction.save(code)
            return
        }
        code.tokensEnd = max(end, code.tokensEnd ?? end)
        transaction.save(passing: code, at: now)
    }

    /// A token without end has ended; with the last one of its code, that may go too.
    private func release(_ id: Identifier<CodeRecord>, in transaction: inout Transaction) {
        guard var code = transaction.find(CodeRecord.self, id), code.isHeld == true else { return }
        let grant = GrantRecord.id(client: code.client, user: code.user)
        let living = transaction.find(AccessTokenRecord.self, where: "grant", is: grant.rawValue)
        guard !living.contains(where: { $0.code == id && $0.expires == nil }) else { return }
        code.isHeld = nil
        transaction.remove(CodeRecord.self, id)
        transaction.save(passing: code, at: now)
    }

    /// Kills access tokens, refresh families and unused codes of a grant, those of devices too; with a code only what
    /// came of that one.
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
        for record in transaction.find(DeviceGrantRecord.self, where: "grant", is: grant.rawValue) where code == nil {
            guard let moved = try? DeviceCodeMachine.reduce(record.state, .revoke) else { continue }
            var dead = record
            dead.state = moved.0
            transaction.save(dead)
            move("device \(record.id)", from: record.state.name, to: dead.state.name, cause, in: &transaction)
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

    func newAccessToken(
        _ application: ApplicationRecord, _ plan: TokenPlan, in transaction: inout Transaction
    ) -> AccessTokenRecord {
        let client = application.id.rawValue
        makeRoom(GrantRecord.id(client: client, user: plan.user), plan.scopes, in: &transaction)
        let value = TokenText.accessToken(prefix: profile.tokens.prefixes[application.kind] ?? "", world.entropy)
        let token = AccessTokenRecord(
            value: Secret(value), client: client, kind: application.kind, user: plan.user, scopes: plan.scopes,
            created: now, expires: plan.expires ? now + profile.tokens.expiring : nil, code: plan.code,
            family: plan.family, audience: plan.audience, restriction: plan.restriction)
        transaction.save(passing: token, at: now)
        // A client's own token came of no code.
        if plan.code != Self.noCode { hold(plan.code, until: token.expires, in: &transaction) }
        let birth = TokenBirth(
            kind: "access_token", issuer: world.party, user: plan.user.isEmpty ? nil : plan.user,
            scopes: plan.scopes.names, audience: plan.audience ?? [], parent: plan.parent, expires: token.expires,
            value: token.value)
        transaction.append(.token(.issued(birth)), at: now)
        return token
    }

    private func newRefreshToken(
        _ family: Identifier<RefreshFamilyRecord>, _ generation: Int, user: String, _ scopes: ScopeSet, parent: String,
        in transaction: inout Transaction
    ) -> RefreshTokenRecord {
        let value = TokenText.refreshToken(prefix: profile.tokens.refreshPrefix, world.entropy)
        let token = RefreshTokenRecord(
            value: Secret(value), family: family, generation: generation, until: now + profile.tokens.refresh)
        transaction.save(passing: token, at: now)
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
        let room = max(0, profile.tokens.perGrant - 1)
        // Mostly there are few, and then none need be read.
        guard transaction.count(AccessTokenRecord.self, where: "grant", is: grant.rawValue) > room else { return }
        let now = now
        let live = transaction.find(AccessTokenRecord.self, where: "grant", is: grant.rawValue).filter { token in
            token.scopes == scopes && token.expires.map { now < $0 } ?? true
        }
        for token in live.dropLast(room) {
            revoke(token, because: "more than \(profile.tokens.perGrant) tokens", in: &transaction)
        }
    }

    private func answer(_ access: AccessTokenRecord, refresh: RefreshTokenRecord?) -> TokenAnswer {
        let shape = profile.answers
        var members = shape.extra
        var token: JSONObject = ["access_token": .string(access.value.exposed)]
        if shape.hasExpiry, access.expires != nil {
            token.append("expires_in", .int(profile.tokens.expiring.milliseconds / 1000))
        }
        if let refresh {
            token.append("refresh_token", .string(refresh.value.exposed))
            if shape.hasRefreshExpiry {
                token.append("refresh_token_expires_in", .int(profile.tokens.refresh.milliseconds / 1000))
            }
        }
        let scopes = access.scopes.names
        switch shape.scope {
        case .text: token.append("scope", .string(scopes.joined(separator: profile.scopeSeparator)))
        case .list: token.append("scope", .strings(scopes))
        case .none: break
        }
        token.append("token_type", .string(shape.tokenType))
        if let nested = shape.nested {
            members[nested] = .object((members[nested]?.object ?? [:]).merging(token))
        } else {
            for member in token.members { members[member.name] = member.value }
        }
        return TokenAnswer(members: members)
    }
}

/// What an access token is to be.
struct TokenPlan {
    let user: String
    let scopes: ScopeSet
    /// The code at the root of its line.
    let code: Identifier<CodeRecord>
    let family: Identifier<RefreshFamilyRecord>?
    let parent: String?
    let audience: [String]?
    let expires: Bool
    var restriction: JSONObject?
}
