import HTTPTypes
import Kernel

// Requests that stand for themselves (MCP 2026-07-28).
extension MCPEndpoint {
    /// Methods that this revision does not have any more.
    private static let gone = [
        "initialize", "ping", "logging/setLevel", "resources/subscribe", "resources/unsubscribe",
    ]
    /// Results a client may keep for a while.
    private static let cacheable = [
        "server/discover", "tools/list", "prompts/list", "resources/list", "resources/templates/list",
        "resources/read",
    ]

    func stateless(
        _ request: StatelessRequest, _ principal: String, _ handler: some MCPHandler
    ) async -> Response {
        let call = MCPCall(
            id: request.id, method: request.method, params: request.params, revision: request.revision, session: nil,
            capabilities: request.capabilities, principal: principal, mayStream: true,
            streamOwner: "\(name) for \(principal)")
        do throws(JSONRPCError) {
            try checkArguments(request, principal, handler)
            guard !Self.gone.contains(request.method) else { throw .methodNotFound(request.method) }
            let reply = try await handler.reply(to: call)
            return response(reply, to: call, handler) { Self.shaped($0, request.method, handler.serverInfo) }
        } catch {
            return .json(Self.status(error), JSONRPC.error(request.id, error))
        }
    }

    private func checkArguments(
        _ request: StatelessRequest, _ principal: String, _ handler: some MCPHandler
    ) throws(JSONRPCError) {
        guard request.method == "tools/call", let name = request.params["name"]?.string,
            let schema = handler.inputSchema(of: name, principal: principal)
        else { return }
        try MirroredArguments.check(
            request.mirrored, schema: schema, arguments: request.params["arguments"] ?? [:])
    }

    /// Errors about the request itself are 400, a method that is not there is 404, all else is the method's answer.
    private static func status(_ error: JSONRPCError) -> Int {
        switch error.code {
        case -32601: 404
        case -32700, -32600, -32602, -32020, -32021, -32022: 400
        default: 200
        }
    }

    /// What every result of this revision says besides what was asked for.
    static func shaped(_ result: JSONValue, _ method: String, _ serverInfo: JSONValue) -> JSONValue {
        guard var object = result.object else { return result }
        if object["resultType"] == nil { object["resultType"] = "complete" }
        if cacheable.contains(method), object["resultType"] == "complete" {
            if object["ttlMs"] == nil { object["ttlMs"] = 0 }
            if object["cacheScope"] == nil { object["cacheScope"] = "private" }
        }
        var meta = object["_meta"]?.object ?? [:]
        if meta[MCPName.serverMeta] == nil { meta[MCPName.serverMeta] = serverInfo }
        object["_meta"] = .object(meta)
        return .object(object)
    }
}
