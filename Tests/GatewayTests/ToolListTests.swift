import AWSCore
import Gateway
import HTTPTypes
import Kernel
import MCPCore
import Testing

@Suite struct ToolListTests {
    private func names(_ response: Response) -> [String] {
        (response.json?["result"]?["tools"]?.array ?? []).compactMap { $0["name"]?.string }
    }

    @Test("initialize: who answers, with which revision")
    func initialize() async throws {
        let lab = try TestLab()
        try lab.makeGateway(mcp: ["supportedVersions": ["2025-06-18", "2025-11-25"], "instructions": "Be kind"])
        var headers = TestLab.headers
        headers[MCPName.versionHeader] = nil
        for (asked, answered) in [("2025-06-18", "2025-06-18"), ("2026-07-28", "2025-11-25"), ("x", "2025-11-25")] {
            let response = try await lab.rpc("initialize", TestLab.hello(asked), headers: headers)
            #expect(
                response.json?["result"] == [
                    "protocolVersion": .string(answered), "capabilities": ["tools": ["listChanged": true]],
                    "serverInfo": ["name": "agentcore-gateway", "version": "1.0.0"], "instructions": "Be kind",
                ])
        }
        let empty = try await lab.rpc("initialize", headers: headers)
        #expect(empty.status == 200)
        #expect(empty.json?["error"]?["code"] == -32602)
    }

    /// What is changed in a good `initialize`, and what is expected then; nil takes a member away.
    static let hellos: [(String, JSONValue?, String)] = [
        ("protocolVersion", nil, "protocolVersion"), ("protocolVersion", 1, "protocolVersion"),
        ("capabilities", nil, "capabilities"), ("capabilities", [], "capabilities"),
        ("clientInfo", nil, "clientInfo"), ("clientInfo", "me", "clientInfo"),
        ("clientInfo", ["version": "1"], "clientInfo.name"), ("clientInfo", ["name": "me"], "clientInfo.version"),
        ("clientInfo", ["name": "me", "version": 1], "clientInfo.version"),
    ]

    @Test("initialize lacks nothing that the schema requires, unless the lab lets it", arguments: hellos)
    func incomplete(_ name: String, _ value: JSONValue?, _ expected: String) async throws {
        var hello = TestLab.hello()
        hello[name] = value
        let lab = try TestLab()
        try lab.makeGateway(mcp: ["sessionConfiguration": [:]])
        let refused = try await lab.rpc("initialize", hello)
        #expect(refused.status == 200)
        #expect(refused.json?["error"] == ["code": -32602, "message": .string("Invalid params: \(expected) expected")])
        #expect(refused.header(MCPName.sessionHeader) == nil)
        let lax = try TestLab(unknowns: ["gateway.initializeMembers": "optional"])
        try lax.makeGateway()
        let isMissing = value == nil || (value?.object != nil && value?["version"] != 1)
        let answered = try await lax.rpc("initialize", hello)
        #expect((answered.json?["result"]?["protocolVersion"] == "2025-11-25") == isMissing)
        #expect((answered.json?["error"]?["code"] == -32602) == !isMissing)
    }

    @Test("ping, notifications, an answer to nothing, unknown methods")
    func smallMethods() async throws {
        let lab = try TestLab()
        try lab.makeGateway()
        #expect(try await lab.rpc("ping").json == ["jsonrpc": "2.0", "id": 24, "result": [:]])
        let token = try await lab.token()
        let notified = try await lab.send(JSONRPC.notification("notifications/initialized"), token: token)
        #expect(notified.status == 202)
        #expect(notified.body.isEmpty)
        let answer = try await lab.send(["jsonrpc": "2.0", "id": "s1", "result": [:]], token: token)
        #expect(answer.status == 400)
        #expect(answer.json?["error"]?["code"] == -32600)
        let unknown = try await lab.rpc("nothing/list")
        #expect(unknown.status == 200)
        #expect(unknown.json?["error"]?["code"] == -32601)
        let classes = try TestLab(unknowns: ["http.errorStatus": "class"])
        try classes.makeGateway()
        #expect(try await classes.rpc("nothing/list").status == 404)
        #expect(try await classes.callTool("x").status == 400)
    }

    @Test("Names carry the target, nobody is asked anything, no initialize is needed")
    func names() async throws {
        let lab = try TestLab()
        try lab.makeGateway()
        try lab.makeTarget("github", tools: ["get_me", "list_issues"])
        try lab.makeTarget("jira", tools: ["get_me"])
        let response = try await lab.rpc("tools/list")
        #expect(names(response) == ["github___get_me", "github___list_issues", "jira___get_me"])
        #expect(response.json?["result"]?["nextCursor"] == nil)
        #expect(response.json?["result"]?["tools"]?[0]?["inputSchema"] == ["type": "object", "properties": [:]])
        #expect(lab.identity.seen.isEmpty)
        #expect(lab.server.seen.isEmpty)
    }

    @Test("Only what is served is listed (U8)", arguments: TargetStatus.allCases)
    func statuses(_ status: TargetStatus) async throws {
        let old: Set<TargetStatus> = [
            .updating, .updatePendingAuth, .updateUnsuccessful, .synchronizing, .synchronizePendingAuth,
            .synchronizeUnsuccessful,
        ]
        for (choice, isServed) in [("on", status == .ready || old.contains(status)), ("off", status == .ready)] {
            let lab = try TestLab(unknowns: ["pending.serveOld": choice])
            try lab.makeGateway()
            try lab.makeTarget(status: status)
            #expect(try await names(lab.rpc("tools/list")) == (isServed ? ["github___get_me"] : []))
            let call = try await lab.callTool()
            #expect((call.json?["error"]?["code"] == -32602) == !isServed)
        }
    }

    @Test("Pages of thirty; the cursor leads on and nobody else's does")
    func pages() async throws {
        let lab = try TestLab()
        try lab.makeGateway()
        try lab.makeTarget(tools: (1...65).map { "t\($0)" })
        var seen: [String] = []
        var params: JSONObject = [:]
        var sizes: [Int] = []
        while true {
            let response = try await lab.rpc("tools/list", params)
            seen += names(response)
            sizes.append(names(response).count)
            guard let cursor = response.json?["result"]?["nextCursor"] else { break }
            params["cursor"] = cursor
        }
        #expect(sizes == [30, 30, 5])
        #expect(seen == (1...65).map { "github___t\($0)" })
        let foreign = Base64.encodeURL("30.abc".utf8)
        for cursor in ["", "x", "MzA", .string(foreign), 30, ["a"]] as [JSONValue] {
            let response = try await lab.rpc("tools/list", ["cursor": cursor])
            #expect(response.status == 200)
            #expect(response.json?["error"] == ["code": -32602, "message": "Invalid cursor"])
        }
        #expect(try await names(lab.rpc("tools/list", ["cursor": nil])).count == 30)
        try lab.makeGateway(mcp: ["supportedVersions": ["2025-11-25"], "disableMcpListToolsPagination": true])
        #expect(try await names(lab.rpc("tools/list")).count == 65)
    }

    @Test("SEMANTIC adds a search tool that ranks by shared words")
    func search() async throws {
        let lab = try TestLab()
        try lab.makeGateway(mcp: ["supportedVersions": ["2025-11-25"], "searchType": "SEMANTIC"])
        try lab.makeTarget(tools: ["get_me", "search_repositories", "list_issues"])
        let name = "x_amz_bedrock_agentcore_search"
        #expect(try await names(lab.rpc("tools/list")).first == name)
        let found = try await lab.rpc(
            "tools/call", ["name": .string(name), "arguments": ["query": "find a repository or repositories"]])
        let tools = found.json?["result"]?["structuredContent"]?["tools"]?.array
        #expect(tools?.map { $0["name"] } == ["github___search_repositories"])
        let none = try await lab.rpc("tools/call", ["name": .string(name)])
        #expect(none.json?["result"]?["isError"] == true)
        try lab.makeGateway()
        #expect(try await lab.callTool(name).json?["error"]?["code"] == -32602)
    }

    @Test("Header missing or unknown where only newer revisions are offered (E32)")
    func versions() async throws {
        let lab = try TestLab()
        try lab.makeGateway()
        for (version, requested) in [(nil, "2025-03-26"), ("1999-01-01", "1999-01-01"), ("2026-07-28", "2026-07-28")] {
            var headers = TestLab.headers
            headers[MCPName.versionHeader] = version
            let response = try await lab.rpc("tools/list", headers: headers)
            #expect(response.status == 400)
            #expect(response.json?["id"] == 24)
            #expect(
                response.json?["error"] == [
                    "code": -32022, "message": "Unsupported protocol version",
                    "data": ["supported": ["2025-11-25"], "requested": .string(requested)],
                ])
        }
    }

    @Test("No Accept is -32011, a wildcard is enough (E33)")
    func accept() async throws {
        let lab = try TestLab()
        try lab.makeGateway()
        var headers = TestLab.headers
        headers[.accept] = nil
        let response = try await lab.rpc("tools/list", headers: headers)
        #expect(response.status == 406)
        #expect(response.json?["error"]?["code"] == -32011)
        headers[.accept] = "*/*"
        #expect(try await lab.rpc("tools/list", headers: headers).status == 200)
    }

    @Test("GET and DELETE are 405, a body over 6 MB is 413")
    func limits() async throws {
        let lab = try TestLab()
        try lab.makeGateway()
        var headers = TestLab.headers
        headers[.authorization] = "Bearer \(try await lab.token())"
        for method in [HTTPRequest.Method.get, .delete] {
            let response = try await lab.network.send(
                Request(method, TestLab.url, headers: headers), from: .outside)
            #expect(response.status == 405)
        }
        let body = [UInt8](repeating: 32, count: (6 << 20) + 1)
        let request = Request(.post, TestLab.url + "/", headers: headers, body: body)
        #expect(try await lab.network.send(request, from: .outside).status == 413)
    }
}
