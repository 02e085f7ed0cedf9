import AWSCore
import Kernel
import OAuthCore

/// What users consented to, kept by workload, user and provider (ledger `vault-key`).
struct TokenVault {
    let world: World

    /// Whose tokens of which provider somebody wants.
    struct Query {
        let workload: WorkloadID
        /// Of the workload identity as it is now.
        let birth: String?
        let user: WorkloadUser
        let provider: CredentialProviderRecord
        let scopes: ScopeSet
        /// The workload's own token instead of a user's.
        var isForWorkload = false
        /// A user's token that came of an exchange, not of a consent.
        var isExchanged = false
        /// What else decides for whom the token is: `TokenVault.audience`.
        var audience: [String] = []

        /// The same for what the user's consent was about.
        func asking(for scopes: [String], _ audience: [String]) -> Query {
            Query(
                workload: workload, birth: birth, user: user, provider: provider, scopes: ScopeSet(scopes),
                audience: audience)
        }
    }

    /// Resources, audiences and custom parameters, each in an order of its own; between them are empty texts, which
    /// none of them is.
    static func audience(_ wanted: TokenAudience, _ custom: JSONObject = [:]) -> [String] {
        guard !wanted.isEmpty || !custom.members.isEmpty else { return [] }
        let others = custom.members.sorted { $0.name < $1.name }.flatMap { [$0.name, $0.value.string ?? ""] }
        return wanted.resources.sorted() + [""] + wanted.audiences.sorted() + [""] + others
    }

    enum Finding {
        case hit(Secret)
        /// Expired; the caller has claimed it and is to refresh it.
        case stale(VaultEntryRecord)
        /// Expired, and another call is refreshing it.
        case busy
        case miss
    }

    func key(_ query: Query) -> VaultKey {
        let (workload, provider) = (query.workload.rawValue, query.provider.id.rawValue)
        var parts: [String]
        if query.isForWorkload {
            parts = ["m2m", workload, provider] + query.scopes.names.sorted()
        } else {
            let user = world.switches.holds(.vaultPerUser) ? query.user.key : "anybody"
            parts = [query.isExchanged ? "obo" : "user", workload, provider, user]
            if world.switches.choice(.vaultScopeKey) == "exact" { parts += query.scopes.names.sorted() }
        }
        if !query.audience.isEmpty, isParted(query), world.switches.holds(.vaultAudienceMatch) {
            // Behind an empty name, which no scope has (ledger `machine-token-key`).
            parts.append("")
            parts += query.audience
        }
        return VaultKey(joinedKey(parts))
    }

    /// Whether tokens for one audience are kept apart from those for another (ledger `user-token-audience`).
    private func isParted(_ query: Query) -> Bool {
        query.isForWorkload || query.isExchanged || world.switches.choice(.userAudience) == "apart"
    }

    /// Looks for a token that may be handed out. An expired one with a refresh token is claimed here, before anybody
    /// goes to the network, so that two calls never both use the refresh token (ledger `A18`).
    func look(for query: Query, in transaction: inout Transaction) -> Finding {
        let (id, now) = (key(query), world.clock.now)
        guard var entry = transaction.find(VaultEntryRecord.self, id), isOf(query, entry) else { return .miss }
        guard covers(entry, query, in: &transaction) else { return .miss }
        if isServed(entry, at: now, in: &transaction) { return .hit(entry.accessToken) }
        guard entry.refreshToken != nil, entry.refreshExpires.map({ now < $0 }) ?? true else {
            transaction.remove(VaultEntryRecord.self, id)
            return .miss
        }
        // A claim that old is of a call that never came back.
        if let since = entry.claimedAt, now < since + .minutes(1) { return .busy }
        entry.claimedAt = now
        transaction.save(entry)
        return .stale(entry)
    }

    /// What the stored token of these was granted; nil without one.
    func granted(to query: Query, in transaction: inout Transaction) -> ScopeSet? {
        guard let entry = transaction.find(VaultEntryRecord.self, key(query)), isOf(query, entry) else { return nil }
        return ScopeSet(entry.granted)
    }

