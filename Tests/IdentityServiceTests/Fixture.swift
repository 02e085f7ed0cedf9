import AWSCore
import Foundation
import HTTPTypes
import IdentityService
import Kernel
import OAuthCore
import Synchronization
import TestSupport
import Testing

/// A party whose answers a test scripts; it keeps what it was asked.
final class ScriptedOrigin: Origin {
    private let handler: Mutex<@Sendable (Request) -> Response>
    private let requests = Mutex<[Request]>([])

    init(_ handler: @escaping @Sendable (Request) -> Response) { self.handler = Mutex(handler) }

    func respond(to request: Request) async -> Response {
        requests.withLock { $0.append(request) }
        let handler = handler.withLock { $0 }
        return handler(request)
    }

    func answers(_ handler: @escaping @Sendable (Request) -> Response) { self.handler.withLock { $0 = handler } }
    var received: [Request] { requests.withLock { $0 } }
    /// Bodies of the requests to the token endpoint.
    var tokenForms: [Form] {
        received.filter { $0.method == .post }.map { Form(parsing: String(decoding: $0.body, as: UTF8.self)) }
    }
}

/// An identity service with a scripted authorization server, an inbound provider and a gateway that only listens.
final class Fixture: Sendable {
    static let returnURL = "https://app.example.com/callback"
    static let session = "urn:ietf:params:oauth:request_uri:"
    let clock = VirtualClock(now: Instant(milliseconds: 1_795_168_800_000))
    let store: Store
    let network: InMemoryNetwork
    let service: IdentityService
    let github: ScriptedOrigin
    let custom: ScriptedOrigin
    let signer: TokenSigner
    private let principal = ServicePrincipal(proof: "proof")

    init(off: Set<String> = [], chosen: [String: String] = [:], store: Store = Store()) throws {
        self.store = store
        var hosts = HostTable()
        hosts.add("bedrock-agentcore.us-east-1.amazonaws.com", .aws)
        hosts.add("github.com", .github)
        hosts.add("as.test", Party("as"))
        hosts.add("idp.test", .idp)
        network = InMemoryNetwork(hosts: hosts, clock: clock, store: store)
        let addresses = AddressBook(
            origins: [.aws: "https://bedrock-agentcore.us-east-1.amazonaws.com", .github: "https://github.com"],
            gatewayTemplate: "https://{gatewayId}.gateway.test")
        let world = World(
            party: .aws, clock: PartyClock(clock, for: .aws), scheduler: clock, entropy: SeededEntropy(seed: 1),
            network: network.port(of: .aws), store: store, addresses: addresses,
            switches: Switches(off: off, chosen: chosen))
        service = IdentityService(
            world: world, contract: Checkout.contract,
            settings: AWSSettings(servicePrincipal: principal, addresses: addresses),
            clientKeys: try TokenSigner(keys: Checkout.keys("client-keys")))
        github = ScriptedOrigin { _ in .json(200, ["access_token": "gho_one", "scope": "repo", "token_type": "bearer"])
        }
        custom = ScriptedOrigin(Self.customServer)
        let signer = try TokenSigner(keys: Checkout.keys("inbound-ed25519"))
        self.signer = signer
        network.connect(.aws, service)
        network.connect(.github, github)
        network.connect(Party("as"), custom)
        network.connect(
            .idp,
            ScriptedOrigin { request in
                request.path == "/jwks"
                    ? .json(200, signer.publicKeys)
                    : .json(200, ["issuer": "https://idp.test", "jwks_uri": "https://idp.test/jwks"])
            })
        try fill()
    }

    static let customServer: @Sendable (Request) -> Response = { request in
        switch request.path {
        case "/.well-known/openid-configuration":
            .json(
                200,
                [
                    "issuer": "https://as.test", "authorization_endpoint": "https://as.test/authorize?tenant=1",
                    "token_endpoint": "https://as.test/token", "authorization_response_iss_parameter_supported": true,
                ])
        default:
            .json(
                200,
                [
                    "access_token": "custom_one", "expires_in": 3600, "refresh_token": "refresh_one",
                    "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
                ])
        }
    }

    private func fill() throws {
        let now = clock.now
        try store.write { transaction in
            transaction.save(
                WorkloadIdentityRecord(
                    name: WorkloadName("agent"), account: "000000000000", isServiceLinked: false,
                    allowedReturnURLs: [Self.returnURL], createdAt: now))
            transaction.save(
                WorkloadIdentityRecord(
                    name: WorkloadName("bare"), account: "000000000000", isServiceLinked: false, allowedReturnURLs: nil,
                    createdAt: now))
            transaction.save(
                WorkloadIdentityRecord(
                    name: WorkloadName("gw-abcdefghij"), account: "000000000000", isServiceLinked: true,
                    allowedReturnURLs: nil, createdAt: now))
            for (name, vendor, callback) in [
                ("github", "GithubOauth2", "cb-github"), ("custom", "CustomOauth2", "cb-custom"),
            ] {
                transaction.save(
                    CredentialProviderRecord(
                        name: ProviderName(name), account: "000000000000", vendor: vendor, clientID: "client-\(name)",
                        clientSecret: Secret("s3cret"),
                        discovery: name == "github"
                            ? .metadata(
                                issuer: "https://github.com/login/oauth",
                                authorizationEndpoint: "https://github.com/login/oauth/authorize",
                                tokenEndpoint: "https://github.com/login/oauth/access_token", methods: [])
                            : .url("https://as.test/.well-known/openid-configuration"),
                        authenticationMethod: nil, callbackID: callback, secretSuffix: "abcdef", configuration: [:],
                        createdAt: now))
            }
        }
    }

