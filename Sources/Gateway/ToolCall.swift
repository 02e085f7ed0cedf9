import AWSCore
import Kernel
import MCPCore

/// One `tools/call`: finds the tool, gets the target's credential, calls the target.
struct ToolCall {
    private let endpoint: Endpoint
    private let params: JSONObject
    private let revision: Revision
    /// The consent session that is waited for, where the call was made before.
    private let polling: String?
    private let relay: Relay?
    /// Of the JSON-RPC request.
    private let messageID: RequestID?
    private var world: World { endpoint.world }
    private var record: GatewayRecord { endpoint.record }

    init(
        _ endpoint: Endpoint, _ params: JSONObject, _ revision: Revision, polling: String? = nil, relay: Relay? = nil,
        id messageID: RequestID? = nil
    ) {
        self.endpoint = endpoint
        self.params = params
        self.revision = revision
        self.polling = polling
        self.relay = relay
        self.messageID = messageID
    }

    func result() async throws(JSONRPCError) -> JSONValue {
        guard let name = params["name"]?.string else { throw .invalidParams("Invalid params: name expected") }
        let arguments = params["arguments"] ?? [:]
        guard arguments.object != nil else { throw .invalidParams("Invalid params: arguments must be an object") }
        if name == ToolSearch.name, endpoint.hasSearch { return try await search(arguments) }
        let found = try find(name)
        let override = try CallOverride(params, world: world)
        do throws(ToolFailure) {
            let credential = try await CredentialSource(endpoint).credential(
                of: found.tool.target, for: endpoint.caller, override, revision, polling: polling)
            return try await call(found, arguments, TargetPort(endpoint, found.tool.target, credential))
        } catch {
            return try error.shown(isDebug: record.isDebug)
        }
    }

    /// Any other request to an MCP server behind a target: what prompts and resources need.
    func forwarded(_ method: String, _ params: JSONObject, to target: TargetRecord) async throws(JSONRPCError)
        -> JSONValue
    {
        let override = try CallOverride(self.params, world: world)
        do throws(ToolFailure) {
            let credential = try await CredentialSource(endpoint).credential(
                of: target, for: endpoint.caller, override, revision, polling: polling)
            return try await request(method, params, of: target, TargetPort(endpoint, target, credential))
        } catch {
            if case .rpc(let error) = error { throw error }
            throw JSONRPCError(-32603, record.isDebug ? error.cause : ToolFailure.generic)
        }
    }

    private func search(_ arguments: JSONValue) async throws(JSONRPCError) -> JSONValue {
        guard let query = arguments["query"]?.string else {
            return ToolMessage.text("Invalid arguments: query expected", isError: true)
        }
        let tools = try await endpoint.allTools().filter { $0["name"]?.string != ToolSearch.name }
        return ToolSearch.result(ToolSearch.find(query, in: tools))
    }

    /// A tool and the operation behind it, where it is of an HTTP API, as they are at one moment: the credential that
    /// is fetched next is for this operation's server and not for that of a newer document.
    private struct Found {
        let tool: ServedTool
        let kind: TargetKind?
        let operation: APIOperation?
    }

    /// E35: a name without target, of a target that is not served, or of a tool it does not have.
    private func find(_ name: String) throws(JSONRPCError) -> Found {
        let found = try endpoint.look { transaction -> Found? in
            guard let tool = transaction.servedTool(name, of: record.id, endpoint.serving) else { return nil }
            let kind = tool.target.kind
            switch kind {
            case .openAPI, .smithy, .apiGateway:
                let operations = transaction.find(APIOperationsRecord.self, tool.target.id)?.operations
                return Found(tool: tool, kind: kind, operation: operations?.first { $0.tool == tool.name })
            default: return Found(tool: tool, kind: kind, operation: nil)
            }
        }
        guard let found else { throw ToolMessage.unknownTool(name) }
        return found
    }

    // MARK: - Target

    private func call(
        _ found: Found, _ arguments: JSONValue, _ port: TargetPort
    ) async throws(ToolFailure) -> JSONValue {
        let tool = found.tool
        guard found.kind == .mcpServer else {
            return try await TargetCall(
                endpoint: endpoint, tool: tool, operation: found.operation, arguments: arguments, port: port,
                messageID: messageID
            ).result()
        }
        return try await request(
            "tools/call", ["name": .string(tool.name), "arguments": arguments], of: tool.target, port)
    }

    private func request(
        _ method: String, _ params: JSONObject, of target: TargetRecord, _ port: TargetPort
    ) async throws(ToolFailure) -> JSONValue {
        guard let address = target.mcpServer?["endpoint"]?.string else {
            throw .tool(cause: "The target has no endpoint")
        }
        do throws(TargetRequest.Failure) {
            return try await TargetRequest(endpoint, target, address, port, relay).result(of: method, params)
        } catch {
            switch error {
            case .paused: throw .rpc(Invocation.paused)
            case .failed(let failure):
                if case .unreachable = failure { throw .dependency(cause: failure.cause) }
                throw .tool(cause: failure.cause)
            }
        }
    }
}
