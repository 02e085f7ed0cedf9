import AWSCore
import Gateway
import HTTPTypes
import Kernel
import MCPCore
import OAuthCore
import Testing

@Suite struct AuthorizerTests {
    private static let list = JSONRPC.request(.int(7), "tools/list")

    @Test("No token: 401, id 0, where to look (E20)")
    func missing() async throws {
        let lab = try TestLab()
        try lab.makeGateway()
        for headers in [nil, "", "Bearer", "Bearer  ", "Basic YTpi"] {
            var fields = TestLab.headers
            fields[.authorization] = headers
            let response = try await lab.send(Self.list, token: nil, headers: fields)
            #expect(response.status == 401)
            #expect(
                response.json == [
                    "jsonrpc": "2.0", "id": 0, "error": ["code": -32001, "message": "Missing Bearer token"],
                ])
            #expect(response.header(.wwwAuthenticate) == #"Bearer resource_metadata="\#(TestLab.metadata)""#)
        }
        let inQuery = TestLab.url + "?access_token=" + (try await lab.token())
        #expect(try await lab.send(Self.list, token: nil, to: inQuery).status == 401)
    }

    @Test("A good token passes, and its keys are fetched once in ten minutes")
    func good() async throws {
        let lab = try TestLab()
        try lab.makeGateway()
        for _ in 0..<3 { #expect(try await lab.rpc("ping").status == 200) }
        #expect(lab.idp.paths == ["/.well-known/openid-configuration", "/keys"])
        _ = lab.clock.advance(towards: lab.clock.now + .minutes(10))
        #expect(try await lab.rpc("ping").status == 200)
        #expect(lab.idp.paths.count == 4)
    }

    @Test("Garbage is refused without asking anybody (E21)", arguments: ["x", "a.b.c", "e30.e30", "....", "e30.e30."])
    func garbage(_ token: String) async throws {
        let lab = try TestLab()
        try lab.makeGateway()
        let response = try await lab.send(Self.list, token: token)
        #expect(response.status == 401)
        #expect(response.json?["error"] == ["code": -32001, "message": "Invalid Bearer token"])
        #expect(response.json?["id"] == 0)
        #expect(
            response.header(.wwwAuthenticate)
                == #"Bearer error="invalid_token", resource_metadata="\#(TestLab.metadata)""#)
    }

    /// A token's claims, the gateway's configuration, the rule that refuses, and the status.
    struct Row: Sendable, CustomTestStringConvertible {
        let name: String
        let claims: JSONObject
        var config: JSONObject = [:]
        let rule: String
        var status = 401
        var testDescription: String { name }
    }

    static let now = Instant(milliseconds: 1_795_168_800_000).seconds
    static let custom: JSONObject = [
        "customClaims": [
            [
                "inboundTokenClaimName": "tier", "inboundTokenClaimValueType": "STRING",
                "authorizingClaimMatchValue": [
                    "claimMatchOperator": "EQUALS", "claimMatchValue": ["matchValueString": "gold"],
                ],
            ]
        ]
    ]
    static let rows = [
        Row(name: "expired", claims: ["exp": .int(now - 61)], rule: "inbound-token-expiry"),
        Row(name: "not yet", claims: ["nbf": .int(now + 61)], rule: "inbound-token-expiry"),
        Row(name: "issuer", claims: ["iss": "https://idp.test/"], rule: "inbound-token-issuer"),
        Row(
            name: "client", claims: ["client_id": "other"], config: ["allowedClients": ["web"]],
            rule: "allowed-clients"),
        Row(
            name: "no client", claims: ["client_id": nil, "azp": "web"], config: ["allowedClients": ["web"]],
            rule: "allowed-clients"),
        Row(name: "no audience", claims: [:], config: ["allowedAudience": ["gw"]], rule: "allowed-audience"),
        Row(
            name: "audience", claims: ["aud": ["x", "y"]], config: ["allowedAudience": ["gw"]],
            rule: "allowed-audience"),
        Row(name: "custom claim", claims: ["tier": "silver"], config: custom, rule: "custom-claims"),
        Row(
            name: "scope", claims: ["scope": "openid"], config: ["allowedScopes": ["gw/read"]],
            rule: "allowed-scopes", status: 403),
    ]

    @Test("Each check refuses by its own rule, and only by it", arguments: rows)
    func checks(_ row: Row) async throws {
        let lab = try TestLab()
        try lab.makeGateway(row.config)
        let response = try await lab.send(Self.list, token: try await lab.token(row.claims))
        #expect(response.status == row.status)
        #expect(lab.noted == [row.rule])
        let broken = try TestLab(off: [row.rule])
        try broken.makeGateway(row.config)
        #expect(try await broken.send(Self.list, token: try await broken.token(row.claims)).status == 200)
    }

    @Test("A token signed by somebody else")
    func signature() async throws {
        let lab = try TestLab()
        try lab.makeGateway()
        let forged = try await lab.token(by: lab.foreignSigner)
        #expect(try await lab.send(Self.list, token: forged).status == 401)
        #expect(lab.noted == ["inbound-token-signature"])
        var tampered = try await lab.token()
        tampered.replaceSubrange(tampered.index(tampered.endIndex, offsetBy: -6)..., with: "AAAAAA")
        #expect(try await lab.send(Self.list, token: tampered).status == 401)
        let broken = try TestLab(off: ["inbound-token-signature"])
        try broken.makeGateway()
        #expect(try await broken.send(Self.list, token: forged).status == 200)
    }

    @Test("alg none, and HMAC with the public key as secret")
    func algorithms() async throws {
        let lab = try TestLab()
        try lab.makeGateway()
        let claims = try await lab.token().split(separator: ".")[1]
        for algorithm in ["none", "HS256"] {
            let header = Base64.encodeURL(#"{"alg":"\#(algorithm)"}"#.utf8)
            #expect(try await lab.send(Self.list, token: "\(header).\(claims).").status == 401)
        }
    }

    @Test("A new key is looked for once in 30 seconds")
    func rotation() async throws {
        let lab = try TestLab()
        try lab.makeGateway()
        #expect(try await lab.rpc("ping").status == 200)
        let rotated = try await lab.token(by: lab.foreignSigner)
        #expect(try await lab.send(Self.list, token: rotated).status == 401)
        #expect(lab.idp.paths.count == 4)
        #expect(try await lab.send(Self.list, token: rotated).status == 401)
        #expect(lab.idp.paths.count == 4)
        let keys = lab.foreignSigner.publicKeys
        lab.idp.answer { request in
            request.path == "/keys"
                ? .json(200, keys) : .json(200, ["issuer": "https://idp.test", "jwks_uri": "https://idp.test/keys"])
        }
        _ = lab.clock.advance(towards: lab.clock.now + .seconds(30))
        #expect(try await lab.send(Self.list, token: rotated).status == 200)
        // The key is gone, and with it what it signed.
        #expect(try await lab.rpc("ping").status == 401)
    }

    @Test("Times at the edges, and numbers no clock has")
    func times() async throws {
        let lab = try TestLab()
        try lab.makeGateway()
        let good = try await lab.token(["exp": .int(Self.now - 59)])
        #expect(try await lab.send(Self.list, token: good).status == 200)
        for exp in [.double(1e300), .int(.max), .int(.min), "soon", .null] as [JSONValue] {
            let token = try await lab.token(["exp": exp])
            #expect(try await lab.send(Self.list, token: token).status == 401)
        }
    }

    @Test("With allowedScopes the header names them, as the mapping has them (E21, E22)")
    func scopeHeaders() async throws {
        let lab = try TestLab()
        try lab.makeGateway([
            "allowedScopes": ["gw/read", "gw/write"], "advertisedScopeMapping": ["gw/write": "write"],
        ])
        let end = #"scope="gw/read write", resource_metadata="\#(TestLab.metadata)""#
        #expect(try await lab.send(Self.list, token: nil).header(.wwwAuthenticate) == "Bearer \(end)")
        let bad = try await lab.send(Self.list, token: "a.b.c")
        #expect(bad.header(.wwwAuthenticate) == #"Bearer error="invalid_token", \#(end)"#)
        let poor = try await lab.send(Self.list, token: try await lab.token(["scope": "openid"]))
        #expect(poor.status == 403)
        #expect(poor.header(.wwwAuthenticate) == #"Bearer error="insufficient_scope", \#(end)"#)
        #expect(poor.json?["error"] == ["code": -32002, "message": "insufficient_scope"])
        let other = try await lab.send(Self.list, token: try await lab.token(["scope": nil, "scp": ["gw/write"]]))
        #expect(other.status == 200)
    }

    @Test("All kinds of check must hold; one entry of a list is enough")
    func conjunction() async throws {
        let lab = try TestLab()
        try lab.makeGateway(["allowedClients": ["x", "web"], "allowedAudience": ["gw"]])
        #expect(try await lab.send(Self.list, token: try await lab.token(["aud": "gw"])).status == 200)
        #expect(try await lab.send(Self.list, token: try await lab.token(["aud": ["q", "gw"]])).status == 200)
        #expect(
            try await lab.send(Self.list, token: try await lab.token(["aud": "gw", "client_id": "y"])).status == 401)
    }

    @Test("Mismatch may be 403")
    func mismatchStatus() async throws {
        let lab = try TestLab(unknowns: ["authorizer.mismatchStatus": "403"])
        try lab.makeGateway()
        #expect(try await lab.send(Self.list, token: try await lab.token(["client_id": "y"])).status == 403)
    }

    @Test("A provider that is down lets nobody in", arguments: [500, 200])
    func noKeys(_ status: Int) async throws {
        let lab = try TestLab()
        try lab.makeGateway()
        lab.idp.answer { _ in .json(status, ["issuer": 3]) }
        #expect(try await lab.rpc("ping").status == 401)
    }

    @Test("The metadata is for everybody, at every place clients look for it (E26)")
    func metadata() async throws {
        let lab = try TestLab()
        try lab.makeGateway(["allowedScopes": ["gw/read"]])
        let id = TestLab.gatewayID.rawValue
        for path in [
            "/gateways/\(id)/.well-known/oauth-protected-resource",
            "/gateways/\(id)/.well-known/oauth-protected-resource/mcp",
            "/.well-known/oauth-protected-resource/gateways/\(id)/mcp",
        ] {
            let response = await lab.gateway.respond(to: Request(.get, "https://gateway.test\(path)"))
            #expect(response.status == 200)
            #expect(
                response.json == [
                    "authorization_servers": ["https://idp.test"], "resource": .string(TestLab.url),
                    "scopes_supported": ["gw/read"],
                ])
        }
        try lab.makeGateway(authorizer: "NONE")
        #expect(try await lab.network.send(Request(.get, TestLab.metadata), from: .outside).status == 404)
    }

    @Test("Unknown gateways and paths are 404 in JSON, an unready gateway is a conflict")
    func unknown() async throws {
        let lab = try TestLab()
        for url in ["https://nobody.gateway.test/mcp", "https://nobody.gateway.test/x", TestLab.metadata] {
            let response = try await lab.network.send(Request(.post, url), from: .outside)
            #expect(response.status == 404)
            #expect(response.json?["message"]?.string != nil)
        }
        try lab.makeGateway(status: .creating)
        #expect(try await lab.send(Self.list, token: nil).status == 401)
        #expect(try await lab.rpc("ping").status == 409)
    }

    @Test("Gateways without JWT")
    func otherAuthorizers() async throws {
        let lab = try TestLab()
        try lab.makeGateway(authorizer: "NONE")
        try lab.makeTarget()
        #expect(try await lab.send(Self.list, token: nil).status == 200)
        let call = try await lab.callTool()
        #expect(call.json?["error"]?["message"] == "Cannot initiate authorization code grant flow")
        #expect(lab.identity.seen.isEmpty)
        try lab.makeGateway(authorizer: "AWS_IAM")
        #expect(try await lab.send(Self.list, token: nil).status == 403)
        var headers = TestLab.headers
        headers[.authorization] = "AWS4-HMAC-SHA256 Credential=1/2/3, SignedHeaders=a, Signature=b"
        #expect(try await lab.send(Self.list, token: nil, headers: headers).status == 200)
    }

    @Test("A session belongs to the key that signed", arguments: ["AWS_IAM", "AUTHENTICATE_ONLY"])
    func signedSessions(_ authorizer: String) async throws {
        let lab = try TestLab()
        try lab.makeGateway(
            mcp: [
                "supportedVersions": ["2025-11-25"], "sessionConfiguration": ["sessionTimeoutInSeconds": 900],
            ], authorizer: authorizer)
        func send(_ body: JSONValue, _ key: String, _ session: String? = nil) async throws -> Response {
            var headers = TestLab.headers
            headers[MCPName.sessionHeader] = session
            let request = Request(.post, TestLab.url, headers: headers, body: body.bytes)
            let signed = SigV4.sign(
                request, .init(keyID: key, secret: Secret("s")), region: "us-east-1", service: "bedrock-agentcore",
                at: lab.clock.now)
            return try await lab.network.send(signed, from: .outside)
        }
        let begun = try await send(
            JSONRPC.request(.int(1), "initialize", TestLab.hello()), "AKIAONE")
        let session = try #require(begun.header(MCPName.sessionHeader))
        #expect(try await send(Self.list, "AKIAONE", session).status == 200)
        #expect(try await send(Self.list, "AKIATWO", session).status == 404)
        #expect(lab.noted == ["gateway-session-user"])
    }

    @Test("Web pages: this machine's and the lab's own may call, others may not unless CORS is open")
    func browsers() async throws {
        func ask(_ lab: TestLab, _ origin: String, _ method: HTTPRequest.Method = .post) async throws -> Response {
            var headers = TestLab.headers
            headers[.origin] = origin
            return try await lab.network.send(Request(method, TestLab.url, headers: headers), from: .outside)
        }
        let lab = try TestLab()
        try lab.makeGateway()
        #expect(try await ask(lab, "https://evil.test").status == 403)
        #expect(lab.noted == ["gateway-browser-origin"])
        #expect(try await ask(lab, "null").status == 403)
        #expect(try await ask(lab, "https://app.test.evil.test", .options).status == 403)
        for origin in ["https://app.test", "http://localhost:3000", "http://127.0.0.1:9"] {
            let response = try await ask(lab, origin)
            #expect(response.status == 401)
            #expect(response.header(.accessControlAllowOrigin) == origin)
            #expect(try await ask(lab, origin, .options).status == 204)
        }
        let open = try TestLab(unknowns: ["cors": "open"])
        try open.makeGateway()
        let response = try await ask(open, "https://evil.test", .options)
        #expect(response.status == 204)
        #expect(response.header(.accessControlAllowOrigin) == "*")
    }
}