    /// Tokens of a provider or for a workload identity that was deleted and made anew belong to nobody (ledger `A32`,
    /// `recreated-identity`).
    private func isOf(_ query: Query, _ entry: VaultEntryRecord) -> Bool {
        entry.callbackID == query.provider.callbackID && world.switches.isSameIdentity(entry.birth, query.birth)
    }

    /// Puts an answer of the token endpoint into the vault in place of what was there.
    func keep(_ answer: TokenAnswer, for query: Query, in transaction: inout Transaction) {
        let now = world.clock.now
        let withoutScopes = world.switches.choice(.vaultEmptyScope) == "requested" ? query.scopes.names : []
        save(
            VaultEntryRecord(
                id: key(query), callbackID: query.provider.callbackID, birth: query.birth,
                accessToken: answer.accessToken, expires: answer.lifetime.map { now + $0 },
                refreshToken: answer.refreshToken, refreshExpires: answer.refreshLifetime.map { now + $0 },
                requested: query.scopes.names, granted: answer.scopes?.names ?? withoutScopes),
            in: &transaction)
    }

    func drop(_ query: Query, in transaction: inout Transaction) {
        transaction.remove(VaultEntryRecord.self, key(query))
    }

    /// Ends a claim with what the token endpoint said. Returns the new access token, or nil where the user has to be
    /// asked again (ledger `E69`).
    func settle(
        _ claim: VaultEntryRecord, with outcome: TokenOutcome, in transaction: inout Transaction
    ) -> Secret? {
        // Dropped or replaced while the request was under way: what came belongs to nobody.
        guard var entry = transaction.find(VaultEntryRecord.self, claim.id), entry.claimedAt == claim.claimedAt,
            entry.refreshToken == claim.refreshToken
        else { return nil }
        switch outcome {
        case .granted(let answer):
            let now = world.clock.now
            entry.claimedAt = nil
            entry.accessToken = answer.accessToken
            entry.expires = answer.lifetime.map { now + $0 }
            // Who rotates sends a new refresh token, who does not sends none and means the old one.
            if let next = answer.refreshToken {
                entry.refreshToken = next
                entry.refreshExpires = answer.refreshLifetime.map { now + $0 }
            }
            if let scopes = answer.scopes { entry.granted = scopes.names }
            save(entry, in: &transaction)
            return entry.accessToken
        case .refused:
            transaction.remove(VaultEntryRecord.self, entry.id)
        case .unavailable, .secretMissing:
            entry.claimedAt = nil
            transaction.save(entry)
        }
        return nil
    }

    private func save(_ entry: VaultEntryRecord, in transaction: inout Transaction) {
        transaction.save(passing: entry, at: world.clock.now)
        for secret in [entry.accessToken, entry.refreshToken].compactMap({ $0 }) {
            transaction.append(.token(.held(id: tokenID(secret.exposed), by: "vault")), at: world.clock.now)
        }
    }

    /// Requested scopes have to be among the granted ones (ledger `A22`).
    private func covers(_ entry: VaultEntryRecord, _ query: Query, in transaction: inout Transaction) -> Bool {
        let granted = ScopeSet(entry.granted)
        let missing = query.scopes.names.filter { !granted.contains($0) }
        if missing.isEmpty { return true }
        let vendor = VendorTraits.of(query.provider.vendor)
        if missing.allSatisfy({ vendor.covers($0, granted.contains) }) { return true }
        guard world.switches.holds(.vaultScopeMatch) else { return true }
        world.note(
            "the stored token was granted less than what is asked for", rule: .vaultScopeMatch, in: &transaction)
        return false
    }

    private func isServed(
        _ entry: VaultEntryRecord, at now: Instant, in transaction: inout Transaction
    ) -> Bool {
        guard let expires = entry.expires, expires <= now else { return true }
        guard world.switches.holds(.expiredTokenNotServed) else { return true }
        world.note("the stored access token has expired", rule: .expiredTokenNotServed, in: &transaction)
        return false
    }
}
