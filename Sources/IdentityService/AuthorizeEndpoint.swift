import AWSCore
import HTTPTypes
import Kernel
import OAuthCore

// GET /identities/oauth2/authorize: from the link a person was given to the provider's own page.
extension IdentityService {
    func authorize(_ request: Request) async -> Response {
        let uri = SessionURI(request.parameters["request_uri"] ?? "")
        let first = opening(uri, nil)
        guard case .possible(let provider) = first else { return page(first) }
        guard let endpoints = await providers.endpoints(of: provider) else {
            // Ledger `E68`: a wrong discovery URL shows itself only here.
            return Self.refusal([AWSError.Field("authorizationCode", "Member must not be null")])
        }
        // Asked again in the transaction that opens it: two clicks may have come this far.
        return page(opening(uri, endpoints))
    }

    private enum Opening: Sendable {
        case refused
        case lapsed
        case possible(CredentialProviderRecord)
        case opened(String)
    }

    /// Opens a session, or (without endpoints) only says whether it can be.
    private func opening(_ uri: SessionURI, _ endpoints: ProviderEndpoints?) -> Opening {
        let result = try? world.store.write { transaction -> Opening in
            guard var session = transaction.find(AuthorizationSessionRecord.self, uri),
                let provider = provider(of: session, in: &transaction)
            else { return .refused }
            if let rule = obstacle(to: session, wasUsed: session.state != .issued) {
                note(rule, "an authorization URL cannot be opened any more", in: &transaction)
                return rule == .sessionLifetime ? .lapsed : .refused
            }
            guard let endpoints else { return .possible(provider) }
            session.issuer = endpoints.issuer
            session.issuerIsPromised = endpoints.promisesIssuer
            try apply(.opened, to: &session, in: &transaction)
            return .opened(providerURL(session, provider, endpoints, in: &transaction))
        }
        if case .lapsed? = result { lapse(uri) }
        return result ?? .refused
    }

    /// The request to the provider: what one captured redirect had, then the custom parameters (ledger `P5`). The
    /// session's URN is not among it (ledger `Q18`).
    private func providerURL(
        _ session: AuthorizationSessionRecord, _ provider: CredentialProviderRecord, _ endpoints: ProviderEndpoints,
        in transaction: inout Transaction
    ) -> String {
        var form: Form = [
            "client_id": provider.clientID,
            "redirect_uri": AWSNames.callbackURL(session.callbackID, in: world.addresses), "response_type": "code",
        ]
        if !session.scopes.isEmpty { form.append("scope", session.scopes.joined(separator: " ")) }
        form.append("state", session.oauthState)
        form.append("code_challenge", PKCE.challenge(for: session.verifier.exposed))
        form.append("code_challenge_method", "S256")
        switch world.switches.choice(.authorizeExtra) {
        case "nonce": form.append("nonce", world.entropy.uuid(for: "authorization-nonce"))
        case "resource": for resource in session.resources { form.append("resource", resource) }
        default: break
        }
        return CustomParameters(world: world, custom: session.customParameters).added(to: form, in: &transaction)
            .added(to: world.addresses.opened(endpoints.authorizationEndpoint))
    }

    private func page(_ opening: Opening) -> Response {
        switch opening {
        case .opened(let url): return Self.redirect(url)
        case .refused, .lapsed, .possible:
            // One answer for unknown, expired and used: which of them it is would help a thief (ledger `U14`).
            guard world.switches.choice(.deadLink) == "page" else { return Self.refusal(Self.sessionRefusal) }
            return HTML.message(
                400, title: "This authorization link does not work",
                "It has expired, was opened before, or never existed. Start again where you came from.")
        }
    }

    private static let referrerPolicy = fieldName("Referrer-Policy")

    /// The URLs on this way carry codes and session URIs: nobody keeps them or passes them on (ledger `A30`).
    static func redirect(_ url: String) -> Response {
        .redirect(url, headers: [.cacheControl: "no-store", referrerPolicy: "no-referrer"])
    }

    /// The browser endpoints' own dialect: one message, in the words of a validation error.
    static func refusal(_ fields: [AWSError.Field]) -> Response {
        refusal(AWSError.invalid(fields).message)
    }

    static func refusal(_ message: String) -> Response { .json(400, ["message": .string(message)]) }
}
