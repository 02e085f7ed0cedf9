import AWSCore
import Gateway
import HTTPTypes
import Kernel
import MCPCore
import OAuthCore
import Synchronization
import TestSupport

/// A party that answers from a script and remembers what it was asked.
final class Scripted: Origin {
    typealias Handler = @Sendable (Request) -> Response
    private let handler: Mutex<Handler>
    private let requests = Mutex<[Request]>([])
    private let interlude = Interlude()

    init(_ handler: @escaping Handler) { self.handler = Mutex(handler) }

    func respond(to request: Request) async -> Response {
        requests.withLock { $0.append(request) }
        await interlude.play()
        return handler.withLock { $0 }(request)
    }
    func answer(_ handler: @escaping Handler) { self.handler.withLock { $0 = handler } }
    /// What happens once, while the next request is under way.
    func meanwhile(_ body: @escaping @Sendable () async -> Void) { interlude.set(body) }
    var seen: [Request] { requests.withLock { $0 } }
    var paths: [String] { seen.map(\.path) }
    func body(_ index: Int) -> JSONValue { seen.indices.contains(index) ? seen[index].body.json : .null }
}

extension [UInt8] {
    var json: JSONValue { (try? JSONValue(parsing: self)) ?? .null }
}

/// A gateway among a scripted provider, identity service and MCP server.
struct TestLab {
    static let discovery = "https://idp.test/.well-known/openid-configuration"
    static let endpoint = "https://mcp.test/mcp"
    static let gatewayID = GatewayID("demo-ab12cd34ef")
    static let url = "https://demo-ab12cd34ef.gateway.test/mcp"
    static let metadata = "https://demo-ab12cd34ef.gateway.test/.well-known/oauth-protected-resource"

    let clock = VirtualClock(now: Instant(milliseconds: 1_795_168_800_000))
    let store: Store
    let network: InMemoryNetwork
    let gateway: Gateway
    let idp: Scripted
    let identity = Scripted { Script.vaultHit($0) }
    let server = Scripted { Script.server($0) }
    let signer: TokenSigner
    let foreignSigner: TokenSigner

    init(
        off: Set<String> = [], unknowns: [String: String] = [:], hosts known: HostTable? = nil, store: Store = Store()
    ) throws {
        self.store = store
        var hosts = known ?? HostTable()
        hosts.add("idp.test", .idp)
        hosts.add("aws.test", .aws)
        hosts.add("mcp.test", .mcp)
        hosts.add(suffix: ".gateway.test", .gateway, prefix: "/gateways/{label}")
        network = InMemoryNetwork(hosts: hosts, clock: clock, store: store)
        let addresses = AddressBook(
            origins: [
                .aws: "https://aws.test", .gateway: "https://gateway.test", .idp: "https://idp.test",
                .mcp: "https://mcp.test", .app: "https://app.test",
            ], gatewayTemplate: "https://{gatewayId}.gateway.test")
        signer = try TokenSigner(keys: Checkout.keys("inbound-ed25519"))
        foreignSigner = try TokenSigner(keys: Checkout.keys("inbound-rs256"))
        let publicKeys = signer.publicKeys
        idp = Scripted { request in
            request.path == "/keys"
                ? .json(200, publicKeys)
                : .json(200, ["issuer": "https://idp.test", "jwks_uri": "https://idp.test/keys"])
        }
        let world = Kernel.World(
            party: .gateway, clock: PartyClock(clock, for: .gateway), scheduler: clock,
            entropy: SeededEntropy(seed: 1), network: network.port(of: .gateway), store: store, addresses: addresses,
            switches: Switches(off: off, chosen: unknowns))
        let settings = AWSSettings(servicePrincipal: ServicePrincipal(proof: "p"), addresses: addresses)
        gateway = Gateway(world: world, settings: settings)
        network.connect(.idp, idp)
        network.connect(.aws, identity)
        network.connect(.mcp, server)
        network.connect(.gateway, gateway)
    }

    // MARK: - Records

    /// A READY gateway; `jwt` and `mcp` join its configuration.
    func makeGateway(
        _ jwt: JSONObject = ["allowedClients": ["web"]], mcp: JSONObject = ["supportedVersions": ["2025-11-25"]],
        authorizer: String = "CUSTOM_JWT", debug: Bool = false, status: GatewayStatus = .ready
    ) throws {
        let config: JSONObject = ["discoveryUrl": .string(Self.discovery)]
        var request: JSONObject = [
            "authorizerType": .string(authorizer), "protocolConfiguration": ["mcp": .object(mcp)],
            "authorizerConfiguration": ["customJWTAuthorizer": .object(config.merging(jwt))],
        ]
        if debug { request["exceptionLevel"] = "DEBUG" }
        let record = GatewayRecord(
            id: Self.gatewayID, account: "000000000000", name: "demo", status: status, createdAt: clock.now,
            request: request)
        try store.write { $0.save(record) }
    }

