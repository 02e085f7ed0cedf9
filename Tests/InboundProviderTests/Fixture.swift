import Foundation
import HTTPTypes
import InboundProvider
import Kernel
import OAuthCore
import TestSupport

/// The provider's network: it never calls anybody.
private struct NoNetwork: Network {
    func send(_ request: Request) async throws(NetworkFailure) -> Response {
        throw NetworkFailure(.unknownHost, host: request.head.authority ?? "")
    }
}

/// The inbound provider alone in a world, and a browser that keeps one cookie.
final class Fixture {
    static let issuer = "https://idp.test"
    static let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    let clock = VirtualClock(now: Instant(milliseconds: 1_800_000_000_000))
    let store = Store()
    let signer: TokenSigner
    let provider: InboundProvider
    var cookie: String?

    init(off: Set<String> = [], keys: String = "inbound-ed25519", with changes: JSONObject = [:]) throws {
        signer = try TokenSigner(keys: Checkout.keys(keys))
        let world = World(
            party: .idp, clock: PartyClock(clock, for: .idp), scheduler: clock, entropy: SeededEntropy(seed: 1),
            network: NoNetwork(), store: store,
            addresses: AddressBook(
                origins: [.idp: Self.issuer, .app: "https://app.test"], gatewayTemplate: "https://{gatewayId}.gw.test"),
            switches: Switches(off: off))
        provider = try InboundProvider(
            world: world, profile: InboundProfile(json: .object((Self.profile.object ?? [:]).merging(changes))),
            directory: UserDirectory(json: Self.users),
            signer: signer, region: "eu-west-1")
    }

    private static let profile: JSONValue = [
        "clients": [
            [
                "clientId": "web", "redirectUris": ["{app}/callback", "http://127.0.0.1/callback"],
                "grantTypes": ["authorization_code", "refresh_token"],
                "scopes": ["openid", "email", "profile", "gw/read"],
            ],
            ["clientId": "other", "grantTypes": ["authorization_code", "refresh_token"], "scopes": ["openid"]],
            [
                "clientId": "service", "secret": "s3cret", "grantTypes": ["client_credentials"],
                "scopes": ["gw/read", "gw/write"],
            ],
            [
                "clientId": "exchange", "secret": "s3cret", "scopes": ["gw/read"], "audiences": ["web", "api://own"],
                "grantTypes": [
                    "client_credentials", "urn:ietf:params:oauth:grant-type:token-exchange",
                    "urn:ietf:params:oauth:grant-type:jwt-bearer",
                ],
            ],
        ]
    ]
    private static let users: JSONValue = [
        "users": [
            [
                "name": "alice", "password": "alice", "subject": "s-alice", "email": "alice@example.com",
                "login": "alice-gh", "numericId": 1,
            ]
        ]
    ]

    func send(_ method: HTTPRequest.Method, _ path: String, _ form: Form? = nil, headers: HTTPFields = [:]) async
        -> Response
    {
        var headers = headers
        if form != nil, headers[.contentType] == nil {
            headers[.contentType] = "application/x-www-form-urlencoded"
        }
        if let cookie { headers[.cookie] = cookie }
        let response = await provider.respond(
            to: Request(method, Self.issuer + path, headers: headers, body: Array((form?.encoded ?? "").utf8)))
        if let set = response.header(.setCookie) { cookie = String(set.prefix { $0 != ";" }) }
        return response
    }

    /// A good authorization request; a nil value removes a parameter.
    static func parameters(_ changes: [(String, String?)] = []) -> Form {
        var form: Form = [
            "response_type": "code", "client_id": "web", "redirect_uri": "https://app.test/callback",
            "scope": "openid email gw/read", "state": "a b&c", "nonce": "n-1",
            "code_challenge": PKCE.challenge(for: verifier), "code_challenge_method": "S256",
        ]
        for (name, value) in changes {
            form.pairs.removeAll { $0.name == name }
            form.append(name, value)
        }
        return form
    }

    func authorize(_ changes: [(String, String?)] = []) async -> Response {
        await send(.get, Self.parameters(changes).added(to: "/oauth2/authorize"))
    }

    /// Fills in the sign-in form of a page.
    func signIn(_ page: Response, user: String = "alice", password: String = "alice") async -> Response {
        let token = page.bodyText.split(separator: "name=\"form\" value=\"").last?.prefix { $0 != "\"" } ?? ""
        return await send(
            .post, "/login", ["form": String(token), "username": user, "password": password, "action": "sign-in"])
    }

    /// Query of a redirect.
    func answer(_ response: Response) -> Form {
        Form(parsing: URLParts(response.header(.location) ?? "")?.query ?? "")
    }

    func code(_ changes: [(String, String?)] = []) async -> String {
        let first = await authorize(changes)
        return answer(first.status == 200 ? await signIn(first) : first)["code"] ?? ""
    }

    func redeem(_ code: String, _ changes: [(String, String?)] = []) async -> Response {
        var form: Form = [
            "grant_type": "authorization_code", "client_id": "web", "code": code,
            "redirect_uri": "https://app.test/callback", "code_verifier": Self.verifier,
        ]
        for (name, value) in changes {
            form.pairs.removeAll { $0.name == name }
            form.append(name, value)
        }
        return await send(.post, "/oauth2/token", form)
    }

    func refresh(_ token: String, scope: String? = nil, client: String = "web") async -> Response {
        var form: Form = ["grant_type": "refresh_token", "client_id": client, "refresh_token": token]
        form.append("scope", scope)
        return await send(.post, "/oauth2/token", form)
    }

    func userInfo(_ token: String) async -> Response {
        await send(.get, "/oauth2/userInfo", headers: [.authorization: "bearer \(token)"])
    }

    func signedIn() async -> JSONValue { await redeem(await code()).json ?? [:] }

    func claims(_ token: JSONValue?) async -> JSONObject? {
        let verdict = await TokenVerifier.verify(
            token?.string ?? "", keys: signer.publicKeys, policy: TokenPolicy(issuer: Self.issuer), at: clock.now)
        return try? verdict.get()
    }

    var notes: [String] {
        store.journal().compactMap { if case .note(let note) = $0.event { note.rule } else { nil } }
    }
    var births: [TokenBirth] {
        store.journal().compactMap { if case .token(.issued(let birth)) = $0.event { birth } else { nil } }
    }
    var revoked: Int {
        store.journal().count { if case .token(.revoked) = $0.event { true } else { false } }
    }
}

extension Response {
    var error: String? { json?["error"]?.string }
}
