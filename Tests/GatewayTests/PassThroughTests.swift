import AWSCore
import Gateway
import HTTPTypes
import Kernel
import MCPCore
import Synchronization
import TestSupport
import Testing

/// Prompts, resources and a target's own questions, on a gateway with sessions and streams.
@Suite struct PassThroughTests {
    private static let mcp: JSONObject = [
        "supportedVersions": ["2025-11-25", "2026-07-28"],
        "sessionConfiguration": ["sessionTimeoutInSeconds": 900],
        "streamingConfiguration": ["enableResponseStreaming": true],
    ]

    private func lab(off: Set<String> = [], unknowns: [String: String] = [:]) throws -> TestLab {
        let lab = try TestLab(off: off, unknowns: unknowns)
        try lab.makeGateway(mcp: Self.mcp)
        return lab
    }

    private func begin(_ lab: TestLab, _ capabilities: JSONValue) async throws -> HTTPFields {
        let response = try await lab.rpc(
            "initialize",
            [
                "protocolVersion": "2025-11-25", "capabilities": capabilities,
                "clientInfo": ["name": "t", "version": "1"],
            ])
        var headers = TestLab.headers
        headers[MCPName.sessionHeader] = response.header(MCPName.sessionHeader)
        return headers
    }

    /// A server that asks before it answers, as a stored stream.
    private func asking(_ lab: TestLab, _ question: String) {
        let store = lab.store
        lab.server.answer { request in
            guard let message = try? JSONRPCMessage.read(request.json()).get() else { return Response(400) }
            switch message {
            case .request(let id, "initialize", _):
                return .json(
                    200,
                    JSONRPC.result(
                        id,
                        [
                            "protocolVersion": "2025-11-25", "capabilities": ["tools": [:]],
                            "serverInfo": ["name": "s", "version": "1"],
                        ]), headers: [MCPName.sessionHeader: "upstream-session"])
            case .request(let id, _, _):
                let stream = StreamID("upstream")
                _ = try? store.write { transaction in
                    transaction.openStream(stream, owner: "u", hasIDs: true, isPrimed: true)
                    transaction.send(
                        JSONRPC.notification("notifications/progress", ["progressToken": "p", "progress": 1]),
                        on: stream)
                    transaction.send(
                        JSONRPC.request(.string("same-for-all"), question, ["message": "Your name?"]), on: stream)
                    transaction.save(AskedCall(id: Identifier("call"), call: id.json))
                }
                return .events(StoredEvents(stream, in: store))
            case .response(_, let outcome):
                _ = try? store.write { transaction in
                    guard let asked = transaction.find(AskedCall.self, Identifier("call")),
                        let call = RequestID(asked.call)
                    else { return }
                    let text =
                        switch outcome {
                        case .success(let value): value.text
                        case .failure(let error): "error \(error.code)"
                        }
                    transaction.send(JSONRPC.result(call, ToolMessage.text(text)), on: StreamID("upstream"))
                    transaction.endStream(StreamID("upstream"))
                }
                return Response(202)
            case .notification: return Response(202)
            }
        }
    }

    private struct AskedCall: Record {
        static let collection = "test-asked-call"
        enum Tag {}
        let id: Identifier<Tag>
        let call: JSONValue
    }

    private static let call: JSONObject = [
        "name": "plain___ask", "arguments": [:], "_meta": ["progressToken": "p"],
    ]

    @Test(
        "A target's question reaches the caller under another id, and the caller's answer the target",
        arguments: ["elicitation/create", "sampling/createMessage", "roots/list"])
    func question(_ method: String) async throws {
        let lab = try lab()
        try lab.makeTarget("plain", tools: ["ask"], credentials: [])
        asking(lab, method)
        let headers = try await begin(lab, ["elicitation": [:], "sampling": [:], "roots": [:]])
        var called = try await lab.rpc("tools/call", Self.call, headers: headers)
        #expect(called.messages.first?["method"] == "notifications/progress")
        let question = try #require(called.messages.last)
        #expect(question["method"]?.string == method)
        #expect(question["params"] == ["message": "Your name?"])
        let id = try #require(question["id"]?.string)
        #expect(id != "same-for-all")
        // The gateway shook hands as somebody who can be asked, and passed the progress token on.
        #expect(lab.server.body(0)["params"]?["capabilities"]?["sampling"] == [:])
        #expect(lab.server.body(2)["params"]?["_meta"] == ["progressToken": "p"])
        #expect(lab.server.seen[2].header(MCPName.sessionHeader) == "upstream-session")
        let token = try await lab.token()
        let answer = try await lab.send(
            ["jsonrpc": "2.0", "id": .string(id), "result": ["action": "accept"]], token: token, headers: headers)
        #expect(answer.status == 202)
        called.body = []
        called.drainEvents()
        #expect(called.messages.last?["id"] == 24)
        #expect(called.messages.last?["result"]?["content"]?[0]?["text"] == #"{"action":"accept"}"#)
        #expect(called.events == nil)
        #expect(lab.server.body(3)["id"] == "same-for-all")
        // It was answered; there is nothing to answer any more (E44).
        let again = try await lab.send(
            ["jsonrpc": "2.0", "id": .string(id), "result": [:]], token: token, headers: headers)
        #expect(again.status == 400)
        #expect(again.code == -32600)
    }

