import HTTPTypes
import Kernel
import MCPCore
import Testing

/// MCP 2026-07-28, streamable HTTP: one row for each step of its ladder.
@Suite struct StatelessRowTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let status: Int
        let code: Int64?
        var rpc = "tools/list"
        var params = ""
        var meta: String?
        var headers: [String: String] = [:]
        var without: String?
        var body: String?
        var method = HTTPRequest.Method.post

        init(
            _ name: String, _ status: Int, _ code: Int64?, rpc: String = "tools/list", params: String = "",
            meta: String? = nil, headers: [String: String] = [:], without: String? = nil, body: String? = nil,
            method: HTTPRequest.Method = .post
        ) {
            testDescription = name
            self.status = status
            self.code = code
            self.rpc = rpc
            self.params = params
            self.meta = meta
            self.headers = headers
            self.without = without
            self.body = body
            self.method = method
        }
    }

    static let version = #""io.modelcontextprotocol/protocolVersion":"2026-07-28""#
    static let client = #""io.modelcontextprotocol/clientCapabilities":{}"#

    static let rows = [
        Row("a request that is right", 200, nil),
        Row("1 GET", 405, -32600, method: .get), Row("1 DELETE", 405, -32600, method: .delete),
        Row("2 Accept", 406, nil, headers: ["accept": "text/html"]),
        Row("3 no JSON", 400, -32700, body: "{"),
        Row("4 a notification", 202, nil, body: #"{"jsonrpc":"2.0","method":"notifications/cancelled"}"#),
        Row("5 a batch", 400, -32600, body: "[{}]"),
        Row("5 an answer", 400, -32600, body: #"{"jsonrpc":"2.0","id":1,"result":{}}"#),
        Row("7 no _meta", 400, -32602, meta: ""),
        Row("7 no version in it", 400, -32602, meta: #""_meta":{\#(client)}"#),
        Row("7 no capabilities in it", 400, -32602, meta: #""_meta":{\#(version)}"#),
        Row("8 no version header", 400, -32020, without: "mcp-protocol-version"),
        Row("8 another version header", 400, -32020, headers: ["mcp-protocol-version": "2025-11-25"]),
        Row("9 no method header", 400, -32020, without: "mcp-method"),
        Row("9 another method header", 400, -32020, headers: ["mcp-method": "tools/call"]),
        Row("9 another case", 400, -32020, headers: ["mcp-method": "Tools/List"]),
        Row("9 blanks around it", 200, nil, headers: ["mcp-method": "  tools/list "]),
        Row("10 no name header", 400, -32020, rpc: "tools/call", params: #""name":"add""#),
        Row(
            "10 another name header", 400, -32020, rpc: "tools/call", params: #""name":"add""#,
            headers: ["mcp-name": "sub"]),
        Row("10 the name", 200, nil, rpc: "tools/call", params: #""name":"add""#, headers: ["mcp-name": "add"]),
        Row(
            "10 the name in Base64", 200, nil, rpc: "tools/call", params: #""name":"é""#,
            headers: ["mcp-name": "=?base64?w6k=?="]),
        Row(
            "10 the URI", 400, -32602, rpc: "resources/read", params: #""uri":"x://y""#,
            headers: ["mcp-name": "x://y"]),
        Row(
            "11 a version nobody has", 400, -32022,
            meta: #""_meta":{"io.modelcontextprotocol/protocolVersion":"v999.0.0",\#(client)}"#,
            headers: ["mcp-protocol-version": "v999.0.0"]),
        Row(
            "13 initialize is gone", 404, -32601, rpc: "initialize"),
        Row("13 ping is gone", 404, -32601, rpc: "ping"),
        Row("13 logging/setLevel is gone", 404, -32601, rpc: "logging/setLevel"),
        Row("13 resources/subscribe is gone", 404, -32601, rpc: "resources/subscribe"),
        Row("13 resources/unsubscribe is gone", 404, -32601, rpc: "resources/unsubscribe"),
        Row("13 an unknown method", 404, -32601, rpc: "none"),
        Row(
            "14 a capability is missing", 400, -32021, rpc: "tools/call", params: #""name":"ask""#,
            headers: ["mcp-name": "ask"]),
        Row(
            "15 another error is an answer", 200, -32603, rpc: "tools/call", params: #""name":"fail""#,
            headers: ["mcp-name": "fail"]),
    ]

    static func body(_ row: Row) -> String {
        if let body = row.body { return body }
        let meta = row.meta ?? #""_meta":{\#(version),\#(client)}"#
        let members = [row.params, meta].filter { !$0.isEmpty }.joined(separator: ",")
        return #"{"jsonrpc":"2.0","id":"a","method":"\#(row.rpc)","params":{\#(members)}}"#
    }

    @Test("Row", arguments: rows)
    func row(_ row: Row) async {
        let lab = EndpointLab()
        let headers = ["mcp-protocol-version": "2026-07-28", "mcp-method": row.rpc].merging(row.headers) { $1 }
        let response = await lab.send(Self.body(row), row.method, headers: headers, without: row.without)
        #expect(response.status == row.status)
        #expect(response.code == row.code)
        // Ids are echoed wherever they can be read.
        if row.body == nil, row.method == .post, row.code != nil { #expect(response.json?["id"] == "a") }
        #expect(response.header(MCPName.sessionHeader) == nil || row.rpc == "initialize")
    }

    private func send(
        _ rpc: String, _ params: String = "", headers: [String: String] = [:], capabilities: String = "{}",
        to lab: EndpointLab = EndpointLab()
    ) async -> Response {
        let meta = #""_meta":{\#(Self.version),"io.modelcontextprotocol/clientCapabilities":\#(capabilities)}"#
        let members = [params, meta].filter { !$0.isEmpty }.joined(separator: ",")
        return await lab.send(
            #"{"jsonrpc":"2.0","id":1,"method":"\#(rpc)","params":{\#(members)}}"#,
            headers: ["mcp-protocol-version": "2026-07-28", "mcp-method": rpc].merging(headers) { $1 })
    }

    @Test("A stream whose client went away is gone: without a session nobody comes back for it")
    func left() async throws {
        let lab = EndpointLab()
        func streams() throws -> Int { try lab.store.write { $0.all(StreamRecord.self).count } }
        let response = await send(
            "tools/call", #""name":"ask""#, headers: ["mcp-name": "ask"], capabilities: #"{"sampling":{}}"#, to: lab)
        #expect(response.messages.first?["method"] == "sampling/createMessage")
        #expect(try streams() == 1)
        response.events?.close()
        #expect(try streams() == 0)
    }

    @Test("Results say that they are complete, who made them and how long they keep")
    func shape() async {
        let discovered = await send("server/discover").json?["result"]
        #expect(discovered?["resultType"] == "complete")
        #expect(discovered?["ttlMs"] == 0)
        #expect(discovered?["cacheScope"] == "private")
        #expect(discovered?["_meta"]?[MCPName.serverMeta]?["name"] == "sample")
        let called = await send("tools/call", #""name":"add""#, headers: ["mcp-name": "add"]).json?["result"]
        #expect(called?["resultType"] == "complete")
        #expect(called?["ttlMs"] == nil)
    }

    @Test("The refusal of a version names what is served and what was asked for; of a capability, what lacks")
    func data() async {
        let meta =
            #""_meta":{"io.modelcontextprotocol/protocolVersion":"v9","io.modelcontextprotocol/clientCapabilities":{}}"#
        let refused = await EndpointLab().send(
            #"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{\#(meta)}}"#,
            headers: ["mcp-protocol-version": "v9", "mcp-method": "tools/list"])
        #expect(refused.json?["error"]?["data"]?["requested"] == "v9")
        #expect(refused.json?["error"]?["data"]?["supported"]?.strings?.first == "2026-07-28")
        let lacking = await send("tools/call", #""name":"ask""#, headers: ["mcp-name": "ask"])
        #expect(lacking.json?["error"]?["data"] == ["requiredCapabilities": ["sampling": [:]]])
    }

    @Test("Session and event ids mean nothing here")
    func noSessions() async {
        let headers = ["mcp-session-id": "any", "last-event-id": "any_1"]
        #expect(await send("tools/list", headers: headers).status == 200)
    }

    @Test(
        "12 arguments that headers mirror",
        arguments: [
            (#"{"owner":"octocat"}"#, ["mcp-param-owner": "octocat"], 200),
            (#"{"owner":"octocat"}"#, ["Mcp-Param-Owner": " octocat "], 200),
            (#"{"owner":"octocat"}"#, [:], 400), (#"{"owner":"octocat"}"#, ["mcp-param-owner": "hubot"], 400),
            ("{}", ["mcp-param-owner": "octocat"], 400), (#"{"owner":null}"#, [:], 200),
            (#"{"owner":"Hello"}"#, ["mcp-param-owner": "=?base64?SGVsbG8=?="], 200),
            (#"{"owner":"Hello"}"#, ["mcp-param-owner": "=?base64?SGVsbG8?="], 400),
            (#"{"owner":"Hello"}"#, ["mcp-param-owner": "=?base64?SGVs!!!bG8=?="], 400),
            (#"{"owner":"SGVsbG8=?="}"#, ["mcp-param-owner": "SGVsbG8=?="], 200),
            (#"{"owner":"=?base64?SGVsbG8="}"#, ["mcp-param-owner": "=?base64?SGVsbG8="], 200),
            (#"{"page":2}"#, ["mcp-param-page": "2.0"], 200), (#"{"page":2}"#, ["mcp-param-page": "two"], 400),
            (#"{"page":16}"#, ["mcp-param-page": "0x10"], 400),
            (#"{"page":9007199254740993}"#, ["mcp-param-page": "9007199254740993"], 200),
            (#"{"page":9007199254740993}"#, ["mcp-param-page": "9007199254740992"], 400),
            (#"{"deep":{"flag":true}}"#, ["mcp-param-flag": "true"], 200),
            (#"{"deep":{"flag":true}}"#, ["mcp-param-flag": "True"], 400),
        ] as [(String, [String: String], Int)])
    func mirrored(_ arguments: String, _ fields: [String: String], _ status: Int) async {
        let response = await send(
            "tools/call", #""name":"mirrored","arguments":\#(arguments)"#,
            headers: ["mcp-name": "mirrored"].merging(fields) { $1 })
        #expect(response.status == status)
        if status == 400 { #expect(response.code == -32020) }
    }

    @Test(
        "A text that cannot stand in a header travels in Base64 and comes back the same",
        arguments: [
            "plain", "two words", " leading", "é", "line\nbreak", "=?base64?x?=", "",
        ])
    func headerText(_ text: String) {
        let wire = HeaderText.encoded(text)
        #expect(wire.utf8.allSatisfy { (0x20...0x7E).contains($0) })
        #expect(HeaderText.decoded(wire) == text)
    }

    @Test("A server of this revision alone refuses a handshake with what it serves")
    func only() async {
        let lab = EndpointLab(served: [.july2026])
        let body = #"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25"}}"#
        let refused = await lab.send(body)
        #expect(refused.status == 400)
        #expect(refused.code == -32022)
        #expect(refused.json?["error"]?["data"] == ["supported": ["2026-07-28"], "requested": "2025-11-25"])
    }
}
