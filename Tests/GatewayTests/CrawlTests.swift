import AWSCore
import Gateway
import HTTPTypes
import Kernel
import MCPCore
import Testing

@Suite struct CrawlTests {
    static let address = TargetAddress(gateway: TestLab.gatewayID, target: TargetID("T-github"))
    static let authorization = TargetAuthorization(url: "https://u", userID: "gwT1uuid", sessionURI: "urn:s1")
    static let prefix = "Failed to connect and fetch tools from the provided MCP target server. Error - "

    private func lab(
        _ status: TargetStatus, credentials: [JSONValue] = [], authorization: TargetAuthorization? = nil,
        tools: [String] = [], unknowns: [String: String] = [:]
    ) throws -> TestLab {
        let lab = try TestLab(unknowns: unknowns)
        try lab.makeGateway()
        try lab.makeTarget(tools: tools, status: status, credentials: credentials, authorization: authorization)
        return lab
    }

    private func transitions(_ lab: TestLab) -> [String] {
        lab.store.journal().compactMap { entry in
            guard case .transition(let move) = entry.event else { return nil }
            return "\(move.from ?? "-") \(move.to)"
        }
    }

    private func toolNames(_ lab: TestLab) throws -> [String]? {
        try lab.store.write { $0.find(CatalogueRecord.self, TargetID("T-github")) }?.tools
            .compactMap { $0["name"]?.string }
    }