    // MARK: what a caller does

    func call(
        _ operation: String, _ input: JSONObject, byService: Bool = false, notify: TargetAddress? = nil
    ) async throws -> Response {
        let origin = "https://bedrock-agentcore.us-east-1.amazonaws.com"
        let plain = try Checkout.contract.request(for: operation, input: input, origin: origin)
        let request =
            byService
            ? principal.request(origin + plain.path, .object(input), notify: notify) : plain
        return try await network.send(request, from: .outside)
    }

    func workloadToken(_ workload: String = "agent", user: String = "alice") async throws -> String {
        let answer = try await call(
            "GetWorkloadAccessTokenForUserId", ["workloadName": .string(workload), "userId": .string(user)],
            byService: workload.hasPrefix("gw-"))
        return try #require(answer.json?["workloadAccessToken"]?.string)
    }

    func ask(
        _ token: String, provider: String = "github", scopes: [String] = ["repo"], _ extra: JSONObject = [:],
        byService: Bool = false, notify: TargetAddress? = nil
    ) async throws -> Response {
        let input: JSONObject = [
            "workloadIdentityToken": .string(token), "resourceCredentialProviderName": .string(provider),
            "scopes": .strings(scopes), "oauth2Flow": "USER_FEDERATION",
            "resourceOauth2ReturnUrl": .string(Self.returnURL),
        ]
        var merged = input.merging(extra)
        for member in extra.members where member.value == .null { merged[member.name] = nil }
        return try await call("GetResourceOauth2Token", merged, byService: byService, notify: notify)
    }

    func open(_ url: String) async throws -> Response { try await network.send(Request(.get, url), from: .outside) }

    /// Opens the authorization URL of an answer; gives the parameters the provider is sent.
    func openURL(of answer: Response) async throws -> Form {
        let url = try #require(answer.json?["authorizationUrl"]?.string)
        let hop = try await open(url)
        #expect(hop.status == 302)
        return Form(parsing: try #require(URLParts(hop.header(.location) ?? "")?.query))
    }

    func callback(_ parameters: Form, at id: String = "cb-github") async throws -> Response {
        try await open(
            parameters.added(to: "https://bedrock-agentcore.us-east-1.amazonaws.com/identities/oauth2/callback/\(id)"))
    }

    func complete(_ uri: String, user: String = "alice") async throws -> Response {
        try await call(
            "CompleteResourceTokenAuth", ["sessionUri": .string(uri), "userIdentifier": ["userId": .string(user)]])
    }

    /// From the first question to the callback; gives the session URI.
    @discardableResult
    func consent(
        _ token: String, provider: String = "github", scopes: [String] = ["repo"], _ extra: JSONObject = [:]
    ) async throws -> String {
        let answer = try await ask(token, provider: provider, scopes: scopes, extra)
        let sent = try await openURL(of: answer)
        var back: Form = ["code": "code-1", "state": try #require(sent["state"])]
        if provider == "custom" { back.append("iss", "https://as.test") }
        #expect(try await callback(back, at: "cb-\(provider)").status == 302)
        return try #require(answer.json?["sessionUri"]?.string)
    }

    func jwt(_ subject: String, issuer: String = "https://idp.test", serial: Int64 = 1) async throws -> String {
        try await signer.sign(
            [
                "iss": .string(issuer), "sub": .string(subject), "exp": .int(clock.now.seconds + 3600),
                "jti": .int(serial),
            ])
    }

    /// Moves time and rings the service's alarms; gives those of others.
    @discardableResult
    func advance(_ span: Span) async -> [Alarm] {
        let goal = clock.now + span
        var others: [Alarm] = []
        while let alarm = clock.advance(towards: goal) {
            if alarm.party == .aws { await service.alarmFired(alarm) } else { others.append(alarm) }
        }
        return others
    }

    func transitions(of uri: String) -> [String] {
        store.journal().compactMap { entry in
            guard case .transition(let step) = entry.event, step.subject == "session \(uri)" else { return nil }
            return step.to
        }
    }

    var brokenRules: [String] {
        store.journal().compactMap { entry in
            guard case .note(let note) = entry.event else { return nil }
            return note.rule
        }
    }
}

extension Response {
    var errorType: String? { header(AWSError.typeHeader) }
    var message: String? { json?["message"]?.string }
}
