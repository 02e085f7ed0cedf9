import AWSCore
import HTTPTypes
import Kernel
import OAuthCore

/// Where a credential provider's authorization server is reached and how.
struct ProviderEndpoints: Hashable, Sendable {
    let issuer: String?
    let authorizationEndpoint: String
    let tokenEndpoint: String
    /// Client authentication its metadata offers.
    let methods: [String]
    /// RFC 9207 section 3: it names itself in every authorization response.
    let promisesIssuer: Bool
}

/// The identity service as an OAuth client of a credential provider's authorization server.
struct ProviderClient {
    let world: World
    let documents: DocumentCache

    /// Endpoints of a provider; nil where discovery does not give them (ledger `E68`).
    func endpoints(of provider: CredentialProviderRecord) async -> ProviderEndpoints? {
        switch provider.discovery {
        case .metadata(let issuer, let authorize, let token, let methods):
            guard Self.isWeb(authorize), Self.isWeb(token) else { return nil }
            return ProviderEndpoints(
                issuer: issuer.isEmpty ? nil : issuer, authorizationEndpoint: authorize, tokenEndpoint: token,
                methods: methods, promisesIssuer: false)
        case .url(let url):
            guard let document = await documents.get(url)?.document,
                let metadata = try? AuthorizationServerMetadata(json: document),
                isNamed(metadata.issuer, by: url)
            else { return nil }
            return ProviderEndpoints(
                issuer: metadata.issuer, authorizationEndpoint: metadata.authorizationEndpoint,
                tokenEndpoint: metadata.tokenEndpoint, methods: metadata.tokenEndpointAuthMethods,
                promisesIssuer: metadata.issParameterSupported)
        }
    }

    /// One request to the token endpoint.
    func token(_ grant: Form, of provider: CredentialProviderRecord) async -> TokenOutcome {
        guard let endpoints = await endpoints(of: provider) else { return .unavailable("discovery failed") }
        var form = grant
        // GitHub answers with a form unless JSON is asked for (ledger `github-json-accept`).
        var headers: HTTPFields = [.accept: "application/json", .contentType: "application/x-www-form-urlencoded"]
        switch (method(of: provider, endpoints), provider.clientSecret) {
        case (_, nil): form.append("client_id", provider.clientID)
        case (.basic, let secret?):
            headers[.authorization] = ClientAuthentication.basic(id: provider.clientID, secret: secret.exposed)
        case (.post, let secret?):
            form.append("client_id", provider.clientID)
            form.append("client_secret", secret.exposed)
        }
        let request = Request(.post, endpoints.tokenEndpoint, headers: headers, body: Array(form.encoded.utf8))
        do throws(NetworkFailure) {
            return TokenOutcome(try await world.network.send(request))
        } catch {
            return .unavailable("the token endpoint did not answer")
        }
    }

    private enum Method {
        case basic
        case post
    }

    /// The provider's own setting, else what the metadata offers, Basic before a form (ledger `client-authentication`).
    private func method(of provider: CredentialProviderRecord, _ endpoints: ProviderEndpoints) -> Method {
        switch provider.authenticationMethod {
        case "CLIENT_SECRET_POST": return .post
        case "CLIENT_SECRET_BASIC": return .basic
        default: break
        }
        // GitHub's documentation shows the secret in the form.
        if provider.vendor == "GithubOauth2" { return .post }
        let methods = endpoints.methods
        return methods.contains("client_secret_post") && !methods.contains("client_secret_basic") ? .post : .basic
    }

    /// RFC 8414 section 3.3, OpenID Connect Discovery section 4.3: the issuer is the one the URL was built from;
    /// whether that one ended in a slash the URL does not tell.
    private func isNamed(_ issuer: String, by url: String) -> Bool {
        let bare = issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer
        let expected = [
            AuthorizationServerMetadata.openIDURL(of: issuer), AuthorizationServerMetadata.oauthURL(of: bare) ?? "",
        ]
        guard !expected.contains(url), world.switches.holds(.discoveryIssuerMatch) else { return true }
        let text = "the discovery document names another issuer than its address"
        world.store.append(
            .note(Note(party: world.party, rule: .discoveryIssuerMatch, text)), at: world.clock.now)
        return false
    }

    private static func isWeb(_ url: String) -> Bool {
        guard let parts = URLParts(url) else { return false }
        return ["https", "http"].contains(parts.scheme) && parts.userInfo == nil
    }
}
