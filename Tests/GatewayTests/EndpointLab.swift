import HTTPTypes
import Kernel
import MCPCore

/// A small server behind the shared endpoint: it adds, asks, tells and streams.
struct SampleServer: MCPHandler {
    let world: World
    let serverInfo: JSONValue = ["name": "sample", "version": "1"]

    func reply(to call: MCPCall) async throws(JSONRPCError) -> MCPReply {
        switch call.method {
        case "initialize":
            let requested = call.params["protocolVersion"]?.string ?? ""
            return .result([
                "protocolVersion": .string(Revision.negotiated(requested, served: Revision.all).rawValue),
                "capabilities": ["tools": [:]], "serverInfo": serverInfo,
            ])
        case "ping": return .result([:])
        case "server/discover": return .result(["supportedVersions": .strings(Revision.all.map(\.rawValue))])
        case "tools/list": return .result(["tools": []])
        case "tools/call" where call.params["name"] == "tell":
            return .told([JSONRPC.notification("notifications/message", ["level": "info"])], ["content": []])
        case "tools/call" where call.params["name"] == "ask":
            guard call.declares("sampling") else { throw .missingCapability(["sampling": [:]]) }
            let id = StreamID("asked")
            do {
                try world.store.write { transaction in
                    call.openStream(id, &transaction)
                    transaction.send(JSONRPC.request(.string("q1"), "sampling/createMessage"), on: id)
                }
            } catch {
                throw .internalFailure
            }
            return .stream(id)
        case "tools/call" where call.params["name"] == "fail": throw .internalFailure
        case "tools/call": return .result(["content": [], "isError": false])
        case "resources/read": throw .invalidParams("Resource not found")
        default: throw .methodNotFound(call.method)
        }
    }

    func answered(
        _ id: RequestID, _ outcome: Result<JSONValue, JSONRPCError>, _ session: MCPSession?, principal: String
    ) async -> Bool {
        guard id == .string("q1"), case .success(let value) = outcome else { return false }
        _ = try? world.store.write { transaction in
            transaction.send(JSONRPC.result(.int(7), ["heard": value]), on: StreamID("asked"))
            transaction.endStream(StreamID("asked"))
        }
        return true
    }

    func inputSchema(of tool: String, principal: String) -> JSONValue? {
        guard tool == "mirrored" else { return nil }
        return [
            "type": "object",
            "properties": [
                "owner": ["type": "string", "x-mcp-header": "Owner"],
                "page": ["type": "integer", "x-mcp-header": "page"],
                "deep": ["type": "object", "properties": ["flag": ["type": "boolean", "x-mcp-header": "flag"]]],
            ],
        ]
    }
}

/// The sample server with sessions and streams, or without.
struct EndpointLab {
    static let user = Rule("test-session-user", "A session serves its user.")
    static let expiry = Rule("test-session-expiry", "A session ends.")
    let clock = VirtualClock(now: Instant(milliseconds: 1_795_168_800_000))
    let store: Store
    let world: World
    let endpoint: MCPEndpoint

    init(
        served: [Revision] = Revision.all, sessions: Bool = true, streams: Bool = true, off: Set<String> = [],
        store: Store = Store()
    ) {
        self.store = store
        let network = InMemoryNetwork(hosts: HostTable(), clock: clock, store: store)
        world = World(
            party: .mcp, clock: PartyClock(clock, for: .mcp), scheduler: clock, entropy: SeededEntropy(seed: 1),
            network: network.port(of: .mcp), store: store,
            addresses: AddressBook(origins: [:], gatewayTemplate: "https://{gatewayId}.test"),
            switches: Switches(off: off))
        let policy = SessionPolicy(life: .minutes(60), boundToUser: Self.user, endsInTime: Self.expiry)
        endpoint = MCPEndpoint(
            "sample", world: world,
            transport: StreamableHTTP(
                served: served, hasSessions: sessions, hasStandingStream: sessions && streams),
            sessions: sessions ? policy : nil, streams: streams)
    }

    func send(
        _ body: String, _ method: HTTPRequest.Method = .post, headers: [String: String] = [:], without: String? = nil,
        as user: String = "alice"
    ) async -> Response {
        var fields: HTTPFields = [.accept: "application/json, text/event-stream", .contentType: "application/json"]
        for (name, value) in headers { if let name = HTTPField.Name(name) { fields[name] = value } }
        if let name = without.flatMap({ HTTPField.Name($0) }) { fields[name] = nil }
        let request = Request(method, "https://x.test/mcp", headers: fields, body: Array(body.utf8))
        var response = await endpoint.answer(request, for: user, by: SampleServer(world: world))
        response.drainEvents()
        return response
    }

    func begin(_ revision: String = "2025-11-25", capabilities: String = "{}", as user: String = "alice") async
        -> String
    {
        let about =
            #""protocolVersion":"\#(revision)","capabilities":\#(capabilities),"clientInfo":{"name":"t","version":"1"}"#
        let body = #"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{\#(about)}}"#
        return await send(body, as: user).header(MCPName.sessionHeader) ?? ""
    }

    static func call(_ name: String, id: Int = 7, arguments: String = "{}") -> String {
        #"{"jsonrpc":"2.0","id":\#(id),"method":"tools/call","params":{"name":"\#(name)","arguments":\#(arguments)}}"#
    }

    static let ping = #"{"jsonrpc":"2.0","id":1,"method":"ping"}"#
}

extension Response {
    var code: Int64? { json?["error"]?["code"]?.int }
    var messages: [JSONValue] { ServerSentEvents.data(in: body).compactMap { try? JSONValue(parsing: $0) } }
}
