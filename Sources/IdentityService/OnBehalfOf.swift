import AWSCore
import Kernel
import OAuthCore

// GetResourceOauth2Token with ON_BEHALF_OF_TOKEN_EXCHANGE: the user's token is exchanged at the provider for one that a
// resource takes, without anybody being asked (ledger `obo-flow`).
extension IdentityService {
    func exchangedToken(_ request: TokenRequest) async throws(AWSError) -> JSONValue {
        let (query, provider) = (request.query, request.query.provider)
        guard case .token(_, _, let artifact) = query.user else {
            throw AWSError(
                .validation, "ON_BEHALF_OF_TOKEN_EXCHANGE requires a workload access token that was made from a JWT")
        }
        guard let grant = ExchangeGrant(provider) else {
            throw AWSError(
                .validation,
                "Credential provider \(provider.name) is not configured for ON_BEHALF_OF_TOKEN_EXCHANGE")
        }
        let isKept = world.switches.isOn(.exchangeCache)
        if isKept {
            let finding = try transact { transaction throws(Refusal) in
                forget(request, in: &transaction)
                return vault.look(for: query, in: &transaction)
            }
            if case .hit(let token) = finding { return ["accessToken": .string(token.exposed)] }
        }
        var form = grant.form(subject: artifact)
        if case .exchange(let actor) = grant, let actor {
            try await add(actor, to: &form, of: provider)
        }
        if !query.scopes.isEmpty { form.append("scope", query.scopes.spaceSeparated) }
        add(request.audience, to: &form)
        form = CustomParameters(world: world, custom: request.customParameters, replaceable: ["subject_token_type"])
            .added(to: form)
        let outcome = await providers.token(form, of: provider, isOnBehalf: true)
        switch outcome {
        case .granted(let answer):
            try transact { transaction throws(Refusal) in
                // Otherwise the next call exchanges anew: what was given belongs to this one.
                if isKept { vault.keep(answer, for: query, in: &transaction) }
            }
            return ["accessToken": .string(answer.accessToken.exposed)]
        case .refused(let code): throw AWSError(.validation, "The token exchange was refused: \(code)")
        case .unavailable(let why): throw AWSError(.validation, "The token could not be exchanged: \(why)")
        case .secretMissing: throw ownSecrets.missing(provider.name)
        }
    }

    /// RFC 8693 section 2.1: who acts, beside the one on whose behalf.
    private func add(
        _ actor: ExchangeGrant.Actor, to form: inout Form, of provider: CredentialProviderRecord
    ) async throws(AWSError) {
        switch actor {
        case .machine(let scopes):
            var request: Form = ["grant_type": "client_credentials"]
            if !scopes.isEmpty { request.append("scope", scopes.joined(separator: " ")) }
            let outcome = await providers.token(request, of: provider)
            guard case .granted(let answer) = outcome else { throw machineFailure(outcome, provider) }
            form.append("actor_token", answer.accessToken.exposed)
            form.append("actor_token_type", "urn:ietf:params:oauth:token-type:access_token")
        case .identityToken:
            guard let endpoints = await providers.endpoints(of: provider),
                let token = await providers.webIdentityToken(for: endpoints.tokenEndpoint, account: provider.account)
            else { throw AWSError(.validation, "No AWS identity token could be made for the actor") }
            form.append("actor_token", token.exposed)
            form.append("actor_token_type", "urn:ietf:params:oauth:token-type:jwt")
        }
    }
}

/// How a provider exchanges tokens: `onBehalfOfTokenExchangeConfig`, or a built-in vendor's own way.
enum ExchangeGrant: Hashable {
    enum Actor: Hashable {
        /// The client's own token by client credentials.
        case machine(scopes: [String])
        /// A signed statement of AWS about who calls.
        case identityToken
    }

    /// RFC 8693.
    case exchange(Actor?)
    /// RFC 7523 section 2.1; a built-in Microsoft provider says what it is used for.
    case assertion(saysUse: Bool)

    /// nil for a provider that exchanges nothing: of the built-in vendors one does (ledger `obo-providers`).
    init?(_ provider: CredentialProviderRecord) {
        guard !VendorTraits.of(provider.vendor).exchangesByAssertion else {
            self = .assertion(saysUse: true)
            return
        }
        let configuration = provider.configuration["customOauth2ProviderConfig"]?["onBehalfOfTokenExchangeConfig"]
        switch configuration?["grantType"]?.string {
        case "JWT_AUTHORIZATION_GRANT": self = .assertion(saysUse: false)
        case "TOKEN_EXCHANGE":
            let details = configuration?["tokenExchangeGrantTypeConfig"]
            switch details?["actorTokenContent"]?.string {
            case "M2M": self = .exchange(.machine(scopes: details?["actorTokenScopes"]?.strings ?? []))
            case "AWS_IAM_ID_TOKEN_JWT": self = .exchange(.identityToken)
            default: self = .exchange(nil)
            }
        default: return nil
        }
    }

    static let tokenExchange = "urn:ietf:params:oauth:grant-type:token-exchange"

    func form(subject: Secret) -> Form {
        switch self {
        case .exchange:
            return [
                "grant_type": Self.tokenExchange,
                "subject_token": subject.exposed, "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
            ]
        case .assertion(let saysUse):
            var form: Form = [
                "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": subject.exposed,
            ]
            if saysUse { form.append("requested_token_use", "on_behalf_of") }
            return form
        }
    }
}
