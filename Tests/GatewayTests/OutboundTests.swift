import AWSCore
import Gateway
import HTTPTypes
import Kernel
import MCPCore
import OAuthCore
import Testing

/// Credentials and targets beside MCP servers with a user's token.
@Suite struct OutboundTests {
    private static let arn = "arn:aws:lambda:us-east-1:111122223333:function:orders"

    private func lab(
        kind: JSONValue, credentials: [JSONValue] = [], operations: [APIOperation] = [], metadata: JSONValue? = nil,
        interceptors: JSONValue? = nil, off: Set<String> = []
    ) throws -> (TestLab, Scripted) {
        var hosts = HostTable()
        for (host, party) in [("idp.test", Party.idp), ("aws.test", .aws), ("mcp.test", .mcp)] {
            hosts.add(host, party)
        }
        hosts.add("lambda.us-east-1.amazonaws.com", .lambda)
        hosts.add("api.test", .rest)
        hosts.add(suffix: ".gateway.test", .gateway, prefix: "/gateways/{label}")
        let lab = try TestLab(off: off, hosts: hosts)
        try lab.makeGateway(debug: true)
        let other = Scripted { _ in .json(200, ["ok": true]) }
        lab.network.connect(.lambda, other)
        lab.network.connect(.rest, other)
        var target = TargetRecord(
            id: TargetID("T-x"), gateway: TestLab.gatewayID, name: "x", state: .init(.ready), createdAt: lab.clock.now,
            configuration: ["mcp": kind], credentials: credentials)
        target.metadata = metadata
        let saved = target
        try lab.store.write { transaction in
            transaction.save(saved)
            transaction.save(CatalogueRecord(id: saved.id, gateway: saved.gateway, tools: [Script.tool("do")]))
            transaction.save(APIOperationsRecord(id: saved.id, gateway: saved.gateway, operations: operations))
            if let interceptors {
                var record = transaction.find(GatewayRecord.self, TestLab.gatewayID)
                record?.request["interceptorConfigurations"] = interceptors
                if let record { transaction.save(record) }
            }
        }
        return (lab, other)
    }

    private static let lambda: JSONValue = ["lambda": ["lambdaArn": .string(arn), "toolSchema": ["inlinePayload": []]]]
    private static let role: [JSONValue] = [["credentialProviderType": "GATEWAY_IAM_ROLE"]]

    private func key(_ provider: JSONObject) -> [JSONValue] {
        let arn: JSONObject = ["providerArn": "arn:aws:x:apikeycredentialprovider/brave"]
        return [
            [
                "credentialProviderType": "API_KEY",
                "credentialProvider": ["apiKeyCredentialProvider": .object(arn.merging(provider))],
            ]
        ]
    }

    private static let get = APIOperation(
        tool: "do", method: "GET", server: "https://api.test/v1", path: "/orders", parameters: [])

    @Test("A function's invocation is signed with the gateway's role, body included")
    func signature() async throws {
        let (lab, functions) = try lab(kind: Self.lambda, credentials: Self.role)
        _ = try await lab.callTool("x___do")
        let request = try #require(functions.seen.first)
        #expect(request.path == "/2015-03-31/functions/\(percentEncoded(Self.arn))/invocations")
        #expect(request.body.json == ["a": 1])
        let secret = SigV4.hexDigest(Array("gateway role of 000000000000".utf8))
        let verified = SigV4.verify(request, service: "lambda", region: "us-east-1", at: lab.clock.now) { key in
            guard key == "000000000000" else { return nil }
            return .init(
                .init(keyID: key, secret: Secret(secret)), account: key, principal: "arn:aws:iam::role/x")
        }
        #expect(throws: Never.self) { try verified.get() }
        var changed = request
        changed.body = Array("{}".utf8)
        let forged = SigV4.verify(changed, service: "lambda", region: "us-east-1", at: lab.clock.now) { key in
            .init(
                .init(keyID: key, secret: Secret(secret)), account: key, principal: "arn:aws:iam::role/x")
        }
        #expect(throws: SigV4Refusal.self) { try forged.get() }
    }

    @Test("An API key goes where the target says, and a caller's parameter of that name makes way")
    func apiKeys() async throws {
        let cases: [(JSONObject, header: String?, authorization: String?, query: String)] = [
            (["credentialLocation": "HEADER", "credentialParameterName": "X-Key"], "k", nil, ""),
            ([:], nil, "k", ""),
            (["credentialPrefix": "Token"], nil, "Token k", ""),
            (["credentialLocation": "QUERY_PARAMETER", "credentialParameterName": "key"], nil, nil, "key=k"),
        ]
        for (provider, header, authorization, query) in cases {
            let (lab, api) = try lab(
                kind: ["openApiSchema": [:]], credentials: key(provider), operations: [Self.get],
                metadata: ["allowedQueryParameters": ["key"]])
            lab.identity.answer { request in
                request.path == "/identities/api-key"
                    ? .json(200, ["apiKey": "k"]) : .json(200, ["workloadAccessToken": "wat"])
            }
            let params: JSONObject = ["name": "x___do", "arguments": [:]]
            let response = try await lab.send(
                JSONRPC.request(.int(1), "tools/call", params), token: try await lab.token(),
                to: TestLab.url + "?key=mine")
            #expect(response.json?["result"]?["isError"] == false)
            #expect(lab.identity.paths == ["/identities/GetWorkloadAccessToken", "/identities/api-key"])
            #expect(lab.identity.body(1)["resourceCredentialProviderName"] == "brave")
            let request = try #require(api.seen.first)
            #expect(request.path == "/v1/orders")
            #expect(request.header(fieldName("X-Key")) == header)
            #expect(request.header(.authorization) == authorization)
            #expect(request.query == (query.isEmpty ? "key=mine" : query))
        }
    }

