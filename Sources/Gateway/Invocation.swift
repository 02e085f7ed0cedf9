import AWSCore
import Kernel
import MCPCore

/// A request that goes to a target, and how its caller is asked for what is missing: by error `-32042`, by a request on
/// the stream of its answer, or by an `input_required` result.
struct Invocation {
    private let endpoint: Endpoint
    private let call: MCPCall
    private var world: World { endpoint.world }

    init(_ endpoint: Endpoint, _ call: MCPCall) {
        self.endpoint = endpoint
        self.call = call
    }

    /// Never leave the gateway: a consent that is still under way, and a target that asks something first.
    static let stillWaiting = JSONRPCError(-1, "the consent is still under way")
    static let paused = JSONRPCError(-2, "the target asks something first")

    func reply() async throws(JSONRPCError) -> MCPReply {
        if call.revision.isStateless { try Asked(endpoint, call).checkRetry() }
        let relay = Relay(call)
        do throws(JSONRPCError) {
            let result = try await Self.result(endpoint, call.method, call.params, call.revision, relay: relay)
            return .told(relay.notifications, result)
        } catch {
            switch error.code {
            case -32042: return try ask(error)
            case Self.paused.code: return try endpoint.gateway.pending.hold(relay, call, of: endpoint)
            default: throw error
            }
        }
    }

    /// What the request gives, however it is asked for.
    static func result(
        _ endpoint: Endpoint, _ method: String, _ params: JSONObject, _ revision: Revision, polling: String? = nil,
        relay: Relay? = nil
    ) async throws(JSONRPCError) -> JSONValue {
        let call = ToolCall(endpoint, params, revision, polling: polling, relay: relay, id: relay?.id)
        switch method {
        case "prompts/get":
            let (target, name) = try Offers(endpoint).prompt(params)
            var forwarded: JSONObject = ["name": .string(name)]
            if let arguments = params["arguments"] { forwarded.append("arguments", arguments) }
            return try await call.forwarded(method, forwarded, to: target)
        case "resources/read":
            let (target, uri) = try await Offers(endpoint).resource(params, revision)
            return try await call.forwarded(method, ["uri": .string(uri)], to: target)
        default: return try await call.result()
        }
    }

    /// The three ways (ledger `gateway-elicitation-ways`).
    private func ask(_ error: JSONRPCError) throws(JSONRPCError) -> MCPReply {
        guard let elicitation = error.data?["elicitations"]?[0]?.object else { throw error }
        if call.revision.isStateless { return try Asked(endpoint, call).inputRequired(elicitation) }
        let asksOnStream = world.switches.choice(.elicitationWay) == "request"
        if call.mayAsk, call.declares("elicitation", "url"), asksOnStream {
            return try endpoint.gateway.pending.ask(elicitation, call, of: endpoint)
        }
        throw error
    }
}

enum AskedTag {}

/// What a stateless caller was asked, and whose answer will do: behind an opaque `requestState`.
struct AskedRecord: PassingRecord {
    static let collection = "gateway-asked"
    let id: Identifier<AskedTag>
    let gateway: GatewayID
    let principal: String
    /// Name of the request it was asked about.
    let request: String
    let expires: Instant
    var until: Instant? { expires }
}

/// Asking in revision 2026-07-28: a result that says what is missing, and the same request again.
struct Asked {
    private let endpoint: Endpoint
    private let call: MCPCall
    private var world: World { endpoint.world }

    init(_ endpoint: Endpoint, _ call: MCPCall) {
        self.endpoint = endpoint
        self.call = call
    }

    func inputRequired(_ elicitation: JSONObject) throws(JSONRPCError) -> MCPReply {
        // MCP 2026-07-28, elicitation: only what the client declared may be asked.
        guard call.declares("elicitation", "url") else {
            throw .missingCapability(["elicitation": ["url": [:]]])
        }
        let record = AskedRecord(
            id: Identifier(world.entropy.text(43, from: .base64URL, for: "gateway.request-state")),
            gateway: endpoint.record.id, principal: call.principal, request: fingerprint,
            // Ledger `gateway-request-state`.
            expires: world.clock.now + Gateway.consentLife)
        _ = try endpoint.look { $0.save(passing: record, at: world.clock.now) }
        // This revision has no elicitationId.
        let params = JSONObject(elicitation.members.filter { $0.name != "elicitationId" })
        return .result([
            "resultType": "input_required",
            "inputRequests": ["auth": ["method": "elicitation/create", "params": .object(params)]],
            "requestState": .string(record.id.rawValue),
        ])
    }

    /// A retry must be the same request of the same user, in time; a person who declined gets no second link.
    func checkRetry() throws(JSONRPCError) {
        guard let state = call.params["requestState"] else { return }
        let found = try endpoint.look { transaction in
            transaction.find(AskedRecord.self, Identifier(state.string ?? ""))
        }
        guard let found, found.gateway == endpoint.record.id, world.clock.now < found.expires else {
            throw .invalidParams("Invalid requestState")
        }
        if found.principal != call.principal || found.request != fingerprint,
            world.switches.holds(.requestStateBound)
        {
            world.note("a requestState was sent with another request or by another user", rule: .requestStateBound)
            throw .invalidParams("Invalid requestState")
        }
        let answer = call.params["inputResponses"]?["auth"]
        if let answer, answer.object == nil { throw .invalidParams("Invalid params: inputResponses.auth") }
        if let action = answer?["action"]?.string, action != "accept" {
            throw JSONRPCError(-32603, "The authorization was declined")
        }
    }

    private var fingerprint: String {
        let content: JSONValue = [
            "method": .string(call.method), "name": call.params["name"] ?? call.params["uri"] ?? .null,
            "arguments": call.params["arguments"] ?? [:],
        ]
        return String(hash64(content.text), radix: 16)
    }
}
