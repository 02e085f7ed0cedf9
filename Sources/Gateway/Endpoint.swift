import AWSCore
import Kernel
import MCPCore
import OAuthCore

/// One gateway as its callers see it: which revisions, sessions and streams it was made with, and what it answers.
struct Endpoint: MCPHandler {
    let gateway: Gateway
    let record: GatewayRecord
    let caller: Caller
    /// `protocolConfiguration.mcp` of the gateway.
    private let mcp: JSONObject
    /// Revisions that this gateway offers, newest first.
    let served: [Revision]
    /// What travels besides the message.
    let traffic: CallTraffic
    var world: World { gateway.world }
    var serverInfo: JSONValue { Self.info }
    private static let info: JSONValue = ["name": .string(Gateway.name), "version": .string(Gateway.version)]

    /// Life of a session where the gateway says none (ledger `gateway-sessions`).
    private static let sessionLife: Int64 = 3600

    init(gateway: Gateway, record: GatewayRecord, caller: Caller, traffic: CallTraffic) {
        (self.gateway, self.record, self.caller, self.traffic) = (gateway, record, caller, traffic)
        mcp = record.mcp
        let listed = mcp["supportedVersions"]?.strings ?? []
        let names =
            listed.isEmpty
            ? gateway.world.switches.choice(.gatewayDefaultVersions).split(separator: ",").map { trimmed($0) } : listed
        served = Revision.all.filter { names.contains($0.rawValue) }
    }

    /// What its sessions know it by.
    static func name(of gateway: GatewayID) -> String { "gateway \(gateway)" }

    /// `streamingConfiguration` of the gateway.
    private var isStreaming: Bool { mcp["streamingConfiguration"]?["enableResponseStreaming"] == true }

    /// The code was seen and the text not (ledger `not-acceptable-text`).
    private var notAcceptable: String {
        guard world.switches.choice(.notAcceptableText) == "reference" else { return "Not Acceptable" }
        return "Not Acceptable: Client must accept both application/json and text/event-stream"
    }

    /// Only a gateway with `sessionConfiguration` keeps sessions.
    private var sessions: SessionPolicy? {
        guard let configuration = mcp["sessionConfiguration"] else { return nil }
        return SessionPolicy(
            life: .seconds(configuration["sessionTimeoutInSeconds"]?.int ?? Self.sessionLife),
            missing: "Missing required Mcp-Session-Id header", unknown: "Session not found or expired",
            boundToUser: .gatewaySessionUser, endsInTime: .gatewaySessionExpiry)
    }

    func answer(_ request: Request) async -> Response {
        let isByClass = world.switches.choice(.httpErrorStatus) == "class"
        let sessions = sessions
        let endpoint = MCPEndpoint(
            Self.name(of: record.id), world: world,
            transport: StreamableHTTP(
                served: served, longestBody: Request.longestBody, notAcceptableCode: -32011,
                notAcceptableText: notAcceptable, namesServedToAll: true, hasSessions: sessions != nil,
                hasStandingStream: sessions != nil && isStreaming),
            sessions: sessions, streams: isStreaming,
            // U10: the real gateway's documentation names classes of errors, its clients read the body.
            status: { isByClass ? $0.code == -32601 ? 404 : $0.code == -32602 ? 400 : 200 : 200 })
        return await endpoint.answer(request, for: principal, by: self)
    }

    /// Whom a session is bound to: issuer and subject of the token, the IAM principal that signed (its key, where
    /// nobody knows more), or nobody.
    private var principal: String {
        guard let claims = caller.token.flatMap({ DecodedToken($0) })?.claims else {
            return caller.principal ?? caller.keyID ?? ""
        }
        return (claims["iss"]?.string ?? "") + " " + (claims["sub"]?.string ?? "")
    }

    func reply(to call: MCPCall) async throws(JSONRPCError) -> MCPReply {
        switch call.method {
        case "initialize": return .result(try initialize(call.params))
        case "ping": return .result([:])
        case "server/discover" where call.revision.isStateless: return .result(try discover())
        case "tools/list": return .result(try await listTools(call.params))
        case "tools/call": return try await Invocation(self, call).reply()
        case "prompts/list", "prompts/get", "resources/list", "resources/templates/list", "resources/read":
            return try await Offers(self).reply(to: call)
        default: throw .methodNotFound(call.method)
        }
    }

    func notified(_ method: String, _ params: JSONObject, _ session: MCPSession?, principal: String) async {
        guard method == "notifications/cancelled", let id = params["requestId"].flatMap(RequestID.init) else { return }
        gateway.pending.cancel(id, of: principal, session)
    }

    func answered(
        _ id: RequestID, _ outcome: Result<JSONValue, JSONRPCError>, _ session: MCPSession?, principal: String
    ) async -> Bool {
        await gateway.pending.answered(id, outcome, session, by: self)
    }