    @Test("A credential goes to the server it was fetched for, though the target's document is replaced meanwhile")
    func replacedDocument() async throws {
        let (lab, api) = try lab(kind: ["openApiSchema": [:]], credentials: key([:]), operations: [Self.get])
        let store = lab.store
        lab.identity.answer { request in
            let newer = APIOperation(
                tool: "do", method: "GET", server: "https://api.test/v2", path: "/newer", parameters: [])
            let record = APIOperationsRecord(id: TargetID("T-x"), gateway: TestLab.gatewayID, operations: [newer])
            _ = try? store.write { $0.save(record) }
            return request.path == "/identities/api-key"
                ? .json(200, ["apiKey": "k"]) : .json(200, ["workloadAccessToken": "wat"])
        }
        #expect(try await lab.callTool("x___do").json?["result"]?["isError"] == false)
        #expect(api.paths == ["/v1/orders"])
    }

    @Test func aKeyThatCannotBeHadIsAToolError() async throws {
        let (lab, api) = try lab(kind: ["openApiSchema": [:]], credentials: key([:]), operations: [Self.get])
        lab.identity.answer { request in
            request.path == "/identities/api-key"
                ? AWSError(.resourceNotFound, "no such provider").response : .json(200, ["workloadAccessToken": "wat"])
        }
        let result = try await lab.callTool("x___do").json?["result"]
        #expect(result?["isError"] == true)
        #expect(result?["content"]?[0]?["text"]?.string?.contains("no such provider") == true)
        #expect(api.seen.isEmpty)
    }

    @Test(
        "Arguments stay where they belong",
        arguments: [
            ("..", nil), (".", nil), ("", nil), ("a/../b", "/v1/orders/a%2F..%2Fb"), ("a?b#c", "/v1/orders/a%3Fb%23c"),
            ("%2e%2e", "/v1/orders/%252e%252e"), ("{id}", "/v1/orders/%7Bid%7D"),
        ] as [(String, String?)])
    func pathArguments(_ value: String, _ path: String?) async throws {
        let operation = APIOperation(
            tool: "do", method: "GET", server: "https://api.test/v1", path: "/orders/{id}",
            parameters: [.init("id", .path, isRequired: true)])
        let (lab, api) = try lab(kind: ["openApiSchema": [:]], operations: [operation])
        let params: JSONObject = ["name": "x___do", "arguments": ["id": .string(value)]]
        let result = try await lab.rpc("tools/call", params).json?["result"]
        #expect(result?["isError"] == .bool(path == nil))
        #expect(api.seen.first?.path == path)
    }

    /// A short argument for many holes, or a list for a long name, would make gigabytes of a call.
    @Test(
        "A request is no longer than a whole body",
        arguments: [
            (String(repeating: "/{a}", count: 2_000), .path, .string(String(repeating: "b", count: 4_000))),
            ("/x", .query, .strings(Array(repeating: "b", count: 2_000))),
        ] as [(String, APIOperation.Place, JSONValue)])
    func requestsAreBounded(_ path: String, _ place: APIOperation.Place, _ value: JSONValue) async throws {
        let name = place == .path ? "a" : String(repeating: "q", count: 4_000)
        let operation = APIOperation(
            tool: "do", method: "GET", server: "https://api.test", path: path,
            parameters: [.init("a", wireName: name, place, isRequired: true)])
        let (lab, api) = try lab(kind: ["openApiSchema": [:]], operations: [operation])
        let params: JSONObject = ["name": "x___do", "arguments": ["a": value]]
        let result = try await lab.rpc("tools/call", params).json?["result"]
        #expect(result?["isError"] == true)
        #expect(result?["content"]?[0]?["text"] == "The request's URL is longer than 6291456 bytes")
        #expect(api.seen.isEmpty)
    }

    @Test func argumentsSetNoForbiddenHeader() async throws {
        for name in ["Authorization", "Host", "X-Amzn-Trace-Id", "Bad Name"] {
            let operation = APIOperation(
                tool: "do", method: "GET", server: "https://api.test/v1", path: "/orders",
                parameters: [.init("h", wireName: name, .header, isRequired: false)])
            let (lab, api) = try lab(kind: ["openApiSchema": [:]], operations: [operation])
            let params: JSONObject = ["name": "x___do", "arguments": ["h": "v"]]
            #expect(try await lab.rpc("tools/call", params).json?["result"]?["isError"] == true)
            #expect(api.seen.isEmpty)
        }
    }

