import HTTPTypes
import Kernel
import MCPCore
import MCPServer
import Testing

struct ProtocolTests {
    @Test(arguments: [
        ("2025-11-25", "2025-11-25"), ("2025-06-18", "2025-06-18"), ("2026-07-28", "2025-11-25"), ("x", "2025-11-25"),
    ])
    func handshake(_ row: (asked: String, agreed: String)) async throws {
        let fixture = try Fixture()
        let response = await fixture.request(
            "initialize",
            ["protocolVersion": .string(row.asked), "capabilities": [:], "clientInfo": ["name": "t", "version": "1"]])
        #expect(response.status == 200 && response.result?["protocolVersion"] == .string(row.agreed))
        #expect(response.result?["serverInfo"]?["name"] == "github-mcp-server")
        #expect(response.result?["capabilities"]?["tools"] != nil)
        #expect(response.header(fieldName("Mcp-Session-Id")) == nil, "stateless")
        let initialized = await fixture.post(["jsonrpc": "2.0", "method": "notifications/initialized"])
        #expect(initialized.status == 202 && initialized.body.isEmpty)
    }

    /// Ten hours of clients that begin a session every minute and end none.
    @Test func sessionsThatNobodyEndsDoNotGather() async throws {
        let catalogue = try #require(Fixture.catalogue().object).merging(["sessions": true])
        let fixture = try Fixture(catalogue: .object(catalogue))
        var most = 0
        for _ in 0..<600 {
            let begun = await fixture.request("initialize", ["protocolVersion": "2025-11-25", "capabilities": [:]])
            #expect(begun.header(fieldName("Mcp-Session-Id")) != nil)
            _ = fixture.clock.advance(towards: fixture.clock.now + .minutes(1))
            most = max(most, try fixture.store.write { transaction in transaction.all(MCPSession.self).count })
        }
        // Each stays for its hour and one more, in which it is known to be over.
        #expect(most == 120)
    }

    @Test func methodsAndMessages() async throws {
        let fixture = try Fixture()
        #expect(await fixture.request("ping").result == [:])
        #expect(await fixture.request("prompts/list").result == ["prompts": []])
        #expect(await fixture.request("nope/x").code == -32601)
        #expect(await fixture.request("initialize").code == -32602)
        #expect(await fixture.request("initialize", ["capabilities": [:]]).result?["protocolVersion"] == "2025-11-25")
        let strict = try Fixture(unknowns: ["mcp.initialize-members": "required"])
        #expect(await strict.request("initialize", ["capabilities": [:]]).code == -32602)
        let probe = await fixture.stateless("server/discover")
        #expect(probe.status == 200 && probe.result?["supportedVersions"]?[0] == "2026-07-28")
        #expect(probe.result?["_meta"]?["io.modelcontextprotocol/serverInfo"]?["name"] == "github-mcp-server")
        #expect(await fixture.stateless("subscriptions/listen").code == -32601, "this server tells of no change")
        #expect(await fixture.post([]).status == 400)
        #expect(await fixture.post("x", headers: [.accept: "text/html"]).status == 406)
        let huge = await fixture.post(.string(String(repeating: "x", count: 6_000_000)))
        #expect(huge.status == 413)
        for method in [HTTPRequest.Method.get, .delete, .put] {
            let response = await fixture.server.respond(
                to: Request(
                    method, "\(Fixture.origin)/mcp",
                    headers: [.accept: "text/event-stream", .authorization: "Bearer gho_alice"]))
            #expect(response.status == 405 && response.header(.allow) == "POST")
        }
        let preflight = await fixture.server.respond(to: Request(.options, "\(Fixture.origin)/mcp"))
        #expect(preflight.status == 200 && preflight.header(.accessControlAllowOrigin) == "*")
    }

