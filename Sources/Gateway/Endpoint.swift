import AWSCore
import HTTPTypes
import Kernel
import MCPCore

/// One request to one gateway, after its caller was let in.
struct Endpoint {
    let gateway: Gateway
    let record: GatewayRecord
    let caller: Caller
    var world: World { gateway.world }

    /// Bodies beyond it are refused (ledger `gateway-payload`).
    private static let longestBody = 6 << 20

    /// Revisions with a handshake that this gateway offers, newest first.
    var served: [Revision] {
        let listed = record.supportedVersions
        let names =
            listed.isEmpty
            ? world.switches.choice(.gatewayDefaultVersions).split(separator: ",").map { trimmed($0) } : listed
        return Revision.handshakes.filter { names.contains($0.rawValue) }
    }

    func answer(_ request: Request) async -> Response {
        let transport = StreamableHTTP(
            served: served, longestBody: Self.longestBody, notAcceptableCode: -32011, namesServedToAll: true)
        let received: StreamableHTTP.Received
        do throws(StreamableHTTP.Refusal) {
            received = try transport.receive(request)
        } catch {
            return error.response
        }
        switch received.message {
        case .notification: return StreamableHTTP.accepted
        // E44: the gateway asks its clients nothing, so there is nothing to answer.
        case .response: return .json(400, JSONRPC.error(nil, .invalidRequest))
        case .request(let id, let method, let params):
            let revision = received.revision ?? .march2025
            // E32: without the header 2025-03-26 is meant, and not every gateway offers that.
            guard method == "initialize" || served.contains(revision) else {
                return .json(
                    400, JSONRPC.error(id, .unsupportedVersion(revision.rawValue, supported: served)))
            }
            do throws(JSONRPCError) {
                let result = try await self.result(of: method, params, revision)
                return transport.reply(JSONRPC.result(id, result))
            } catch {
                return .json(status(of: error), JSONRPC.error(id, error))
            }
        }
    }

    /// U10: the real gateway's documentation names classes of errors, its clients read the body.
    private func status(of error: JSONRPCError) -> Int {
        guard world.switches.choice(.httpErrorStatus) == "class" else { return 200 }
        return error.code == -32601 ? 404 : error.code == -32602 ? 400 : 200
    }

    private func result(
        of method: String, _ params: JSONObject, _ revision: Revision
    ) async throws(JSONRPCError) -> JSONValue {
        switch method {
        case "initialize": return try initialize(params)
        case "ping": return [:]
        case "tools/list": return try listTools(params)
        case "tools/call": return try await ToolCall(self, params, revision).result()
        default: throw .methodNotFound(method)
        }
    }

    /// The answer the real gateway is documented with (ledger `gateway-initialize`).
    private func initialize(_ params: JSONObject) throws(JSONRPCError) -> JSONValue {
        guard let requested = params["protocolVersion"]?.string else {
            throw .invalidParams("Invalid params: protocolVersion expected")
        }
        guard !served.isEmpty else { throw .unsupportedVersion(requested, supported: served) }
        var result: JSONObject = [
            "protocolVersion": .string(Revision.negotiated(requested, served: served).rawValue),
            "capabilities": ["tools": ["listChanged": true]],
            "serverInfo": ["name": "agentcore-gateway", "version": "1.0.0"],
        ]
        if let instructions = record.mcp["instructions"] { result.append("instructions", instructions) }
        return .object(result)
    }

    private func listTools(_ params: JSONObject) throws(JSONRPCError) -> JSONValue {
        let tools = try allTools()
        let isWhole = record.mcp["disableMcpListToolsPagination"] == true
        let size = isWhole ? max(1, tools.count) : world.switches.number(.toolsPageSize)
        let pages = Pages(list: record.id.rawValue, size: size)
        let (items, next) = try pages.page(of: tools, at: params["cursor"])
        var result: JSONObject = ["tools": .array(items.map { .object($0) })]
        if let next { result.append("nextCursor", .string(next)) }
        return .object(result)
    }

    /// The definitions of all tools, the search tool first.
    func allTools() throws(JSONRPCError) -> [JSONObject] {
        let servingOld = world.switches.isOn(.pendingServeOld)
        let tools = try look { $0.servedTools(of: record.id, servingOld: servingOld).map(\.definition) }
        return hasSearch ? [ToolSearch.definition] + tools : tools
    }

    var hasSearch: Bool { record.mcp["searchType"] == "SEMANTIC" }

    /// Reads the store; its failure is our own and says nothing to the caller.
    func look<Value: Sendable>(_ body: (inout Transaction) -> Value) throws(JSONRPCError) -> Value {
        do {
            return try world.store.write { body(&$0) }
        } catch {
            throw .internalFailure
        }
    }
}