    private func interceptor(_ point: String, headers: Bool = true) -> JSONValue {
        [
            [
                "interceptor": ["lambda": ["arn": .string(Self.arn)]], "interceptionPoints": [.string(point)],
                "inputConfiguration": ["passRequestHeaders": .bool(headers)],
            ]
        ]
    }

    private func output(_ mcp: JSONValue) -> JSONValue { ["interceptorOutputVersion": "1.0", "mcp": mcp] }

    @Test("What a REQUEST interceptor is given, and that its Authorization outranks the credential")
    func requestInterceptor() async throws {
        let (lab, functions) = try lab(
            kind: ["mcpServer": ["endpoint": .string(TestLab.endpoint)]], credentials: [TestLab.userCredential],
            metadata: ["allowedRequestHeaders": ["X-Listed"]], interceptors: interceptor("REQUEST"))
        let changed = JSONRPC.request(.int(24), "tools/call", ["name": "x___do", "arguments": ["b": 2]])
        let answer = output([
            "transformedGatewayRequest": [
                "headers": ["Authorization": "Bearer own", "X-Listed": "i", "X-Other": "i"], "body": changed,
            ]
        ])
        functions.answer { _ in .json(200, answer) }
        _ = try await lab.callTool("x___do")
        let input = functions.body(0)
        #expect(input["interceptorInputVersion"] == "1.0")
        let mcp = input["mcp"]
        #expect(mcp?["gatewayRequest"]?["path"] == "/mcp")
        #expect(mcp?["gatewayRequest"]?["httpMethod"] == "POST")
        #expect(mcp?["gatewayRequest"]?["body"]?["params"]?["arguments"] == ["a": 1])
        #expect(mcp?["gatewayRequest"]?["headers"]?["Authorization"]?.string?.hasPrefix("Bearer ") == true)
        let raw = mcp?["rawGatewayRequest"]?["body"]?.string
        #expect(raw.flatMap { try? JSONValue(parsing: $0) } == mcp?["gatewayRequest"]?["body"])
        #expect(mcp?["gatewayResponse"] == nil)
        let server = try #require(lab.server.seen.first)
        #expect(server.header(.authorization) == "Bearer own")
        #expect(server.header(fieldName("X-Listed")) == "i")
        #expect(server.header(fieldName("X-Other")) == nil)
        #expect(lab.server.body(0)["params"]?["arguments"] == ["b": 2])
    }

    @Test(
        "An answer that is of no use ends the call before the target",
        arguments: [
            "null", "{}", #"{"interceptorOutputVersion":"2.0","mcp":{}}"#,
            #"{"interceptorOutputVersion":"1.0","mcp":{}}"#,
            #"{"interceptorOutputVersion":"1.0","mcp":{"transformedGatewayRequest":{"body":null}}}"#,
            #"{"interceptorOutputVersion":"1.0","mcp":{"transformedGatewayRequest":{"body":"text"}}}"#,
            #"{"interceptorOutputVersion":"1.0","mcp":{"transformedGatewayResponse":{"statusCode":200}}}"#,
            #"{"interceptorOutputVersion":"1.0","mcp":{"transformedGatewayResponse":{"statusCode":99999,"body":{}}}}"#,
        ])
    func unusable(_ text: String) async throws {
        let (lab, functions) = try lab(
            kind: ["mcpServer": ["endpoint": .string(TestLab.endpoint)]], interceptors: interceptor("REQUEST"))
        functions.answer { _ in Response(200, body: Array(text.utf8)) }
        let response = try await lab.callTool("x___do")
        #expect(response.status == 200)
        #expect(response.json?["id"] == 24)
        let message = response.json?["error"]?["message"]
        #expect(message == "InterceptorException - Received invalid response from interceptor")
        #expect(lab.server.seen.isEmpty)
    }

    @Test("A RESPONSE interceptor sees the answer, a notification's too, and changes it")
    func responseInterceptor() async throws {
        let (lab, functions) = try lab(
            kind: ["mcpServer": ["endpoint": .string(TestLab.endpoint)]],
            interceptors: interceptor("RESPONSE", headers: false))
        let answer = output([
            "transformedGatewayResponse": ["statusCode": 418, "headers": ["X-New": "1"], "body": ["changed": true]]
        ])
        functions.answer { _ in .json(200, answer) }
        let response = try await lab.callTool("x___do")
        #expect(response.status == 418)
        #expect(response.json == ["changed": true])
        #expect(response.header(fieldName("X-New")) == "1")
        let input = functions.body(0)["mcp"]
        #expect(input?["gatewayRequest"]?["headers"] == nil)
        #expect(input?["gatewayResponse"]?["statusCode"] == 200)
        #expect(input?["gatewayResponse"]?["body"]?["result"] == Script.callResult)
        #expect(input?["gatewayResponse"]?["isStreamingResponse"] == false)
        let token = try await lab.token()
        let accepted = try await lab.send(["jsonrpc": "2.0", "method": "notifications/initialized"], token: token)
        #expect(accepted.status == 202)
        #expect(accepted.body.isEmpty)
        #expect(functions.body(1)["mcp"]?["gatewayResponse"]?["body"] == [:])
    }
}