    @Test func toolsAreListedInOrderWithTheirSchemas() async throws {
        let fixture = try Fixture()
        let response = await fixture.post(["jsonrpc": "2.0", "id": "a", "method": "tools/list"], path: "/mcp/")
        #expect(response.json?["id"] == "a")
        let tools = try #require(response.result?["tools"]?.array)
        #expect(tools.map { $0["name"] } == ["get_me", "get_teams", "list_issues"])
        #expect(response.result?["nextCursor"] == nil)
        #expect(tools[0]["inputSchema"] == ["type": "object", "properties": [:]])
        #expect(tools[0]["_meta"] == ["ui": ["visibility": ["model"]]])
        #expect(
            tools[2]["annotations"] == ["title": "List issues", "readOnlyHint": true, "idempotentHint": false])
        #expect(tools[2]["inputSchema"]?["required"] == ["owner", "repo"])
        #expect(tools[2]["answers"] == nil && tools[2]["scopes"] == nil)
    }

    @Test func pages() async throws {
        let fixture = try Fixture(pageSize: 2)
        let first = await fixture.request("tools/list").result
        #expect(first?["tools"]?.array?.count == 2)
        let cursor = try #require(first?["nextCursor"])
        let second = await fixture.request("tools/list", ["cursor": cursor]).result
        #expect(second?["tools"]?[0]?["name"] == "list_issues" && second?["nextCursor"] == nil)
        for bad: JSONValue in ["x", "", 1, "bm9uZQ=="] {
            #expect(await fixture.request("tools/list", ["cursor": bad]).code == -32602)
        }
    }

    @Test func answersAreFilledIn() async throws {
        let fixture = try Fixture()
        #expect(await fixture.call("get_me").text == "{\"login\":\"alice-gh\",\"id\":7}")
        let issues = await fixture.call("list_issues", ["owner": "o", "repo": "r"])
        #expect(issues.result?["isError"] == false && issues.text == "{\"issues\":[{\"user\":\"alice-gh\"}]}")
        let echo = await fixture.call("list_issues", ["owner": "o", "repo": "${user.login}", "page": 2])
        #expect(
            echo.text == "{\"repo\":\"${user.login}\",\"page\":2,\"x\":\"none\"}", "an argument is not filled again")
        let missing = await fixture.call("list_issues", ["owner": "o", "repo": "missing"])
        #expect(missing.result?["isError"] == true && missing.text == "failed: o/missing: 404 Not Found []")
    }

    @Test func badCalls() async throws {
        let fixture = try Fixture()
        #expect(await fixture.call("nothing").code == -32602)
        #expect(await fixture.request("tools/call").code == -32602)
        #expect(await fixture.request("tools/call", ["name": 1]).code == -32602)
        #expect(await fixture.call("get_me", []).code == -32602)
        #expect(await fixture.call("get_me", nil).status == 200)
        let rows: [(JSONValue, String)] = [
            ([:], "missing required parameter: owner"), (["owner": "o"], "missing required parameter: repo"),
            (["owner": "", "repo": "r"], "missing required parameter: owner"),
            (["owner": 1, "repo": "r"], "parameter owner is not of type string"),
            (["owner": "o", "repo": "r", "deep": "y"], "parameter deep is not of type bool, is string"),
            (
                ["owner": "o", "repo": "r", "page": []],
                "parameter page is not a valid number: expected number, got []interface {}"
            ),
            (
                ["owner": "o", "repo": "r", "page": "nan"],
                "parameter page is not a valid number: non-integer numeric value"
            ),
        ]
        for (arguments, text) in rows {
            let response = await fixture.call("list_issues", arguments)
            #expect(response.status == 200 && response.result?["isError"] == true && response.text == text)
        }
        #expect(
            await fixture.call("list_issues", ["owner": "o", "repo": "r", "page": "3"]).result?["isError"] == false)
    }

    @Test func brokenCataloguesAreRefused() {
        let server: JSONValue = ["name": "s", "version": "1"]
        let tool: JSONObject = [
            "name": "t", "title": "T", "description": "d", "properties": [:], "answers": [["json": 1]],
        ]
        #expect(throws: Never.self) { try ToolCatalogue(json: ["server": server, "tools": [.object(tool)]]) }
        let broken: [JSONValue] = [
            [], ["tools": []], ["server": server, "tools": [["name": "t"]]],
            ["server": server, "tools": [.object(tool), .object(tool)]],
            ["server": server, "tools": [.object(tool.merging(["required": ["x"]]))]],
            ["server": server, "tools": [.object(tool.merging(["answers": [["json": 1, "error": "x"]]]))]],
        ]
        for json in broken { #expect(throws: DataMistake.self) { try ToolCatalogue(json: json) } }
    }

    /// What is changed in a good tool, the way to the mistake and the word that is wrong; nil for no mistake.
    static let slips: [(JSONObject, String?, String?)] = [
        (["properties": ["a": ["type": "strng"]]], "properties.a.type", "strng"),
        (["properties": ["a": ["type": 7]]], "properties.a.type", nil),
        (["properties": ["a": ["type": ["string", "nul"]]]], "properties.a.type.1", "nul"),
        (["properties": ["a": "string"]], "properties.a", nil),
        (
            ["inputSchema": ["type": "object", "properties": ["a": ["items": ["anyOf": [["type": "int"]]]]]]],
            "inputSchema.properties.a.items.anyOf.0.type", "int"
        ),
        (["outputSchema": ["items": ["type": "text"]]], "outputSchema.items.type", "text"),
        (["answers": [["text": "for ${usr.login}"]]], "answers.0.text", "usr"),
        (["answers": [["json": ["a": ["${user.lgoin|x}"]]]]], "answers.0.json.a.0", "lgoin"),
        (["answers": [["json": ["each": "arguments.a", "as": "b", "give": "${c}"]]]], "answers.0.json.give", "c"),
        (["answers": [["steps": [["draw": "d", "hex": 4]], "text": "${d} ${user.id} ${arguments.x}"]]], nil, nil),
        (["answers": [["json": ["each": "arguments.a", "as": "user", "give": "${user.b} ${now}"]]]], nil, nil),
        (["answers": [["json": ["each": "arguments.a", "give": "${item.b}"]]]], nil, nil),
        (
            [
                "properties": [
                    "type": ["type": ["string", "null"]], "b": true, "c": ["items": [["type": "null"], false]],
                ]
            ], nil, nil
        ),
    ]

    @Test(arguments: slips)
    func aSlipInAToolIsToldWithTheWayToIt(_ change: JSONObject, _ way: String?, _ word: String?) throws {
        let tool: JSONObject = ["name": "t", "description": "d", "answers": [["json": 1]]]
        let json: JSONValue = [
            "server": ["name": "s", "version": "1"], "tools": [.object(tool.merging(change))],
        ]
        do {
            _ = try ToolCatalogue(json: json, userMembers: ["login", "id"])
            #expect(way == nil)
        } catch let mistake as DataMistake {
            #expect(mistake.path.joined(separator: ".") == "tools.0.\(way ?? "")")
            #expect(mistake.word == word)
            #expect(word == nil || !mistake.known.isEmpty)
        }
    }
}