    @Test("A crawl shakes hands, reads every page, and the target is READY")
    func crawl() async throws {
        let lab = try lab(.creating)
        await lab.ring(.crawl(Self.address))
        let target = try #require(try lab.target("T-github"))
        #expect(target.status == .ready)
        #expect(target.lastSynchronizedAt == lab.clock.now)
        #expect(try toolNames(lab) == ["one", "two", "three"])
        #expect(
            lab.server.seen.map { $0.body.json["method"]?.string }
                == ["initialize", "notifications/initialized", "tools/list", "tools/list"])
        #expect(
            lab.server.seen.map { $0.header(MCPName.versionHeader) }
                == [nil, "2025-11-25", "2025-11-25", "2025-11-25"])
        #expect(lab.server.body(0)["params"]?["protocolVersion"] == "2025-11-25")
        #expect(transitions(lab) == ["CREATING READY"])
        // A second alarm for the same work finds nothing to do.
        await lab.ring(.crawl(Self.address))
        #expect(lab.server.seen.count == 4)
    }

    @Test("With client credentials the machine's token goes along")
    func machine() async throws {
        let lab = try lab(.synchronizing, credentials: [TestLab.credential("CLIENT_CREDENTIALS")], tools: ["old"])
        await lab.ring(.crawl(Self.address))
        #expect(try lab.target("T-github")?.status == .ready)
        #expect(try toolNames(lab) == ["one", "two", "three"])
        #expect(lab.server.seen.allSatisfy { $0.header(.authorization) == "Bearer gho_upstream" })
    }

    @Test(
        "After a consent the administrator's token is fetched and used",
        arguments: [
            (TargetStatus.createPendingAuth, "CREATING"), (.updatePendingAuth, "UPDATING"),
            (.synchronizePendingAuth, "SYNCHRONIZING"),
        ])
    func consent(_ pending: TargetStatus, _ working: String) async throws {
        let lab = try lab(pending, credentials: [TestLab.userCredential], authorization: Self.authorization)
        await lab.ring(.consentCompleted(Self.address, sessionURI: "urn:s1"))
        let target = try #require(try lab.target("T-github"))
        #expect(target.status == .ready)
        #expect(target.authorization == nil)
        #expect(
            lab.identity.paths == ["/identities/GetWorkloadAccessTokenForUserId", "/identities/oauth2/token"])
        #expect(lab.identity.body(0) == ["workloadName": "demo-ab12cd34ef", "userId": "gwT1uuid"])
        #expect(lab.identity.body(1)["oauth2Flow"] == "USER_FEDERATION")
        #expect(lab.server.seen.allSatisfy { $0.header(.authorization) == "Bearer gho_upstream" })
        #expect(transitions(lab) == ["\(pending.rawValue) \(working)", "\(working) READY"])
    }

    @Test("Words about a session the target does not wait for change nothing")
    func otherSession() async throws {
        let lab = try lab(
            .createPendingAuth, credentials: [TestLab.userCredential], authorization: Self.authorization)
        await lab.ring(.consentCompleted(Self.address, sessionURI: "urn:s0"))
        await lab.ring(.consentLapsed(Self.address, sessionURI: "urn:s0"))
        await lab.ring(.consentFailed(Self.address, sessionURI: "urn:s0", reason: "r"))
        await lab.ring(.crawl(Self.address))
        let other = TargetAddress(gateway: GatewayID("other"), target: TargetID("T-github"))
        await lab.ring(.consentFailed(other, sessionURI: "urn:s1", reason: "r"))
        await lab.gateway.alarmFired(Alarm(due: lab.clock.now, party: .gateway, label: "nonsense"))
        #expect(try lab.target("T-github")?.status == .createPendingAuth)
        #expect(transitions(lab).isEmpty)
        #expect(lab.server.seen.isEmpty)
    }

    @Test("Denied and lapsed consents fail the target, each with its reason (T8)")
    func failedConsent() async throws {
        for (alarm, reason) in [
            (GatewayAlarm.consentFailed(Self.address, sessionURI: "urn:s1", reason: "access denied"), "access denied"),
            (
                .consentLapsed(Self.address, sessionURI: "urn:s1"),
                "Authorization timed out before the user completed it."
            ),
        ] {
            for (pending, end) in [
                (TargetStatus.createPendingAuth, TargetStatus.failed), (.updatePendingAuth, .updateUnsuccessful),
                (.synchronizePendingAuth, .synchronizeUnsuccessful),
            ] {
                let lab = try lab(pending, authorization: Self.authorization)
                await lab.ring(alarm)
                let target = try #require(try lab.target("T-github"))
                #expect(target.status == end)
                #expect(target.statusReasons == [reason])
                #expect(target.authorization == nil)
            }
        }
        let patient = try lab(
            .createPendingAuth, authorization: Self.authorization, unknowns: ["pending.onExpiry": "stay"])
        await patient.ring(.consentLapsed(Self.address, sessionURI: "urn:s1"))
        #expect(try patient.target("T-github")?.status == .createPendingAuth)
    }

    private func reason(_ handler: @escaping Scripted.Handler) async throws -> String? {
        let lab = try lab(.updating, tools: ["old"])
        lab.server.answer(handler)
        await lab.ring(.crawl(Self.address))
        let target = try lab.target("T-github")
        #expect(target?.status == .updateUnsuccessful)
        #expect(try toolNames(lab) == ["old"])
        #expect(target?.lastSynchronizedAt == nil)
        return target?.statusReasons.first
    }

    @Test("Why a crawl failed, in the words people grep for")
    func reasons() async throws {
        #expect(
            try await reason { _ in Response(401) } == Self.prefix + "Authorization error when sending message")
        #expect(
            try await reason { _ in Response(400) }
                == "MCP server 'https://mcp.test/mcp' returned HTTP 400 to the initialize handshake.")
        #expect(
            try await reason { request in
                .json(200, JSONRPC.error(RequestID(request.body.json["id"] ?? .null), .methodNotFound("initialize")))
            } == "MCP server 'https://mcp.test/mcp' returned HTTP 200 to the initialize handshake.")
        #expect(
            try await reason { request in
                request.body.json["method"] == "tools/list" ? Response(503) : Script.server(request)
            } == Self.prefix + "Received error (503) from runtime.")
        let check = Self.prefix + "Please check the server endpoint or tool capability support."
        #expect(try await reason { Script.server($0, capabilities: [:]) { _, _ in [:] } } == check)
        #expect(try await reason { Script.server($0) { _, _ in ["tools": "none"] } } == check)
        #expect(try await reason { Script.server($0) { _, _ in ["tools": [], "nextCursor": "x"] } } == check)
        #expect(try await reason { _ in .plain(200, "hello") } == check)
    }

    @Test("A server that does not answer")
    func unreachable() async throws {
        let lab = try lab(.creating)
        lab.network.faults.put(Fault(name: "f", party: .mcp, operation: nil, effect: .drop, first: nil))
        await lab.ring(.crawl(Self.address))
        #expect(try lab.target("T-github")?.status == .failed)
        #expect(
            try lab.target("T-github")?.statusReasons
                == [Self.prefix + "Unable to connect to the MCP server. Please check the server"])
    }

    @Test("No token, no catalogue", arguments: ["CLIENT_CREDENTIALS", "TOKEN_EXCHANGE"])
    func noToken(_ grant: String) async throws {
        let lab = try lab(.creating, credentials: [TestLab.credential(grant)])
        lab.identity.answer { _ in AWSError(.unauthorized, "no").response }
        await lab.ring(.crawl(Self.address))
        #expect(
            try lab.target("T-github")?.statusReasons == [Self.prefix + "Authorization error when sending message"])
        #expect(lab.server.seen.isEmpty)
    }

    @Test("Schemas that refer elsewhere fail the crawl; properties of such names do not")
    func keywords() async throws {
        func tools(_ schema: JSONValue) -> Scripted.Handler {
            { request in
                Script.server(request) { _, _ in ["tools": [["name": "t", "inputSchema": schema]]] }
            }
        }
        for keyword in ["$ref", "$defs", "$anchor", "$dynamicRef", "$dynamicAnchor"] {
            let inner = JSONValue.object([keyword: "#/x"])
            let nested: JSONValue = ["type": "object", "properties": ["a": ["anyOf": [["type": "null"], inner]]]]
            #expect(
                try await reason(tools(nested))
                    == Self.prefix + "The schema of tool 't' uses \(keyword), which is not supported")
        }
        #expect(
            try await reason(tools("x")) == Self.prefix + "A tool has no name or no inputSchema")
        let lab = try lab(.creating)
        lab.server.answer(
            tools(["type": "object", "properties": ["$ref": ["default": ["$ref": 1], "enum": [["$defs": 1]]]]]))
        await lab.ring(.crawl(Self.address))
        #expect(try lab.target("T-github")?.status == .ready)
    }

    @Test("Other lists are read where the server has them")
    func otherLists() async throws {
        let lab = try lab(.creating)
        lab.server.answer { request in
            Script.server(request, capabilities: ["tools": [:], "prompts": [:], "resources": [:]]) { method, _ in
                switch method {
                case "prompts/list": ["prompts": []]
                case "resources/list": ["resources": []]
                case "resources/templates/list": ["resourceTemplates": []]
                default: ["tools": []]
                }
            }
        }
        await lab.ring(.crawl(Self.address))
        #expect(try lab.target("T-github")?.status == .ready)
        #expect(lab.server.seen.count == 6)
    }

    @Test("A session the server gives is held on to")
    func session() async throws {
        let lab = try lab(.creating)
        lab.server.answer { request in
            var response = Script.server(request)
            if request.body.json["method"] == "initialize" {
                response.head.headerFields[MCPName.sessionHeader] = "s-1"
            }
            return response
        }
        await lab.ring(.crawl(Self.address))
        #expect(
            lab.server.seen.map { $0.header(MCPName.sessionHeader) } == [nil, "s-1", "s-1", "s-1"])
    }
}
