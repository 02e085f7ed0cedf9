import Kernel
import MCPCore

/// The server as one caller sees it.
struct ServerHandler: MCPHandler {
    let server: MCPServer
    let request: Request
    /// nil where nobody needs one.
    let token: KnownToken?
    let tools: ChosenTools

    var world: World { server.world }
    var catalogue: ToolCatalogue { server.catalogue }
    var serverInfo: JSONValue { catalogue.serverInfo }
    /// Whom it serves: the authorization server's own id of the user.
    var principal: String { token.map { $0.user["id"]?.text ?? $0.user["login"]?.string ?? "" } ?? "" }

    func reply(to call: MCPCall) async throws(JSONRPCError) -> MCPReply {
        switch call.method {
        case "initialize": return .result(try initialize(call))
        case "server/discover" where call.revision.isStateless: return .result(discovered)
        case "ping": return .result([:])
        case "tools/list": return .result(try page("tools", tools.list(in: call.revision), call))
        case "tools/call": return try callTool(call)
        case "prompts/list":
            return .result(try page("prompts", catalogue.prompts.map { ($0.name, $0.definition) }, call))
        case "prompts/get": return try getPrompt(call)
        case "resources/list": return .result(try resources("resources", call) { !$0.uri.isTemplate })
        case "resources/templates/list":
            return .result(try resources("resourceTemplates", call) { $0.uri.isTemplate })
        case "resources/read": return .result(try read(call))
        case "completion/complete" where hasCompletions: return .result(try complete(call))
        case "logging/setLevel" where catalogue.logs: return .result(try setLevel(call))
        case "resources/subscribe" where catalogue.hasSessions: return .result(try subscribe(call, isOn: true))
        case "resources/unsubscribe" where catalogue.hasSessions: return .result(try subscribe(call, isOn: false))
        case "subscriptions/listen" where call.revision.isStateless && !catalogue.announces.isEmpty:
            return try listen(call)
        default: throw .methodNotFound(call.method)
        }
    }

    func inputSchema(of tool: String, principal: String) -> JSONValue? {
        tools.tool(tool)?.inputSchema
    }

    func left(_ stream: StreamID) {
        _ = try? world.store.write { $0.remove(Listener.self, Identifier(stream.rawValue)) }
    }

    // MARK: - Who it is

    private func initialize(_ call: MCPCall) throws(JSONRPCError) -> JSONValue {
        let mayLack = world.switches.choice(.initializeMembers) == "optional"
        let hello = try InitializeParams(call.params, mayLack: mayLack)
        let revision = Revision.negotiated(hello.requested, served: Revision.handshakes)
        var result: JSONObject = [
            "protocolVersion": .string(revision.rawValue), "capabilities": capabilities(revision),
            "serverInfo": serverInfo,
        ]
        result["instructions"] = catalogue.instructions.map { .string($0) }
        return .object(result)
    }

    private var discovered: JSONValue {
        var result: JSONObject = [
            "supportedVersions": .strings(Revision.all.map(\.rawValue)),
            "capabilities": capabilities(.july2026),
        ]
        result["instructions"] = catalogue.instructions.map { .string($0) }
        return .object(result)
    }

    private func capabilities(_ revision: Revision) -> JSONValue {
        var result: JSONObject = [:]
        if hasCompletions { result.append("completions", [:]) }
        if catalogue.logs { result.append("logging", [:]) }
        for list in ["prompts", "resources", "tools"] {
            var own: JSONObject = [:]
            if catalogue.announces.contains(list) { own.append("listChanged", true) }
            if list == "resources", catalogue.hasSessions { own.append("subscribe", true) }
            result.append(list, .object(own))
        }
        return .object(result)
    }

    private var hasCompletions: Bool {
        catalogue.prompts.contains { !$0.arguments.isEmpty } || catalogue.resources.contains { $0.uri.isTemplate }
    }

    // MARK: - Lists

    /// A page of a list. The cursor is the name the last page ended with.
    private func page(
        _ member: String, _ all: [(name: String, definition: JSONValue)], _ call: MCPCall
    ) throws(JSONRPCError) -> JSONValue {
        var start = 0
        if let given = call.params["cursor"], !given.isNull {
            guard let cursor = given.string, let bytes = Base64.decode(cursor),
                let place = all.firstIndex(where: { Array($0.name.utf8) == bytes })
            else { throw ToolMessage.invalidCursor }
            start = place + 1
        }
        let page = all.dropFirst(start).prefix(catalogue.pageSize)
        var result: JSONObject = [member: .array(page.map(\.definition))]
        if let last = page.last, start + page.count < all.count {
            result.append("nextCursor", .string(Base64.encode(Array(last.name.utf8))))
        }
        return .object(result)
    }