    /// A target with a catalogue of these tools.
    @discardableResult
    func makeTarget(
        _ name: String = "github", tools: [String] = ["get_me"], status: TargetStatus = .ready,
        credentials: [JSONValue] = [TestLab.userCredential], authorization: TargetAuthorization? = nil
    ) throws -> TargetRecord {
        var target = TargetRecord(
            id: TargetID("T-\(name)"), gateway: Self.gatewayID, name: name, state: .init(status), createdAt: clock.now,
            configuration: ["mcp": ["mcpServer": ["endpoint": .string(Self.endpoint)]]], credentials: credentials)
        target.authorization = authorization
        let catalogue = CatalogueRecord(id: target.id, gateway: Self.gatewayID, tools: tools.map(Script.tool))
        let saved = target
        try store.write { transaction in
            transaction.save(saved)
            if !tools.isEmpty { transaction.save(catalogue) }
        }
        return target
    }

    static let userCredential = credential("AUTHORIZATION_CODE")
    static func credential(_ grant: String) -> JSONValue {
        [
            "credentialProviderType": "OAUTH",
            "credentialProvider": [
                "oauthCredentialProvider": [
                    "providerArn": "arn:aws:x:oauth2credentialprovider/github-provider", "grantType": .string(grant),
                    "scopes": ["repo"], "defaultReturnUrl": "https://app.test/callback",
                    "customParameters": ["prompt": "consent"],
                ]
            ],
        ]
    }

    func target(_ id: String) throws -> TargetRecord? {
        try store.write { $0.find(TargetRecord.self, TargetID(id)) }
    }

    // MARK: - Requests

    func token(_ change: JSONObject = [:], by signer: TokenSigner? = nil) async throws -> String {
        let now = clock.now.seconds
        let claims: JSONObject = [
            "iss": "https://idp.test", "sub": "alice-sub", "client_id": "web", "scope": "openid gw/read",
            "iat": .int(now), "exp": .int(now + 3600),
        ]
        return try await (signer ?? self.signer).sign(claims.merging(change))
    }

    static let headers: HTTPFields = [
        .accept: "application/json, text/event-stream", .contentType: "application/json",
        MCPName.versionHeader: "2025-11-25",
    ]

    func send(
        _ body: JSONValue, token: String?, headers: HTTPFields = TestLab.headers, to url: String = TestLab.url
    ) async throws -> Response {
        var headers = headers
        if let token { headers[.authorization] = "Bearer \(token)" }
        return try await network.send(Request(.post, url, headers: headers, body: body.bytes), from: .outside)
    }

    func rpc(_ method: String, _ params: JSONObject = [:], headers: HTTPFields = TestLab.headers) async throws
        -> Response
    {
        try await send(JSONRPC.request(.int(24), method, params), token: try await token(), headers: headers)
    }

    static func hello(_ revision: String = "2025-11-25") -> JSONObject {
        [
            "protocolVersion": .string(revision), "capabilities": [:],
            "clientInfo": ["name": "test", "version": "1"],
        ]
    }

    func callTool(
        _ name: String = "github___get_me", meta: JSONValue? = nil, headers: HTTPFields = TestLab.headers
    ) async throws -> Response {
        var params: JSONObject = ["name": .string(name), "arguments": ["a": 1]]
        if let meta { params["_meta"] = meta }
        return try await rpc("tools/call", params, headers: headers)
    }

    func ring(_ alarm: GatewayAlarm) async {
        await gateway.alarmFired(Alarm(due: clock.now, party: .gateway, label: alarm.label))
    }

    var noted: [String] {
        store.journal().compactMap { if case .note(let note) = $0.event { note.rule ?? note.text } else { nil } }
    }
}

/// What the other parties say.
enum Script {
    static let consentURL = "https://aws.test/identities/oauth2/authorize?request_uri=urn%3Ax"

    static func vaultHit(_ request: Request) -> Response {
        request.path == "/identities/oauth2/token"
            ? .json(200, ["accessToken": "gho_upstream"]) : .json(200, ["workloadAccessToken": "wat"])
    }

    static func needsConsent(_ request: Request) -> Response {
        request.path == "/identities/oauth2/token"
            ? .json(
                200, ["authorizationUrl": .string(consentURL), "sessionUri": "urn:x", "sessionStatus": "IN_PROGRESS"])
            : .json(200, ["workloadAccessToken": "wat"])
    }

    static func tool(_ name: String) -> JSONValue {
        [
            "name": .string(name), "description": .string("Does \(name) things"),
            "inputSchema": ["type": "object", "properties": [:]],
        ]
    }

    static let callResult: JSONValue = [
        "content": [["type": "text", "text": "{\"login\":\"alice-gh\"}"]],
        "structuredContent": ["login": "alice-gh"], "isError": false, "_meta": ["x/y": 1],
    ]

    /// A well-behaved server with three tools on two pages.
    static func server(_ request: Request) -> Response {
        server(request) { method, params in
            switch method {
            case "tools/list" where params["cursor"] == nil:
                ["tools": [tool("one"), tool("two")], "nextCursor": "p2"]
            case "tools/list": ["tools": [tool("three")]]
            default: callResult
            }
        }
    }

    static func server(
        _ request: Request, capabilities: JSONValue = ["tools": [:]],
        _ result: (String, JSONObject) -> JSONValue
    ) -> Response {
        guard let json = try? request.json(),
            case .success(.request(let id, let method, let params)) = JSONRPCMessage.read(json)
        else { return Response(202) }
        let answer: JSONValue =
            method == "initialize"
            ? [
                "protocolVersion": "2025-11-25", "capabilities": capabilities,
                "serverInfo": ["name": "s", "version": "1"],
            ] : result(method, params)
        return .json(200, JSONRPC.result(id, answer))
    }
}
