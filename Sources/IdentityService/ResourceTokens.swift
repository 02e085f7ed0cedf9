import AWSCore
import Kernel
import OAuthCore

// GetResourceOauth2Token.
extension IdentityService {
    func resourceOauth2Token(_ call: Call) async throws(AWSError) -> JSONValue {
        let flow = call.input["oauth2Flow"]?.string ?? ""
        let request = try transact { transaction throws(Refusal) in
            try self.request(call, flow, in: &transaction)
        }
        switch flow {
        case "M2M": return try await workloadToken(request)
        case "ON_BEHALF_OF_TOKEN_EXCHANGE": return try await exchangedToken(request)
        default: return try await userToken(request, polling: call.input["sessionUri"]?.string)
        }
    }

    /// What a call asks for, looked up and allowed.
    struct TokenRequest {
        let query: TokenVault.Query
        let returnURL: String
        let customParameters: JSONObject
        let customState: String?
        let audience: TokenAudience
        let isForced: Bool
        let notify: String?

        /// Goes on with what a session had asked for; a poll never forces.
        func polled(_ query: TokenVault.Query) -> TokenRequest {
            TokenRequest(
                query: query, returnURL: returnURL, customParameters: customParameters, customState: customState,
                audience: audience, isForced: false, notify: notify)
        }
    }

    private func request(
        _ call: Call, _ flow: String, in transaction: inout Transaction
    ) throws(Refusal) -> TokenRequest {
        let input = call.input
        let (token, workload) = try caller(of: call, in: &transaction)
        var returnURL = ""
        if flow == "USER_FEDERATION" {
            guard token.user != .nobody else {
                throw Refusal(.validation, "USER_FEDERATION requires a workload access token that names a user")
            }
            returnURL = try allowedReturnURL(of: call, workload, in: &transaction)
        }
        let name = ProviderName(input["resourceCredentialProviderName"]?.string ?? "")
        guard let provider = transaction.find(CredentialProviderRecord.self, name.of(token.account)) else {
            throw Refusal(.resourceNotFound, "Resource credential provider with name \(name) not found")
        }
        let custom = input["customParameters"]?.object ?? [:]
        let audience = TokenAudience(
            resources: input["resources"]?.strings ?? [], audiences: input["audiences"]?.strings ?? [])
        // A consent's custom parameters go to the authorization endpoint.
        let deciding = flow == "USER_FEDERATION" ? [:] : custom
        return TokenRequest(
            query: TokenVault.Query(
                workload: workload.id, birth: workload.birth, user: token.user, provider: provider,
                scopes: ScopeSet(input["scopes"]?.strings ?? []), isForWorkload: flow == "M2M",
                isExchanged: flow == "ON_BEHALF_OF_TOKEN_EXCHANGE",
                audience: TokenVault.audience(audience, deciding)),
            returnURL: returnURL, customParameters: custom, customState: input["customState"]?.string,
            audience: audience, isForced: input["forceAuthentication"]?.bool ?? false, notify: call.notify)
    }

    // MARK: USER_FEDERATION

    private func userToken(_ request: TokenRequest, polling uri: String?) async throws(AWSError) -> JSONValue {
        var request = request
        if let uri {
            switch try transact({ transaction throws(Refusal) in try poll(uri, request, in: &transaction) }) {
            case .answer(let answer): return answer
            case .bound(let query): request = request.polled(query)
            }
        }
        let key = vault.key(request.query).rawValue
        for round in 0..<Self.patience {
            let next = try transact { transaction throws(Refusal) -> Next in
                if round == 0 { forget(request, in: &transaction) }
                let finding = vault.look(for: request.query, in: &transaction)
                // In the transaction that claims the entry, so that nobody finds a claim without a flight.
                if case .stale = finding { _ = flights.begin(key) }
                guard case .miss = finding else { return .found(finding) }
                if let uri { return .answer(Self.status(uri, "FAILED")) }
                return .session(begin(request, in: &transaction))
            }
            switch next {
            case .answer(let answer): return answer
            case .session(let session): return opened(session)
            case .found(.hit(let token)): return ["accessToken": .string(token.exposed)]
            case .found(.stale(let entry)):
                let token = try await refreshed(entry, of: request.query.provider)
                if let token { return ["accessToken": .string(token.exposed)] }
                return try unrefreshed(request, polling: uri)
            case .found(.busy):
                // Somebody is refreshing it: what that brings is for everybody (ledger `vault-one-flight`).
                guard let landed = await flights.join(key), !landed else { continue }
                return try unrefreshed(request, polling: uri)
            case .found(.miss): continue
            }
        }
        throw AWSError(.throttling, "The access token is being refreshed, try again")
    }

