import Foundation

/// What MCP costs over sockets, beside two other servers where they are installed (`make bench-peers`).
struct MCPBench {
    private let options: BenchOptions
    private static let port = 25_580
    /// The MCP server's place among the seven ports.
    private static let mcpPort = port + 4
    private static let calls = 200
    private static let tools = 1000
    private static let streams = 1000
    private static let fields = [
        "Content-Type: application/json", "Accept: application/json, text/event-stream",
        "MCP-Protocol-Version: 2025-11-25",
    ]

    init(_ options: BenchOptions) { self.options = options }

    func measure(into table: inout FigureTable) throws {
        let own = try measureOwn(into: &table)
        for peer in Self.peers { try measure(peer, own, into: &table) }
    }

    /// Somebody else's server of the same tools.
    private struct Peer {
        let program: PeerProgram
        /// What stands before the names of its tools.
        let prefix: String
        /// Share of its time per list that this program may take; nil where nothing was promised.
        let list: Double?
    }

    private static let peers = [
        Peer(program: .tools("fastmcp", "mcp2", tools), prefix: "", list: 0.05),
        Peer(program: .tools("localcore-gateway", "peers", tools), prefix: "t___", list: nil),
    ]

    /// Microseconds of a call and of a list.
    private struct Pace {
        let call: Double
        let list: Double
    }

    // MARK: - This program

    private func measureOwn(into table: inout FigureTable) throws -> Pace {
        let surroundings = try Self.withManyTools(beside: options.root)
        defer { surroundings.end() }
        try Self.allowManySockets()
        let served = try Neighbour.own(root: surroundings.root, port: Self.port, lab: "bench")
        defer { served.end() }
        let client = try WireClient(port: Self.mcpPort)
        let session = try Self.begin(client)
        let pace = try Self.pace(of: client, [session])
        table.add(
            Figure(
                name: "served tools/call, median", value: pace.call, unit: "µs",
                remark: "\(Self.calls) calls one after the other on one connection"))
        table.add(
            Figure(
                name: "served tools/list of \(Self.tools), median", value: pace.list, unit: "µs",
                remark: "\(Int(1e6 / max(pace.list, 1))) a second"))
        try measureStreams(served, into: &table)
        return pace
    }

    private func measureStreams(_ served: Neighbour, into table: inout FigureTable) throws {
        let before = served.memory.all
        var open: [WireClient] = []
        for _ in 0..<Self.streams {
            let client = try WireClient(port: Self.mcpPort)
            let session = try Self.begin(client)
            let answer = try client.open("/mcp", ["Accept: text/event-stream", session])
            guard answer.status == 200 else { throw BenchFailure("a stream was answered \(answer.status)") }
            open.append(client)
        }
        let after = served.memory.all
        table.add(
            Figure(
                name: "open SSE stream, resident memory", value: (after - before) * 1024 / Double(open.count),
                unit: "kB", budget: 40, remark: "\(open.count) sessions, each with its standing stream; VmRSS"))
    }

    // MARK: - Others

    private func measure(_ peer: Peer, _ own: Pace, into table: inout FigureTable) throws {
        let name = peer.program.name
        guard let theirs = try Neighbour(peer.program, root: options.root, port: Self.port + 20) else { return }
        defer { theirs.end() }
        let pace = try Self.pace(of: try WireClient(port: theirs.port), [], prefix: peer.prefix)
        table.add(
            Figure(
                name: "served tools/call, share of \(name)'s", value: own.call / pace.call, unit: "", budget: 0.1,
                remark: "\(name): \(Int(pace.call)) µs"))
        table.add(
            Figure(
                name: "served tools/list, share of \(name)'s", value: own.list / pace.list, unit: "",
                budget: peer.list, remark: "\(name): \(Int(pace.list)) µs"))
    }

    // MARK: - Exchanges

    private static func pace(of client: WireClient, _ more: [String], prefix: String = "") throws -> Pace {
        let call = """
            {"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"\(prefix)tool_7","arguments":{"text":"x"}}}
            """
        let list = #"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#
        return Pace(
            call: try median(of: calls, client, more, call, holds: "said x"),
            list: try median(of: 20, client, more, list, holds: "tool_9"))
    }

    /// The first few warm up and are thrown away.
    private static func median(
        of rounds: Int, _ client: WireClient, _ more: [String], _ body: String, holds text: String
    ) throws -> Double {
        let clock = ContinuousClock()
        var times: [Double] = []
        for round in 0..<rounds + 5 {
            let start = clock.now
            let answer = try client.call("POST", "/mcp", fields + more, body)
            let took = Measure.microseconds(clock.now - start)
            guard answer.status == 200, answer.body.firstRange(of: Array(text.utf8)) != nil else {
                throw BenchFailure("an MCP server answered \(answer.status) to \(body)")
            }
            if round >= 5 { times.append(took) }
        }
        return Measure.median(times)
    }

    /// `initialize`; the field that names the session.
    private static func begin(_ client: WireClient) throws -> String {
        let body = """
            {"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},\
            "clientInfo":{"name":"bench","version":"1"}}}
            """
        let answer = try client.call("POST", "/mcp", fields, body)
        guard let id = answer.field("mcp-session-id") else { throw BenchFailure("initialize gave no session") }
        return "Mcp-Session-Id: \(id)"
    }

    // MARK: - Surroundings

    /// The mocks of the project, but with a lab whose MCP server has a thousand tools and keeps sessions.
    private static func withManyTools(beside root: String) throws -> Surroundings {
        let surroundings = try Surroundings(beside: root, lab: "mcp-conformance") {
            $0.replacingOccurrences(of: "tools/conformance.yaml", with: "tools/bench.yaml")
        }
        let head = "server: {name: bench, version: local}\nopen: true\nsessions: true\npageSize: 10000\ntools:\n"
        let tools = (0..<Self.tools).map { number in
            """
              - name: tool_\(number)
                description: Says what it is told
                required: [text]
                properties: {text: {type: string, description: What to say}}
                answers: [{text: "said ${arguments.text}"}]

            """
        }
        try surroundings.write(head + tools.joined(), to: "tools/bench.yaml")
        return surroundings
    }

    /// The child has the same limit.
    private static func allowManySockets() throws {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        let wanted = rlim_t(Self.streams + 200)
        guard limit.rlim_cur < wanted else { return }
        limit.rlim_cur = min(wanted, limit.rlim_max)
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