    @Test("Within one session at a target no request id comes twice")
    func idsOfASession() async throws {
        let lab = try lab()
        try lab.makeTarget("plain", tools: ["ask"], credentials: [])
        asking(lab, "elicitation/create")
        let headers = try await begin(lab, ["elicitation": [:]])
        for _ in 0..<3 { _ = try await lab.rpc("tools/call", Self.call, headers: headers) }
        let bodies = lab.server.seen.indices.map { lab.server.body($0) }
        #expect(bodies.filter { $0["method"] == "initialize" }.count == 1)
        #expect(bodies.compactMap { $0["id"] } == [1, 2, 3, 4])
    }

    @Test("A caller that cannot be asked is not asked: the target hears -32601 (E45)")
    func cannotBeAsked() async throws {
        let lab = try lab()
        try lab.makeTarget("plain", tools: ["ask"], credentials: [])
        asking(lab, "elicitation/create")
        let headers = try await begin(lab, [:])
        let called = try await lab.rpc("tools/call", Self.call, headers: headers)
        #expect(called.messages.last?["result"]?["content"]?[0]?["text"] == "error -32601")
        // In a request that stands for itself nobody can be asked on the way either.
        var stateless = TestLab.headers
        stateless[MCPName.versionHeader] = "2026-07-28"
        stateless[MCPName.methodHeader] = "tools/call"
        stateless[MCPName.nameHeader] = "plain___ask"
        var params = Self.call
        params["_meta"] = [
            "progressToken": "p", "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": ["elicitation": [:]],
        ]
        asking(lab, "elicitation/create")
        let second = try await lab.rpc("tools/call", params, headers: stateless)
        #expect(second.messages.last?["result"]?["resultType"] == "complete")
    }

    @Test(
        "The caller's session is the gateway's own and never reaches a target, whatever that lists (E10)",
        arguments: [[], ["only-listed-headers-travel"]] as [Set<String>])
    func sessionStays(off: Set<String>) async throws {
        let lab = try lab(off: off)
        var target = try lab.makeTarget(credentials: [])
        target.metadata = ["allowedRequestHeaders": ["Mcp-Session-Id", "X-Tenant"]]
        let saved = target
        try lab.store.write { $0.save(saved) }
        var headers = try await begin(lab, [:])
        let session = try #require(headers[MCPName.sessionHeader])
        headers[fieldName("X-Tenant")] = "mine"
        #expect(try await lab.callTool(headers: headers).status == 200)
        #expect(lab.server.seen.last?.header(fieldName("X-Tenant")) == "mine")
        #expect(lab.server.seen.allSatisfy { $0.header(MCPName.sessionHeader) != session })
    }

    @Test("While one answer is with the target, no other counts, and the call is not given up")
    func secondAnswer() async throws {
        let lab = try lab()
        try lab.makeTarget("plain", tools: ["ask"], credentials: [])
        asking(lab, "elicitation/create")
        let headers = try await begin(lab, ["elicitation": [:]])
        var called = try await lab.rpc("tools/call", Self.call, headers: headers)
        let id = try #require(called.messages.last?["id"]?.string)
        let token = try await lab.token()
        let second = Mutex(0)
        lab.server.meanwhile {
            let answer = try? await lab.send(
                ["jsonrpc": "2.0", "id": .string(id), "result": ["action": "decline"]], token: token, headers: headers)
            second.withLock { $0 = answer?.status ?? 0 }
            let alarm = Alarm(due: lab.clock.now, party: .gateway, label: "give-up-question \(id)")
            await lab.gateway.alarmFired(alarm)
        }
        let first = try await lab.send(
            ["jsonrpc": "2.0", "id": .string(id), "result": ["action": "accept"]], token: token, headers: headers)
        #expect(first.status == 202)
        #expect(second.withLock { $0 } == 400)
        called.body = []
        called.drainEvents()
        #expect(called.messages.count == 1)
        #expect(called.messages.last?["result"]?["content"]?[0]?["text"] == #"{"action":"accept"}"#)
        #expect(called.events == nil)
    }