    /// How often a call looks again while another one refreshes.
    private static let patience = 1_000

    /// A refresh brought nothing: the user is asked again (ledger `E69`).
    private func unrefreshed(_ request: TokenRequest, polling uri: String?) throws(AWSError) -> JSONValue {
        if let uri { return Self.status(uri, "FAILED") }
        return opened(try transact { transaction throws(Refusal) in begin(request, in: &transaction) })
    }

    private enum Next: Sendable {
        case answer(JSONValue)
        case session(AuthorizationSessionRecord)
        case found(TokenVault.Finding)
    }

    /// Forced authentication: what is stored goes, refresh token included (ledger `E70`).
    func forget(_ request: TokenRequest, in transaction: inout Transaction) {
        guard request.isForced, world.switches.holds(.forcedAuthenticationDropsToken) else { return }
        vault.drop(request.query, in: &transaction)
        note(.forcedAuthenticationDropsToken, "stored tokens dropped by forceAuthentication", in: &transaction)
    }

    /// A new session; it ends the older ones of the same workload, user and provider (ledger `P2`).
    private func begin(_ request: TokenRequest, in transaction: inout Transaction) -> AuthorizationSessionRecord {
        let (query, now) = (request.query, world.clock.now)
        let session = AuthorizationSessionRecord(
            id: SessionURI("urn:ietf:params:oauth:request_uri:" + sessionName()),
            state: .issued, workload: query.workload, birth: query.birth, user: query.user,
            provider: query.provider.id, callbackID: query.provider.callbackID, scopes: query.scopes.names,
            customParameters: request.customParameters, resources: request.audience.resources,
            audiences: request.audience.audiences, returnURL: request.returnURL, customState: request.customState,
            oauthState: world.entropy.uuid(for: "authorization-state"),
            verifier: Secret(world.entropy.text(64, from: .base64URL, for: "code-verifier")), notify: request.notify,
            expires: now + Self.sessionLifetime)
        let supersedes = world.switches.isOn(request.isForced ? .forceSupersedes : .sessionSupersede)
        if supersedes, world.switches.isOn(.sessionSupersede), world.switches.holds(.newestSessionWins) {
            let older = transaction.find(AuthorizationSessionRecord.self, where: "owner", is: session.owner)
            for var old in older where old.state.isPending {
                guard let effects = try? apply(.superseded, to: &old, in: &transaction) else { continue }
                tell(old, effects)
            }
        }
        transaction.save(passing: session, at: now)
        noteTransition(of: session, from: nil, "GetResourceOauth2Token", in: &transaction)
        // Here, so that it is kept with the session it ends.
        let label = "identity session-expired \(session.id)"
        world.scheduler.schedule(Alarm(due: session.expires, party: world.party, label: label))
        return session
    }

    /// Nobody said how long it is (ledger `U26`).
    private func sessionName() -> String {
        guard world.switches.choice(.sessionURIForm) == "48" else {
            return world.entropy.text(88, from: .base64URL, for: "session-uri")
        }
        return Base64.encodeURL(world.entropy.uuid(for: "session-uri").utf8)
    }

    private func opened(_ session: AuthorizationSessionRecord) -> JSONValue {
        [
            "authorizationUrl": .string(AWSNames.authorizationURL(session.id.rawValue, in: world.addresses)),
            "sessionUri": .string(session.id.rawValue), "sessionStatus": "IN_PROGRESS",
        ]
    }

    private func refreshed(
        _ entry: VaultEntryRecord, of provider: CredentialProviderRecord
    ) async throws(AWSError) -> Secret? {
        let form: Form = [
            "grant_type": "refresh_token", "refresh_token": entry.refreshToken?.exposed ?? "",
        ]
        let outcome = await providers.token(form, of: provider)
        var token: Secret?
        // Landed whatever happens: nobody may wait for ever.
        defer { flights.land(entry.id.rawValue, token != nil) }
        token = try transact { transaction throws(Refusal) in
            vault.settle(entry, with: outcome, in: &transaction)
        }
        // Another consent would not help: the new code could not be exchanged either.
        if outcome == .secretMissing { throw ownSecrets.missing(provider.name) }
        return token
    }

    // MARK: polling