    func inputSchema(of tool: String, principal: String) -> JSONValue? {
        let found = try? look { $0.servedTool(tool, of: record.id, serving) }
        return found?.definition["inputSchema"]
    }

    func left(_ stream: StreamID) { gateway.pending.left(stream) }

    func ended(_ session: MCPSession, in transaction: inout Transaction) {
        gateway.pending.drop(callsOf: session, in: &transaction)
    }

    /// The answer the real gateway is documented with (ledger `gateway-initialize`).
    private func initialize(_ params: JSONObject) throws(JSONRPCError) -> JSONValue {
        let mayLack = world.switches.choice(.initializeMembers) == "optional"
        let requested = try InitializeParams(params, mayLack: mayLack).requested
        guard !served.isEmpty else { throw .unsupportedVersion(requested, supported: served) }
        var result: JSONObject = [
            "protocolVersion": .string(Revision.negotiated(requested, served: served).rawValue),
            "capabilities": .object(try capabilities(listChanged: true)), "serverInfo": serverInfo,
        ]
        if let instructions = mcp["instructions"] { result.append("instructions", instructions) }
        return .object(result)
    }

    /// MCP 2026-07-28, server/discover.
    private func discover() throws(JSONRPCError) -> JSONValue {
        var result: JSONObject = [
            "supportedVersions": .strings(served.map(\.rawValue)),
            "capabilities": .object(try capabilities(listChanged: false)),
        ]
        if let instructions = mcp["instructions"] { result.append("instructions", instructions) }
        return .object(result)
    }

    /// Tools always; prompts and resources where a target has them, or may have them when it is asked.
    private func capabilities(listChanged: Bool) throws(JSONRPCError) -> JSONObject {
        var capabilities: JSONObject = ["tools": listChanged ? ["listChanged": true] : [:]]
        let offers = try look { transaction in
            transaction.servedOffers(of: record.id, serving).map(\.offer)
        }
        if offers.contains(where: { $0.map { !$0.prompts.isEmpty } ?? true }) { capabilities.append("prompts", [:]) }
        if offers.contains(where: { $0.map { !$0.resources.isEmpty || !$0.templates.isEmpty } ?? true }) {
            capabilities.append("resources", [:])
        }
        return capabilities
    }

    private func listTools(_ params: JSONObject) async throws(JSONRPCError) -> JSONValue {
        let tools = try await allTools()
        return try page(of: tools.map { .object($0) }, "tools", params)
    }

    /// About thirty items and a cursor; everything where the gateway says so.
    func page(of items: [JSONValue], _ member: String, _ params: JSONObject) throws(JSONRPCError) -> JSONValue {
        let isWhole = mcp["disableMcpListToolsPagination"] == true
        let size = isWhole ? max(1, items.count) : world.switches.number(.toolsPageSize)
        let pages = Pages(list: member == "tools" ? record.id.rawValue : "\(record.id) \(member)", size: size)
        let (part, next) = try pages.page(of: items, at: params["cursor"])
        var result: JSONObject = [:]
        result.append(member, .array(Array(part)))
        if let next { result.append("nextCursor", .string(next)) }
        return .object(result)
    }

    /// The definitions of all tools, the search tool first; those of DYNAMIC targets as they are at this moment.
    func allTools() async throws(JSONRPCError) -> [JSONObject] {
        let found = try look { transaction in
            transaction.find(TargetRecord.self, where: "gateway", is: record.id.rawValue).map { target in
                (target, transaction.servedTools(of: target, serving).map(\.definition))
            }
        }
        var tools = hasSearch ? [ToolSearch.definition] : []
        for (target, kept) in found {
            tools += target.isDynamic ? await LiveListing(self, target).tools().map(\.definition) : kept
        }
        return tools
    }

    var hasSearch: Bool { mcp["searchType"] == "SEMANTIC" }
    /// Which targets count at this moment.
    var serving: Serving {
        let delay = world.switches.number(.targetPropagation)
        return Serving(
            includesChanging: world.switches.isOn(.pendingServeOld),
            settledBy: delay > 0 ? world.clock.now - .seconds(Int64(delay)) : nil)
    }

    /// Reads the store; its failure is our own and says nothing to the caller.
    func look<Value: Sendable>(_ body: (inout Transaction) -> Value) throws(JSONRPCError) -> Value {
        do {
            return try world.store.write { body(&$0) }
        } catch {
            throw .internalFailure
        }
    }
}

extension Transaction {
    /// `notifications/tools/list_changed`, on the standing stream of each session that has one (MCP 2025-11-25, server,
    /// tools, list changed).
    mutating func tellToolsChanged(at gateway: GatewayID) {
        for session in find(MCPSession.self, where: "server", is: Endpoint.name(of: gateway)) {
            guard let stream = standingStream(of: session.streamOwner) else { continue }
            send(JSONRPC.notification("notifications/tools/list_changed"), on: stream)
        }
    }
}
