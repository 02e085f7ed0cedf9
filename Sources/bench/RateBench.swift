import Foundation
import Harness
import Kernel
import OAuthCore

/// What is answered in a second over sockets, each beside the bare route, or whatever else is its ceiling or its peer,
/// in the same minute on the same cores.
struct RateBench {
    private let options: BenchOptions
    private static let port = 26_580
    private static let form = ["Content-Type": Form.mediaType]

    init(_ options: BenchOptions) { self.options = options }

    func measure(into table: inout FigureTable) async throws {
        guard let load = Load() else {
            table.leftOut.append("served rates: wrk is not installed (sudo apt-get install wrk)")
            return
        }
        let bare = try Neighbour.bare(port: Self.port + 20)
        defer { bare.end() }
        let served = try Neighbour.own(root: options.root, port: Self.port)
        defer { served.end() }
        let site = try ConsentedSite(served)
        let route = Question(url: bare.url("/"))
        try compare("read of a gateway", site.read, served, route, bare, 0.5, load, into: &table)
        try compare("JWKS", site.keys, served, route, bare, 0.5, load, into: &table)
        try compare("tools/list", site.list, served, route, bare, 0.5, load, into: &table)
        try compare("tools/call, token in the vault", site.call, served, route, bare, 0.15, load, into: &table)
        try opaque(route, bare, load, into: &table)
        try await signed(site.token(client: "service"), load, into: &table)
        try moto(site, load, into: &table)
        try localcore(site, load, into: &table)
        try provider(site, load, into: &table)
    }

    private func compare(
        _ name: String, _ mine: Question, _ served: Neighbour, _ other: Question, _ bare: Neighbour, _ least: Double,
        _ load: Load, into table: inout FigureTable
    ) throws {
        let result = try load.share(of: mine, in: other)
        let work = (try load.work(mine, of: served), try load.work(other, of: bare))
        table.add(
            Figure(
                name: "served \(name), share of the bare route's rate", value: result.share, unit: "", least: least,
                remark: "\(Int(result.mine))/s, bare \(Int(result.other))/s; a core's time for one: "
                    + "\(Int(work.0)) µs, bare \(Int(work.1)) µs"))
    }

    /// Tokens that are not signed, from the authorization server of the lab `strict`.
    private func opaque(_ route: Question, _ bare: Neighbour, _ load: Load, into table: inout FigureTable) throws {
        let strict = try Neighbour.own(root: options.root, port: Self.port + 40, lab: "strict")
        defer { strict.end() }
        let question = Question(
            method: "POST", url: strict.url("/oauth/token", at: 3), fields: Self.form,
            body: "grant_type=client_credentials&client_id=Ov23liagentcorelocal&client_secret=agentcore-local-secret")
        try compare("opaque token", question, strict, route, bare, 0.25, load, into: &table)
    }

    /// JWTs that differ in `jti`, beside what two tasks sign without any server.
    private func signed(_ question: Question, _ load: Load, into table: inout FigureTable) async throws {
        let definition = try LabDefinition.load(named: "default", root: options.root)
        var (shares, own, ceiling): ([Double], Double, Double) = ([], 0, 0)
        _ = try load.rate(question)
        for round in 0..<3 {
            let signing = try await Self.signing(definition.signer, round)
            let rate = try load.rate(question)
            shares.append(rate / signing)
            (own, ceiling) = (max(own, rate), max(ceiling, signing))
        }
        table.add(
            Figure(
                name: "served RS256 token, share of the bare signing rate", value: Measure.median(shares), unit: "",
                least: 0.8, remark: "\(Int(own))/s, each with a jti of its own; two tasks sign \(Int(ceiling))/s"))
    }

    private static func signing(_ signer: TokenSigner, _ round: Int) async throws -> Double {
        let clock = ContinuousClock()
        let start = clock.now
        let count = 600
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<2 {
                group.addTask {
                    for number in 0..<count {
                        _ = try await signer.sign(
                            ["iss": "https://idp.test", "jti": .string("\(round)-\(task)-\(number)"), "sub": "service"])
                    }
                }
            }
            try await group.waitForAll()
        }
        return Double(2 * count) / Measure.microseconds(clock.now - start) * 1e6
    }
}

// Peers.
extension RateBench {
    /// How many times a peer's rate ours is.
    private func times(
        _ name: String, _ mine: Question, _ other: Question, _ peer: String, _ least: Double?, _ load: Load,
        into table: inout FigureTable
    ) throws {
        let result = try load.share(of: mine, in: other)
        table.add(
            Figure(
                name: "served \(name), times \(peer)'s rate", value: result.share, unit: "×", least: least,
                remark: "\(Int(result.mine))/s, \(peer) \(Int(result.other))/s"))
    }

    /// nil, and said, where it is not installed or does not start.
    private func running(_ peer: PeerProgram, _ place: Int, into table: inout FigureTable) -> Neighbour? {
        do {
            if let running = try Neighbour(peer, root: options.root, port: Self.port + place) { return running }
            table.leftOut.append("\(peer.name)'s rates: make bench-peers")
        } catch {
            table.leftOut.append("\(peer.name)'s rates: \(error)")
        }
        return nil
    }

    private func moto(_ site: ConsentedSite, _ load: Load, into table: inout FigureTable) throws {
        guard let moto = running(.moto, 60, into: &table) else { return }
        defer { moto.end() }
        _ = try WireClient(port: moto.port).call(
            "POST", "/gateways/", ["Content-Type: application/json"], ConsentedSite.gatewayBody("bench"))
        let list = Question(url: moto.url("/gateways/"), fields: ConsentedSite.aws)
        try times("GET /gateways/", site.gateways, list, "moto", 60, load, into: &table)
    }

    /// A gateway passes a call on to an MCP server. So does the peer here, without a token and without a check of its
    /// caller; whom it asks is our own server in a process of its own, so that it waits for nobody slow.
    private func localcore(_ site: ConsentedSite, _ load: Load, into table: inout FigureTable) throws {
        let behind = try Neighbour.own(root: options.root, port: Self.port + 100, lab: "mcp-conformance")
        defer { behind.end() }
        let passing = PeerProgram.localcore(before: behind.url("/mcp", at: 4))
        try localcore(passing, "test_simple_text", 20, site, load, into: &table)
        // What it can do at most: its own mock answers, and nobody is asked.
        try localcore(.localcore, "tool_7", nil, site, load, into: &table)
    }

    private func localcore(
        _ program: PeerProgram, _ tool: String, _ least: Double?, _ site: ConsentedSite, _ load: Load,
        into table: inout FigureTable
    ) throws {
        guard let peer = running(program, 80, into: &table) else { return }
        defer { peer.end() }
        let question = Question(
            method: "POST", url: peer.url("/mcp"), fields: site.call.fields.filter { $0.key != "Authorization" },
            body:
                """
                {"jsonrpc":"2.0","id":1,"method":"tools/call",\
                "params":{"name":"t___\(tool)","arguments":{"text":"x"}}}
                """
        )
        let other = least == nil ? "the mock of localcore-gateway" : "localcore-gateway"
        try times("tools/call", site.call, question, other, least, load, into: &table)
    }

    private func provider(_ site: ConsentedSite, _ load: Load, into table: inout FigureTable) throws {
        guard let peer = running(.provider, 90, into: &table) else { return }
        defer { peer.end() }
        let question = Question(url: peer.url(PeerProgram.provider.path))
        try times("discovery", site.discovery, question, "oidc-provider-mock", nil, load, into: &table)
    }
}