    private enum Polled: Sendable {
        case answer(JSONValue)
        case bound(TokenVault.Query)
    }

    /// How a running session stands; only for the workload and user that began it.
    private func poll(
        _ uri: String, _ request: TokenRequest, in transaction: inout Transaction
    ) throws(Refusal) -> Polled {
        let query = request.query
        let owner = AuthorizationSessionRecord.owner(query.workload, query.user, query.provider.id)
        guard let session = transaction.find(AuthorizationSessionRecord.self, SessionURI(uri)),
            areSame(session.owner, owner),
            world.switches.isSameIdentity(session.birth, query.birth)
        else { throw Refusal(.accessDenied, Self.sessionRefusal) }
        switch session.state {
        case .failed, .superseded: return .answer(Self.status(uri, "FAILED"))
        case .issued, .atProvider, .codeReceived:
            return .answer(Self.status(uri, obstacle(to: session, wasUsed: false) == nil ? "IN_PROGRESS" : "FAILED"))
        case .bound:
            // The token the session brought, also where the user granted less than was asked for: who polls asks how
            // the consent went, not whether it was enough (ledger `poll-narrowed`).
            let audience = TokenVault.audience(session.audience)
            let whole = query.asking(for: session.scopes, audience)
            if world.switches.choice(.pollNarrowed) == "token",
                let granted = vault.granted(to: whole, in: &transaction)
            {
                return .bound(query.asking(for: session.scopes.filter { granted.contains($0) }, audience))
            }
            return .bound(whole)
        }
    }

    private static func status(_ uri: String, _ status: String) -> JSONValue {
        ["sessionUri": .string(uri), "sessionStatus": .string(status)]
    }

    // MARK: M2M

    /// The workload's own token by client credentials, RFC 6749 section 4.4.
    private func workloadToken(_ request: TokenRequest) async throws(AWSError) -> JSONValue {
        let key = vault.key(request.query).rawValue
        for round in 0..<Self.patience {
            var isFirst = false
            let finding: TokenVault.Finding
            do throws(AWSError) {
                finding = try transact { transaction throws(Refusal) -> TokenVault.Finding in
                    if round == 0 { forget(request, in: &transaction) }
                    let finding = vault.look(for: request.query, in: &transaction)
                    if case .hit = finding { return finding }
                    // In the transaction that looks: a flight that lands later has not kept its token yet.
                    isFirst = flights.begin(key)
                    return finding
                }
            } catch {
                if isFirst { flights.land(key, false) }
                throw error
            }
            if case .hit(let token) = finding { return ["accessToken": .string(token.exposed)] }
            guard isFirst else {
                guard let landed = await flights.join(key), !landed else { continue }
                throw Self.machineFailure
            }
            return try await fetchedWorkloadToken(request, key)
        }
        throw AWSError(.throttling, "The access token is being fetched, try again")
    }

    /// Ledger `m2m-failure`.
    private static let machineFailure = AWSError(.validation, "ClientCredentials response parse error")

    func machineFailure(_ outcome: TokenOutcome, _ provider: CredentialProviderRecord) -> AWSError {
        outcome == .secretMissing ? ownSecrets.missing(provider.name) : Self.machineFailure
    }

    /// RFC 8707 section 2.2, RFC 8693 section 2.1 (ledger `resources-sent`, `audiences-sent`).
    func add(_ audience: TokenAudience, to form: inout Form) {
        if world.switches.choice(.tokenResources) == "resource" {
            for resource in audience.resources { form.append("resource", resource) }
        }
        if world.switches.choice(.tokenAudiences) == "audience" {
            for name in audience.audiences { form.append("audience", name) }
        }
    }

    private func fetchedWorkloadToken(_ request: TokenRequest, _ key: String) async throws(AWSError) -> JSONValue {
        var isKept = false
        defer { flights.land(key, isKept) }
        var form: Form = ["grant_type": "client_credentials"]
        if !request.query.scopes.isEmpty { form.append("scope", request.query.scopes.spaceSeparated) }
        add(request.audience, to: &form)
        form = CustomParameters(world: world, custom: request.customParameters).added(to: form)
        let provider = request.query.provider
        let outcome = await providers.token(form, of: provider)
        guard case .granted(let answer) = outcome else { throw machineFailure(outcome, provider) }
        try transact { transaction throws(Refusal) in vault.keep(answer, for: request.query, in: &transaction) }
        isKept = true
        return ["accessToken": .string(answer.accessToken.exposed)]
    }
}
