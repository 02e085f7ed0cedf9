import AWSCore
import Kernel
import OAuthCore

// CompleteResourceTokenAuth: somebody says whose session it is, and only now the code is exchanged.
extension IdentityService {
    /// One text whatever is wrong with a session: a difference would tell a stranger which URN exists (ledger `A2`).
    static let sessionRefusal = "Invalid or expired session"

    func completeResourceTokenAuth(_ call: Call) async throws(AWSError) -> JSONValue {
        let uri = SessionURI(call.input["sessionUri"]?.string ?? "")
        let identity = await identity(call.input["userIdentifier"]?.object ?? [:])
        let claim = try transact { transaction throws(Refusal) in
            claimed(uri, by: identity, call, in: &transaction)
        }
        switch claim {
        case .done: return [:]
        case .lapsed:
            lapse(uri)
            throw AWSError(.accessDenied, Self.sessionRefusal)
        case .refused: throw AWSError(.accessDenied, Self.sessionRefusal)
        case .exchange(let exchange): return try await finish(exchange)
        }
    }

    /// Who somebody claims to be.
    private enum Identity: Sendable {
        case token(String, subject: WorkloadUser?)
        case id(String)
        case none
    }

    private struct Exchange: Sendable {
        let session: AuthorizationSessionRecord
        let provider: CredentialProviderRecord
        let code: Secret
    }

    private enum Claim: Sendable {
        case refused
        case lapsed
        case done
        case exchange(Exchange)
    }

    private func identity(_ identifier: JSONObject) async -> Identity {
        if let id = identifier["userId"]?.string { return .id(id) }
        guard let token = identifier["userToken"]?.string else { return .none }
        guard world.switches.choice(.bindingMode) == "sub" else { return .token(token, subject: nil) }
        let user = await UserTokens(world: world, documents: documents).user(of: token, discoveryURL: nil)
        return .token(token, subject: user)
    }

    /// Checks who completes and that the session can be completed, and claims it: of two calls at once one goes on.
    private func claimed(
        _ uri: SessionURI, by identity: Identity, _ call: Call, in transaction: inout Transaction
    ) -> Claim {
        guard var session = transaction.find(AuthorizationSessionRecord.self, uri) else { return .refused }
        if isStranger(call, to: session.workload.account) {
            note(.accountBoundary, "a session was completed from another account than began it", in: &transaction)
            return .refused
        }
        if !isOwner(identity, of: session), world.switches.holds(.sessionBinding) {
            note(.sessionBinding, "a session was completed with another identity than began it", in: &transaction)
            return .refused
        }
        if session.state == .bound, world.switches.isOn(.completeIdempotent) { return .done }
        if let rule = obstacle(to: session, wasUsed: session.isClaimed || session.state == .bound) {
            note(rule, "a session cannot be completed any more", in: &transaction)
            return rule == .sessionLifetime ? .lapsed : .refused
        }
        guard session.state != .bound else { return .done }
        guard session.state == .codeReceived, let code = session.code else {
            let rule: Rule? = session.state == .superseded ? .newestSessionWins : nil
            note(rule, "a session in \(session.state.rawValue) cannot be completed", in: &transaction)
            return .refused
        }
        guard let provider = provider(of: session, in: &transaction) else {
            let gone = AuthorizationSessionMachine.Event.exchangeFailed(
                reason: "The credential provider or the workload identity is gone.")
            if let effects = try? apply(gone, to: &session, in: &transaction) { tell(session, effects) }
            return .refused
        }
        session.isClaimed = true
        transaction.save(session)
        return .exchange(Exchange(session: session, provider: provider, code: code))
    }

    /// The original artifact, byte for byte (ledger `E61`), unless a lab lets any token of the same user do (`U7`). A
    /// plain id exactly; never one kind for the other (`E62`).
    private func isOwner(_ identity: Identity, of session: AuthorizationSessionRecord) -> Bool {
        switch (identity, session.user) {
        case (.token(let token, nil), .token(_, _, let artifact)): constantTimeEqual(token, artifact.exposed)
        case (.token(_, let user?), .token): areSame(user.key, session.user.key)
        case (.id(let id), .id(let owner)): constantTimeEqual(id, owner)
        default: false
        }
    }

    /// RFC 6749 section 4.1.3 with RFC 7636 section 4.5.
    private func finish(_ exchange: Exchange) async throws(AWSError) -> JSONValue {
        let session = exchange.session
        var form: Form = [
            "grant_type": "authorization_code", "code": exchange.code.exposed,
            "redirect_uri": AWSNames.callbackURL(session.callbackID, in: world.addresses),
        ]
        if world.switches.holds(.codeVerifierSent) { form.append("code_verifier", session.verifier.exposed) }
        add(session.audience, to: &form)
        let outcome = await providers.token(form, of: exchange.provider)
        let isSettled = try transact { transaction throws(Refusal) in
            settle(exchange, outcome, in: &transaction)
        }
        guard isSettled else { throw AWSError(.accessDenied, Self.sessionRefusal) }
        if outcome == .secretMissing { throw ownSecrets.missing(exchange.provider.name) }
        guard let reason = Self.failure(of: outcome) else { return [:] }
        // Which error this is nobody has written down (ledger `exchange-failure`).
        throw AWSError(.validation, reason)
    }

    /// Puts the token into the vault, or ends the session; false where the session was ended meanwhile, and then what
    /// came is thrown away.
    private func settle(
        _ exchange: Exchange, _ outcome: TokenOutcome, in transaction: inout Transaction
    ) -> Bool {
        guard var session = transaction.find(AuthorizationSessionRecord.self, exchange.session.id) else { return false }
        let event = Self.failure(of: outcome).map { AuthorizationSessionMachine.Event.exchangeFailed(reason: $0) }
        guard let effects = try? apply(event ?? .completed, to: &session, in: &transaction) else { return false }
        if case .granted(let answer) = outcome {
            let query = TokenVault.Query(
                workload: session.workload, birth: session.birth, user: session.user, provider: exchange.provider,
                scopes: ScopeSet(session.scopes), audience: TokenVault.audience(session.audience))
            vault.keep(answer, for: query, in: &transaction)
        }
        tell(session, effects)
        return true
    }

    /// Why an exchange gave no token; nil where it gave one.
    private static func failure(of outcome: TokenOutcome) -> String? {
        switch outcome {
        case .granted: nil
        case .refused(let why), .unavailable(let why): "The authorization code could not be exchanged: \(why)"
        case .secretMissing: "The authorization code could not be exchanged: the client secret was not found"
        }
    }
}