    /// A call that asks its caller for a consent on the stream, and the id of the question.
    private func askingConsent(_ lab: TestLab) async throws -> (call: Response, question: String, HTTPFields) {
        try lab.makeTarget()
        lab.identity.answer(Script.needsConsent)
        let headers = try await begin(lab, ["elicitation": ["url": [:]]])
        let called = try await lab.callTool(headers: headers)
        return (called, try #require(called.messages.last?["id"]?.string), headers)
    }

    @Test("A consent that nobody answers is given up with its session, and when its time is over")
    func unanswered() async throws {
        let lab = try lab()
        func waiting() -> Int { lab.store.recordCounts["gateway-pending-call", default: 0] }
        let (first, question, begun) = try await askingConsent(lab)
        var called = first
        #expect(waiting() == 1)
        let start = lab.clock.now
        let alarm = try #require(lab.clock.advance(towards: start + .minutes(10)))
        #expect(alarm.label == "give-up-question \(question)" && alarm.due == start + .minutes(10))
        await lab.gateway.alarmFired(alarm)
        #expect(waiting() == 0)
        called.body = []
        called.drainEvents()
        #expect(called.messages.last?["result"]?["isError"] == true)
        #expect(called.events == nil)

        _ = try await lab.callTool(headers: begun)
        #expect(waiting() == 1)
        let token = try await lab.token()
        var headers = begun
        headers[.authorization] = "Bearer \(token)"
        let ended = try await lab.network.send(Request(.delete, TestLab.url, headers: headers), from: .outside)
        #expect(ended.status == 200)
        #expect(waiting() == 0)
    }

    @Test("An answer to a consent is kept with the alarm that looks after it, and not given up")
    func acceptedIsKept() async throws {
        let archive = ListeningArchive()
        let lab = try TestLab(store: Store(archive: archive))
        try lab.makeGateway(mcp: Self.mcp)
        let clock = lab.clock
        let kept = Mutex<[String]>([])
        archive.listen { collections in
            guard collections.contains("gateway-pending-call") else { return }
            kept.withLock { $0 = clock.pendingAlarms.map(\.label) }
        }
        let (_, question, headers) = try await askingConsent(lab)
        #expect(kept.withLock { $0.contains("give-up-question \(question)") })
        let answer = try await lab.send(
            ["jsonrpc": "2.0", "id": .string(question), "result": ["action": "accept"]], token: try await lab.token(),
            headers: headers)
        #expect(answer.status == 202)
        #expect(kept.withLock { $0.last } == "look-after-consent 1000 \(question)")
        await lab.gateway.alarmFired(Alarm(due: clock.now, party: .gateway, label: "give-up-question \(question)"))
        #expect(lab.store.recordCounts["gateway-pending-call"] == 1)
    }

    @Test("A call that was cancelled gets no answer, whatever is answered later")
    func cancelled() async throws {
        let lab = try lab()
        try lab.makeTarget("plain", tools: ["ask"], credentials: [])
        asking(lab, "sampling/createMessage")
        let headers = try await begin(lab, ["sampling": [:]])
        var called = try await lab.rpc("tools/call", Self.call, headers: headers)
        let id = try #require(called.messages.last?["id"]?.string)
        let token = try await lab.token()
        let cancel = JSONRPC.notification("notifications/cancelled", ["requestId": 24])
        #expect(try await lab.send(cancel, token: token, headers: headers).status == 202)
        let answer = try await lab.send(
            ["jsonrpc": "2.0", "id": .string(id), "result": [:]], token: token, headers: headers)
        #expect(answer.status == 400)
        called.body = []
        called.drainEvents()
        #expect(called.messages.isEmpty)
        #expect(called.events == nil)
    }

    @Test("Who has the standing stream open hears that the tools changed, and nobody else")
    func listChanged() async throws {
        let lab = try lab()
        var headers = try await begin(lab, [:])
        _ = try await begin(lab, [:])
        headers[.authorization] = "Bearer \(try await lab.token())"
        var stream = try await lab.network.send(Request(.get, TestLab.url, headers: headers), from: .outside)
        let target = try lab.makeTarget("late", tools: [], status: .creating, credentials: [])
        await lab.ring(.crawl(TargetAddress(gateway: TestLab.gatewayID, target: target.id)))
        stream.body = []
        stream.drainEvents()
        #expect(stream.messages.map { $0["method"] } == ["notifications/tools/list_changed"])
    }

    // MARK: - Prompts and resources

    private func offering(_ lab: TestLab) async throws {
        lab.server.answer { request in
            Script.server(request, capabilities: ["tools": [:], "prompts": [:], "resources": [:]]) { method, params in
                switch method {
                case "tools/list": ["tools": []]
                case "prompts/list": ["prompts": [["name": "greet", "arguments": [["name": "who"]]]]]
                case "resources/list": ["resources": [["uri": "shop://prices", "name": "prices"]]]
                case "resources/templates/list":
                    ["resourceTemplates": [["uriTemplate": "shop://item/{id}/data", "name": "item"]]]
                default: ["echo": .object(params)]
                }
            }
        }
        for (name, priority) in [("first", nil), ("second", Int64(10))] as [(String, Int64?)] {
            var target = try lab.makeTarget(name, tools: [], status: .creating, credentials: [])
            if let priority {
                target.configuration = [
                    "mcp": ["mcpServer": ["endpoint": .string(TestLab.endpoint), "resourcePriority": .int(priority)]]
                ]
            }
            let saved = target
            try lab.store.write { $0.save(saved) }
            await lab.ring(.crawl(TargetAddress(gateway: TestLab.gatewayID, target: target.id)))
        }
    }

    @Test("Prompts carry the target's name, resources do not, and each is fetched from the target it belongs to")
    func offers() async throws {
        let lab = try TestLab()
        try lab.makeGateway()
        try await offering(lab)
        let capabilities = try await lab.rpc("initialize", TestLab.hello()).json?["result"]?["capabilities"]
        #expect(capabilities == ["tools": ["listChanged": true], "prompts": [:], "resources": [:]])
        let prompts = try await lab.rpc("prompts/list").json?["result"]?["prompts"]
        #expect(prompts?.array?.map { $0["name"] } == ["first___greet", "second___greet"])
        let got = try await lab.rpc("prompts/get", ["name": "second___greet", "arguments": ["who": "you"]])
        #expect(got.json?["result"]?["echo"] == ["name": "greet", "arguments": ["who": "you"]])
        #expect(try await lab.rpc("prompts/get", ["name": "second___bye"]).code == -32602)
        #expect(try await lab.rpc("prompts/get", ["name": "greet"]).code == -32602)
        let resources = try await lab.rpc("resources/list").json?["result"]?["resources"]
        #expect(resources?.array?.map { $0["uri"] } == ["shop://prices"])
        for uri in ["shop://prices", "shop://item/7/data"] {
            let read = try await lab.rpc("resources/read", ["uri": .string(uri)])
            #expect(read.json?["result"]?["echo"] == ["uri": .string(uri)])
        }
        for uri in ["shop://item//data", "shop://item/7/8/data", "shop://item/7/data/x", "shop://other"] {
            let missing = try await lab.rpc("resources/read", ["uri": .string(uri)])
            #expect(missing.code == -32002)
            #expect(missing.json?["error"]?["data"] == ["uri": .string(uri)])
        }
    }

    @Test("Of two targets with the same resource the lower resourcePriority answers")
    func priority() async throws {
        let lab = try TestLab()
        try lab.makeGateway()
        try await offering(lab)
        // Once the second target is gone the first answers.
        let before = lab.server.seen.count
        _ = try await lab.rpc("resources/read", ["uri": "shop://prices"])
        #expect(lab.server.seen.count == before + 1)
        var second = try #require(try lab.target("T-second"))
        second.configuration = ["mcp": ["mcpServer": ["endpoint": "https://nowhere.test/mcp", "resourcePriority": 10]]]
        let moved = second
        try lab.store.write { $0.save(moved) }
        #expect(try await lab.rpc("resources/read", ["uri": "shop://prices"]).code == -32603)
        try lab.store.write { $0.remove(TargetRecord.self, moved.id) }
        #expect(try await lab.rpc("resources/read", ["uri": "shop://prices"]).json?["result"] != nil)
    }
}
