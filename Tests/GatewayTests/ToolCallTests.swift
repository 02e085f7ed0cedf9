import AWSCore
import Gateway
import HTTPTypes
import Kernel
import MCPCore
import Testing

@Suite struct ToolCallTests {
    static let generic = "An internal error occurred. Please retry later."
    static let meta = "aws.bedrock-agentcore.gateway/credentialProviderConfiguration"

    private func lab(
        debug: Bool = false, mcp: JSONObject = ["supportedVersions": ["2025-11-25"]],
        credentials: [JSONValue] = [TestLab.userCredential], off: Set<String> = [], unknowns: [String: String] = [:]
    ) throws -> TestLab {
        let lab = try TestLab(off: off, unknowns: unknowns)
        try lab.makeGateway(mcp: mcp, debug: debug)
        try lab.makeTarget(credentials: credentials)
        return lab
    }

    @Test("With a token in the vault the target is called with it, and its answer comes back unchanged")
    func vaultHit() async throws {
        let lab = try lab()
        let response = try await lab.callTool()
        #expect(response.status == 200)
        #expect(response.json == ["jsonrpc": "2.0", "id": 24, "result": Script.callResult])
        #expect(lab.identity.paths == ["/identities/GetWorkloadAccessTokenForJWT", "/identities/oauth2/token"])
        #expect(lab.identity.body(0)["workloadName"] == "demo-ab12cd34ef")
        #expect(lab.identity.body(0)["userToken"]?.string == (try await lab.token()))
        #expect(
            lab.identity.body(1) == [
                "workloadIdentityToken": "wat", "resourceCredentialProviderName": "github-provider",
                "scopes": ["repo"], "oauth2Flow": "USER_FEDERATION", "customParameters": ["prompt": "consent"],
                "resourceOauth2ReturnUrl": "https://app.test/callback",
            ])
        #expect(ServicePrincipal(proof: "p").made(lab.identity.seen[0]))
        #expect(lab.server.seen.count == 1)
        #expect(lab.server.seen[0].header(.authorization) == "Bearer gho_upstream")
        #expect(lab.server.seen[0].header(MCPName.versionHeader) == "2025-11-25")
        #expect(lab.server.body(0)["params"] == ["name": "get_me", "arguments": ["a": 1]])
    }

    @Test("Without a token the caller is sent to consent (E30)")
    func elicitation() async throws {
        let lab = try lab()
        lab.identity.answer(Script.needsConsent)
        var ids: Set<String> = []
        for _ in 0..<2 {
            let response = try await lab.callTool()
            #expect(response.status == 200)
            let id = response.json?["error"]?["data"]?["elicitations"]?[0]?["elicitationId"]?.string ?? ""
            #expect(id.utf8.count == 36)
            ids.insert(id)
            #expect(
                response.json == [
                    "jsonrpc": "2.0", "id": 24,
                    "error": [
                        "code": -32042, "message": "This request requires more information.",
                        "data": [
                            "elicitations": [
                                [
                                    "mode": "url", "elicitationId": .string(id), "url": .string(Script.consentURL),
                                    "message": "Please login to this URL for authorization.",
                                ]
                            ]
                        ],
                    ],
                ])
        }
        #expect(ids.count == 2)
        #expect(lab.server.seen.isEmpty)
    }

    @Test(
        "On an older revision there is no way to ask; without a header it is the oldest that is offered (E31)",
        arguments: [
            (nil, "2025-03-26"), ("2025-03-26", "2025-03-26"), (nil, "2025-06-18"), ("2025-06-18", "2025-06-18"),
        ])
    func cannotInitiate(_ version: String?, older: String) async throws {
        let lab = try lab(mcp: ["supportedVersions": [.string(older), "2025-11-25"]])
        var headers = TestLab.headers
        headers[MCPName.versionHeader] = version
        #expect(try await lab.callTool(headers: headers).json?["result"] == Script.callResult)
        lab.identity.answer(Script.needsConsent)
        let response = try await lab.callTool(headers: headers)
        #expect(response.status == 200)
        #expect(
            response.json?["error"] == [
                "code": -32603, "message": "Cannot initiate authorization code grant flow",
            ])
    }

    @Test("Names that lead nowhere (E35)", arguments: ["get_me", "github___", "___get_me", "github___x", "x___get_me"])
    func unknown(_ name: String) async throws {
        let lab = try lab()
        let response = try await lab.callTool(name)
        #expect(response.status == 200)
        #expect(response.json?["error"] == ["code": -32602, "message": .string("Unknown tool: \(name)")])
        #expect(lab.identity.seen.isEmpty)
    }

    @Test("Params of wrong types are -32602 and reach nobody")
    func badParams() async throws {
        let lab = try lab()
        let bad: [JSONObject] = [
            [:], ["name": 3], ["name": "github___get_me", "arguments": [1]],
            override(["returnUrl": 3]), override(["forceAuthentication": "yes"]), override("x"),
            // Written as a text, as a client does that has no place for objects there.
            ["name": "github___get_me", "_meta": [Self.meta: #"{"oauthCredentialProvider":{}}"#]],
            ["name": "github___get_me", "_meta": "x"],
        ]
        for params in bad {
            let response = try await lab.rpc("tools/call", params)
            #expect(response.status == 200)
            #expect(response.json?["error"]?["code"] == -32602)
        }
        #expect(lab.identity.seen.isEmpty)
    }

    private func override(_ provider: JSONValue, _ name: String = "oauthCredentialProvider") -> JSONObject {
        ["name": "github___get_me", "_meta": [Self.meta: .object([name: provider])]]
    }

    @Test("A call may bring its return URL and force the consent; a known misspelling counts too")
    func overrides() async throws {
        let lab = try lab()
        let wish: JSONValue = ["returnUrl": "http://localhost:9090/cb", "forceAuthentication": true]
        for name in ["oauthCredentialProvider", "oauthcredentialProvider"] {
            _ = try await lab.rpc("tools/call", override(wish, name))
        }
        for place in [1, 3] {
            #expect(lab.identity.body(place)["resourceOauth2ReturnUrl"] == "http://localhost:9090/cb")
            #expect(lab.identity.body(place)["forceAuthentication"] == true)
        }
        #expect(lab.noted.count == 1)
        #expect(lab.server.body(0)["params"]?["_meta"] == nil)
    }

    @Test("A refusal of the identity service is an internal error; DEBUG says which (E36)")
    func identityRefuses() async throws {
        for debug in [false, true] {
            let lab = try lab(debug: debug)
            lab.identity.answer { request in
                request.path == "/identities/oauth2/token"
                    ? AWSError(.validation, "Return URL is not registered").response : Script.vaultHit(request)
            }
            let result = try await lab.callTool().json?["result"]
            let cause: JSONValue = "ValidationException: Return URL is not registered"
            #expect(result?["isError"] == true)
            #expect(result?["content"] == [["type": "text", "text": debug ? cause : .string(Self.generic)]])
            #expect(result?["_meta"]?["debug"] == (debug ? ["type": "text", "text": cause] : JSONValue?.none))
        }
    }

    @Test(
        "What a target does wrong is an internal error (E36)",
        arguments: [
            (401, "Authorization error when sending message"), (403, "Authorization error when sending message"),
            (500, "Received error (500) from runtime."), (302, "Received error (302) from runtime."),
            (202, "Please check the server endpoint or tool capability support."),
            (200, "Please check the server endpoint or tool capability support."),
        ])
    func serverFails(_ status: Int, _ cause: String) async throws {
        for debug in [false, true] {
            let lab = try lab(debug: debug)
            lab.server.answer { _ in Response(status) }
            let response = try await lab.callTool()
            #expect(response.status == 200)
            #expect(response.json?["result"]?["isError"] == true)
            #expect(response.json?["result"]?["content"]?[0]?["text"] == .string(debug ? cause : Self.generic))
        }
    }

    @Test("An error of the target's protocol, also inside a 4xx")
    func serverError() async throws {
        let lab = try lab(debug: true)
        for status in [200, 400] {
            lab.server.answer { request in
                .json(status, JSONRPC.error(RequestID(request.body.json["id"] ?? .null), .invalidParams("no")))
            }
            let text = try await lab.callTool().json?["result"]?["content"]?[0]?["text"]
            #expect(text == "The MCP server answered with error -32602: no")
        }
    }

    @Test("A target that is not there (E39)")
    func unreachable() async throws {
        let lab = try lab()
        lab.network.faults.put(Fault(name: "f", party: .mcp, operation: nil, effect: .drop, first: nil))
        let result = try await lab.callTool().json?["result"]
        #expect(result?["isError"] == true)
        #expect(result?["content"]?[0]?["text"] == .string("DependencyFailedException: \(Self.generic)"))
    }

    @Test("An answer framed as a stream")
    func streamed() async throws {
        let lab = try lab()
        lab.server.answer { request in
            let id = RequestID(request.body.json["id"] ?? .null) ?? .int(0)
            let progress = JSONRPC.notification("notifications/progress").text
            let answer = JSONRPC.result(id, Script.callResult).text
            return Response(
                200, headers: [.contentType: "text/event-stream"],
                body: Array("event: message\ndata: \(progress)\n\ndata: \(answer)\n\n".utf8))
        }
        #expect(try await lab.callTool().json?["result"] == Script.callResult)
    }

    @Test("Client credentials: the machine's own token, and E38 without")
    func machine() async throws {
        let lab = try lab(credentials: [TestLab.credential("CLIENT_CREDENTIALS")])
        #expect(try await lab.callTool().json?["result"] == Script.callResult)
        #expect(lab.identity.paths[0] == "/identities/GetWorkloadAccessToken")
        #expect(lab.identity.body(0) == ["workloadName": "demo-ab12cd34ef"])
        #expect(lab.identity.body(1)["oauth2Flow"] == "M2M")
        lab.identity.answer { _ in AWSError(.internalServer, "boom").response }
        #expect(
            try await lab.callTool().json?["error"] == ["code": -32603, "message": .string(Self.generic)])
    }

    @Test("Without a credential nothing is sent, least of all the caller's token")
    func bare() async throws {
        let lab = try lab(credentials: [])
        #expect(try await lab.callTool().json?["result"] == Script.callResult)
        #expect(lab.server.seen[0].header(.authorization) == nil)
        #expect(lab.identity.seen.isEmpty)
        let broken = try self.lab(credentials: [], off: ["no-token-passthrough"])
        _ = try await broken.callTool()
        #expect(broken.server.seen[0].header(.authorization) == "Bearer \(try await broken.token())")
    }

    @Test("A handshake before each call, where a lab wants it")
    func handshake() async throws {
        let lab = try lab(unknowns: ["upstream.handshake": "on"])
        #expect(try await lab.callTool().json?["result"] == Script.callResult)
        #expect(
            lab.server.seen.map { $0.body.json["method"]?.string }
                == ["initialize", "notifications/initialized", "tools/call"])
    }
}
