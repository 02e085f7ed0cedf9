// The OpenID provider that signs in the users of a gateway: Amazon Cognito's tokens, the RFCs' answers.
// It does not know gateways, and it shows no consent page: its clients are its owner's own.

import HTTPTypes
package import Kernel
package import OAuthCore

/// Answers for the inbound provider's origin.
package struct InboundProvider: Origin {
    let world: World
    let profile: InboundProfile
    let directory: UserDirectory
    let signer: TokenSigner
    /// Of the pools that are created here.
    let region: String
    /// As its tokens and its metadata say it.
    let issuer: String
    /// Where its endpoints are.
    let base: String

    private enum Endpoint {
        case metadata
        case keys
        case authorize
        case login
        case token
        case userInfo
        case revoke
    }

    private static let router = {
        var router = Router<Endpoint>()
        router.document("/.well-known/openid-configuration", .metadata)
        router.document("/.well-known/oauth-authorization-server", .metadata)
        router.document("/.well-known/jwks.json", .keys)
        router.on(.get, "/oauth2/authorize", .authorize)
        router.on(.post, "/oauth2/authorize", .authorize)
        router.on(.post, "/login", .login)
        router.on(.post, "/oauth2/token", .token)
        router.document("/oauth2/userInfo", .userInfo)
        router.on(.post, "/oauth2/userInfo", .userInfo)
        router.on(.post, "/oauth2/revoke", .revoke)
        return router
    }()

    package init(
        world: World, profile: InboundProfile, directory: UserDirectory, signer: TokenSigner, region: String
    ) {
        self.world = world
        self.profile = profile.resolved(world.addresses)
        self.directory = directory
        self.signer = signer
        self.region = region
        base = world.addresses.origin(of: .idp)
        issuer = self.profile.tokens.issuer ?? base
    }

    /// The paths it has; a user pool's stand below its own name too.
    package var paths: [String] { Self.router.templates }

    package func respond(to request: Request) async -> Response {
        guard (request.head.path ?? "").utf8.count <= Limits.target else { return .plain(414, "URI too long") }
        guard !request.content.isLonger(than: Limits.body) else {
            return .oauth(OAuthError(.invalidRequest, "The body is too large."), status: 413)
        }
        if let answer = userPoolAnswer(to: request) { return answer }
        let request = withoutPool(withoutTenant(request))
        let endpoint: Endpoint
        switch Self.router.match(request) {
        case .found(let found, _): endpoint = found
        case .otherMethods(let methods):
            let allowed = methods.map(\.rawValue).joined(separator: ", ")
            return .oauth(
                OAuthError(.invalidRequest, "The method is not allowed here."), status: 405,
                headers: [.allow: allowed])
        case .nothing: return HTML.message(404, title: "Not found", "There is nothing at this address.")
        }
        do {
            return try await answer(request, at: endpoint)
        } catch {
            // Only the store or the signer can end here; both are ours.
            world.note("The inbound provider failed: \(error)")
            return .oauth(OAuthError(.serverError, "The inbound provider failed."), status: 500)
        }
    }

    /// Some vendors' discovery documents lie below the root (ledger `entra-v2-access-token`, `okta-access-token`).
    private func withoutTenant(_ request: Request) -> Request {
        guard let start = profile.tokens.discovery, request.path.hasPrefix("\(start)/.well-known/") else {
            return request
        }
        var request = request
        request.head.path = request.head.path.map { String($0.dropFirst(start.count)) }
        return request
    }

    private func answer(_ request: Request, at endpoint: Endpoint) async throws -> Response {
        switch endpoint {
        case .metadata:
            profile.documents.response("metadata \(issuer) \(base) \(signer.algorithms.joined(separator: " "))") {
                .json(200, metadata)
            }
        case .keys: signer.publicKeysAnswer
        case .authorize: try authorize(request)
        case .login: try login(request)
        case .token: try await token(request)
        case .userInfo: await userInfo(request)
        case .revoke: try revoke(request)
        }
    }

    var tokenEndpoint: String { "\(base)/oauth2/token" }

    private var algorithms: [String] { Set(signer.algorithms).sorted() }

    /// OpenID Connect Discovery section 3, with what RFC 8414 and RFC 9207 add.
    private var metadata: JSONValue {
        [
            "issuer": .string(issuer),
            "authorization_endpoint": .string("\(base)/oauth2/authorize"),
            "token_endpoint": .string(tokenEndpoint),
            "userinfo_endpoint": .string("\(base)/oauth2/userInfo"),
            "revocation_endpoint": .string("\(base)/oauth2/revoke"),
            "jwks_uri": .string("\(base)/.well-known/jwks.json"),
            "scopes_supported": .strings(profile.scopes.names),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": .strings(profile.grants),
            "subject_types_supported": [profile.tokens.isPairwise ? "pairwise" : "public"],
            "id_token_signing_alg_values_supported": .strings(algorithms),
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
            "revocation_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
            "claims_supported": [
                "sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "email", "email_verified", "name",
            ],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": true,
        ]
    }
}

/// What no honest request exceeds.
enum Limits {
    static let target = 16_384
    static let body = 65_536
    static let parameters = 64
}