    private func resources(
        _ member: String, _ call: MCPCall, _ fits: (Resource) -> Bool
    ) throws(JSONRPCError) -> JSONValue {
        try page(member, catalogue.resources.filter(fits).map { ($0.uri.text, $0.definition) }, call)
    }

    private func read(_ call: MCPCall) throws(JSONRPCError) -> JSONValue {
        guard let uri = call.params["uri"]?.string else { throw .invalidParams("Invalid params: no uri") }
        for resource in catalogue.resources {
            guard let variables = resource.uri.match(uri) else { continue }
            var facts = facts(of: call, [:])
            facts["variables"] = .object(variables)
            return resource.read(uri, facts)
        }
        throw notFound(uri, call.revision)
    }

    /// -32002 until 2025-11-25, then -32602 (SEP-2164).
    private func notFound(_ uri: String, _ revision: Revision) -> JSONRPCError {
        JSONRPCError(
            revision.isStateless ? -32602 : -32002, "Resource not found", data: ["uri": .string(uri)])
    }

    /// `completion/complete`: what begins with what was typed, at most 100.
    private func complete(_ call: MCPCall) throws(JSONRPCError) -> JSONValue {
        let ref = call.params["ref"]
        guard let name = call.params["argument"]?["name"]?.string, let typed = call.params["argument"]?["value"]?.string
        else { throw .invalidParams("Invalid params: argument needs name and value") }
        let offered: [String]
        switch ref?["type"]?.string {
        case "ref/prompt":
            guard let prompt = catalogue.prompts.first(where: { .string($0.name) == ref?["name"] }) else {
                throw .invalidParams("Unknown prompt: \(ref?["name"]?.string ?? "")")
            }
            offered = prompt.arguments.first { $0.name == name }?.completions ?? []
        case "ref/resource":
            guard let resource = catalogue.resources.first(where: { .string($0.uri.text) == ref?["uri"] }) else {
                throw notFound(ref?["uri"]?.string ?? "", call.revision)
            }
            offered = resource.completions[name]?.strings ?? []
        default: throw .invalidParams("Invalid params: ref is ref/prompt or ref/resource")
        }
        let values = offered.filter { $0.lowercased().hasPrefix(typed.lowercased()) }
        return [
            "completion": [
                "values": .strings(values.prefix(100)), "total": .int(Int64(values.count)),
                "hasMore": .bool(values.count > 100),
            ]
        ]
    }

    // MARK: - What a client wants to hear

    private func setLevel(_ call: MCPCall) throws(JSONRPCError) -> JSONValue {
        guard let level = call.params["level"]?.string, Step.levels.contains(level) else {
            throw .invalidParams("Invalid params: level is one of \(Step.levels.joined(separator: ", "))")
        }
        try change(call) { $0.logLevel = level }
        return [:]
    }

    private func subscribe(_ call: MCPCall, isOn: Bool) throws(JSONRPCError) -> JSONValue {
        guard let uri = call.params["uri"]?.string else { throw .invalidParams("Invalid params: no uri") }
        guard catalogue.resources.contains(where: { $0.uri.match(uri) != nil }) else {
            throw notFound(uri, call.revision)
        }
        try change(call) { session in
            session.subscriptions.removeAll { $0 == uri }
            if isOn { session.subscriptions.append(uri) }
        }
        return [:]
    }

    /// The session as it is by now: another call of the same batch may have changed it. One that has ended stays so.
    private func change(_ call: MCPCall, _ edit: (inout MCPSession) -> Void) throws(JSONRPCError) {
        guard let id = call.session?.id else { return }
        try write { transaction throws(JSONRPCError) in
            guard var session = transaction.find(MCPSession.self, id) else { return }
            edit(&session)
            transaction.save(session)
        }
    }

    func write<Value: Sendable>(_ body: (inout Transaction) throws(JSONRPCError) -> Value) throws(JSONRPCError) -> Value
    {
        do {
            return try world.store.write { transaction in try body(&transaction) }
        } catch let error as JSONRPCError {
            throw error
        } catch {
            throw .internalFailure
        }
    }
}
