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
    let ownSecrets: OwnSecrets
    /// Private keys that stand for those in AWS KMS.
    let keys: TokenSigner?

    /// Endpoints of a provider; nil where discovery does not give them (ledger `E68`).
    func endpoints(of provider: CredentialProviderRecord) async -> ProviderEndpoints? {
        switch provider.discovery {
        case .metadata(let issuer, let authorize, let token, let methods):
            guard areAllowed([authorize, token]) else { return nil }
            return ProviderEndpoints(
                issuer: issuer.isEmpty ? nil : issuer, authorizationEndpoint: authorize, tokenEndpoint: token,
                methods: methods, promisesIssuer: false)
        case .url(let url):
            guard let document = await documents.get(url)?.document,
                let metadata = try? AuthorizationServerMetadata(json: document),
                isNamed(metadata.issuer, by: url),
                areAllowed([metadata.issuer, metadata.authorizationEndpoint, metadata.tokenEndpoint])
            else { return nil }
            return ProviderEndpoints(
                issuer: metadata.issuer, authorizationEndpoint: metadata.authorizationEndpoint,
                tokenEndpoint: metadata.tokenEndpoint, methods: metadata.tokenEndpointAuthMethods,
                promisesIssuer: metadata.issParameterSupported)
        }
    }

    /// One request to the token endpoint; an exchange on behalf of a user may be made without client authentication.
    func token(
        _ grant: Form, of provider: CredentialProviderRecord, isOnBehalf: Bool = false
    ) async -> TokenOutcome {
        guard let endpoints = await endpoints(of: provider) else { return .unavailable("discovery failed") }
        var form = grant
        // GitHub answers with a form unless JSON is asked for (ledger `github-json-accept`).
        var headers: HTTPFields = [.accept: "application/json", .contentType: Form.mediaType]
        let method = method(of: provider, endpoints, isOnBehalf: isOnBehalf)
        var secret = provider.clientSecret
        if let reference = provider.secretReference, method.needsSecret {
            secret = await ownSecrets.value(reference, account: provider.account)
            guard secret != nil else { return .secretMissing }
        }
        switch (method, secret) {
        case (.assertion(let algorithm), _):
            guard let assertion = await assertion(of: provider, endpoints, algorithm) else {
                return .unavailable("no key for \(algorithm) to authenticate the client with")
            }
            Self.add(assertion, of: provider, to: &form)
        case (.identityToken, _):
            let token = await webIdentityToken(for: endpoints.tokenEndpoint, account: provider.account)
            guard let token else { return .unavailable("no AWS identity token to authenticate the client with") }
            Self.add(token.exposed, of: provider, to: &form)
        case (.basic, let secret?):
            headers[.authorization] = ClientAuthentication.basic(id: provider.clientID, secret: secret.exposed)
        case (.post, let secret?):
            form.append("client_id", provider.clientID)
            form.append("client_secret", secret.exposed)
        case (.none, _), (_, nil): form.append("client_id", provider.clientID)
        }
        let request = Request(.post, endpoints.tokenEndpoint, headers: headers, body: Array(form.encoded.utf8))
        do throws(NetworkFailure) {
            return checked(TokenOutcome(try await world.network.send(request)), grant)
        } catch {
            return .unavailable("the token endpoint did not answer")
        }
    }

    /// RFC 8693 section 2.2.1: whoever exchanges a token is told what kind came of it (ledger `8693-06`).
    private func checked(_ outcome: TokenOutcome, _ grant: Form) -> TokenOutcome {
        guard case .granted(let answer) = outcome, !answer.namesIssuedType,
            grant["grant_type"] == ExchangeGrant.tokenExchange, world.switches.holds(.issuedTokenType)
        else { return outcome }
        let words = "the token endpoint's answer names no issued_token_type"
        world.note(words, rule: .issuedTokenType)
        return .unavailable(words)
    }

    /// RFC 7523 section 2.2.
    private static func add(_ assertion: String, of provider: CredentialProviderRecord, to form: inout Form) {
        form.append("client_id", provider.clientID)
        form.append("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
        form.append("client_assertion", assertion)
    }

    private enum Method {
        case basic
        case post
        /// Private-key JWT, RFC 7523 section 2.2.
        case assertion(algorithm: String)
        /// The same with a token that AWS signs instead of the client.
        case identityToken
        case none

        var needsSecret: Bool {
            switch self {
            case .basic, .post: true
            case .assertion, .identityToken, .none: false
            }
        }
    }

    /// The provider's own setting, else what the metadata offers, Basic before a form (ledger `client-authentication`).
    private func method(
        of provider: CredentialProviderRecord, _ endpoints: ProviderEndpoints, isOnBehalf: Bool
    ) -> Method {
        let custom = provider.configuration["customOauth2ProviderConfig"]
        let onBehalf = custom?["onBehalfOfTokenExchangeConfig"]?["onBehalfOfAuthenticationConfig"]
        if isOnBehalf, onBehalf?["clientAuthenticationMethod"] == "NO_CLIENT" { return .none }
        switch provider.authenticationMethod {
        case "CLIENT_SECRET_POST": return .post
        case "CLIENT_SECRET_BASIC": return .basic
        case "PRIVATE_KEY_JWT":
            return .assertion(algorithm: custom?["privateKeyJwtConfig"]?["signingAlgorithm"]?.string ?? "RS256")
        case "AWS_IAM_ID_TOKEN_JWT": return .identityToken
        default: break
        }
        if VendorTraits.of(provider.vendor).sendsSecretInForm { return .post }
        let methods = endpoints.methods
        return methods.contains("client_secret_post") && !methods.contains("client_secret_basic") ? .post : .basic
    }

    /// RFC 7523 section 3: who the client is, for this authorization server, for a few minutes, once.
    private func assertion(
        of provider: CredentialProviderRecord, _ endpoints: ProviderEndpoints, _ algorithm: String
    ) async -> String? {
        let now = world.clock.now.seconds
        var claims: JSONObject = [
            "iss": .string(provider.clientID), "sub": .string(provider.clientID),
            "aud": .string(endpoints.tokenEndpoint), "jti": .string(world.entropy.uuid(for: "client-assertion")),
            "iat": .int(now), "exp": .int(now + 300),
        ]
        let added = provider.configuration["customOauth2ProviderConfig"]?["privateKeyJwtConfig"]?[
            "additionalPayloadClaims"]?.object
        // What the standard has is not for a configuration to change.
        for member in added?.members ?? [] where claims[member.name] == nil { claims[member.name] = member.value }
        return await signed(claims, algorithm)
    }

    /// What AWS STS gives for GetWebIdentityToken: a signed statement about the account, for one audience
    /// (ledger `sts-identity-token`).
    func webIdentityToken(for audience: String, account: String) async -> Secret? {
        let now = world.clock.now.seconds
        let claims: JSONObject = [
            "iss": .string("https://\(account).tokens.sts.global.api.aws"),
            "sub": .string("arn:aws:iam::\(account):role/bedrock-agentcore"), "aud": .string(audience),
            "jti": .string(world.entropy.uuid(for: "web-identity")), "iat": .int(now), "exp": .int(now + 300),
            "https://sts.amazonaws.com/": ["aws_account": .string(account)],
        ]
        return await signed(claims, "RS256").map { Secret($0) }
    }

    private func signed(_ claims: JSONObject, _ algorithm: String) async -> String? {
        let published = keys?.publicKeys["keys"]?.array ?? []
        guard let key = published.first(where: { $0["alg"]?.string == algorithm })?["kid"]?.string else { return nil }
        return try? await keys?.sign(claims, keyID: key)
    }

    /// RFC 8414 section 3.3, OpenID Connect Discovery section 4.3: the issuer is the one the URL was built from;
    /// whether that one ended in a slash the URL does not tell.
    private func isNamed(_ issuer: String, by url: String) -> Bool {
        let bare = issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer
        let expected = [
            AuthorizationServerMetadata.openIDURL(of: issuer), AuthorizationServerMetadata.oauthURL(of: bare) ?? "",
        ]
        guard !expected.contains(url), world.switches.holds(.discoveryIssuerMatch) else { return true }
        world.note("the discovery document names another issuer than its address", rule: .discoveryIssuerMatch)
        return false
    }

    /// A document that somebody wrote sends neither a browser nor the client's secret inside a network (ledger `A24`).
    private func areAllowed(_ urls: [String]) -> Bool { urls.allSatisfy(PublicDocument(world: world).permits) }
}
