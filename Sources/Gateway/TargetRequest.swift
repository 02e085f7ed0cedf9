import AWSCore
import Kernel
import MCPCore
import Synchronization

/// What a target says to the caller before its result: notifications, and a question on which it waits.
final class Relay: Sendable {
    private struct State {
        var notifications: [JSONValue] = []
        var held: Held?
    }
    /// A conversation with a target that goes on after the caller answered.
    struct Held: Sendable {
        var client: MCPClient
        var conversation: MCPConversation
        let question: (id: RequestID, method: String, params: JSONObject)
    }

    /// Of the caller's request.
    let id: RequestID
    let session: MCPSession?
    let mayAsk: Bool
    let capabilities: JSONObject
    /// Where the caller wants to hear of progress; nil where it cannot hear anything.
    let progressToken: JSONValue?
    let hears: Bool
    /// Least level of log messages for it; nil for none.
    private let logLevel: Int?
    private static let levels = [
        "debug", "info", "notice", "warning", "error", "critical", "alert", "emergency",
    ]
    private let state = Mutex(State())

    init(_ call: MCPCall) {
        id = call.id
        session = call.session
        mayAsk = call.mayAsk
        capabilities = call.capabilities
        hears = call.mayStream
        progressToken = call.mayStream ? call.progressToken : nil
        // Where a request stands for itself it asks for messages, or gets none (MCP 2026-07-28, logging).
        let wanted = call.params["_meta"]?[MCPName.logLevelMeta]?.string
        logLevel = call.revision.isStateless ? wanted.flatMap { Self.levels.firstIndex(of: $0) } : 0
    }

    var notifications: [JSONValue] { state.withLock { $0.notifications } }
    func note(_ notification: JSONValue) {
        if notification["method"] == "notifications/message" {
            let level = Self.levels.firstIndex(of: notification["params"]?["level"]?.string ?? "") ?? Self.levels.count
            guard let logLevel, level >= logLevel else { return }
        }
        state.withLock { $0.notifications.append(notification) }
    }
    func hold(_ held: Held) { state.withLock { $0.held = held } }
    func takeHeld() -> Held? {
        state.withLock { state in
            defer { state.held = nil }
            return state.held
        }
    }

    /// What the caller can be asked, as the gateway declares it towards a target.
    var declared: JSONObject {
        guard mayAsk else { return [:] }
        return JSONObject(capabilities.members.filter { ["elicitation", "sampling", "roots"].contains($0.name) })
    }

    func canAnswer(_ method: String) -> Bool {
        switch method {
        case "elicitation/create": declared["elicitation"] != nil
        case "sampling/createMessage": declared["sampling"] != nil
        case "roots/list": declared["roots"] != nil
        default: false
        }
    }
}

/// Sessions at targets, one for each session here and target, and of use no longer than that.
struct TargetSession: PassingRecord {
    // As data files have it: never changed.
    static let collection = "gateway-upstream-session"
    enum Tag {}
    let id: Identifier<Tag>
    let session: String?
    let revision: String
    /// Of the next request in it; data files of before have none, and used the first two again and again.
    var nextID: Int64?
    let until: Instant?
    var next: Int64 { nextID ?? 3 }
}

/// One request to the MCP server behind a target.
struct TargetRequest {
    enum Failure: Error {
        case failed(MCPFailure)
        /// The target asked something; the relay holds the conversation.
        case paused
    }
    private let endpoint: Endpoint
    private let target: TargetRecord
    private let address: String
    private let network: any Network
    private let relay: Relay?
    private var world: World { endpoint.world }

    init(_ endpoint: Endpoint, _ target: TargetRecord, _ address: String, _ network: any Network, _ relay: Relay?) {
        self.endpoint = endpoint
        self.target = target
        self.address = address
        self.network = network
        self.relay = relay
    }

    func result(of method: String, _ params: JSONObject) async throws(Failure) -> JSONValue {
        var params = params
        if let progress = relay?.progressToken { params["_meta"] = ["progressToken": progress] }
        let result: JSONValue?
        do throws(MCPFailure) {
            var client = try await connected(renewed: false)
            var conversation: MCPConversation
            do throws(MCPFailure) {
                conversation = try await client.converse(method, params)
            } catch {
                guard Self.isAboutSession(error) else { throw error }
                client = try await connected(renewed: true)
                conversation = try await client.converse(method, params)
            }
            result = try await Self.go(on: &conversation, with: client, relay)
        } catch {
            throw .failed(error)
        }
        guard let result else { throw .paused }
        return result
    }

    /// Reads on until the result, or until a question for the caller (nil), which the relay then holds.
    static func go(
        on conversation: inout MCPConversation, with client: MCPClient, _ relay: Relay?
    ) async throws(MCPFailure) -> JSONValue? {
        while true {
            while let message = conversation.takeMessage() {
                switch message {
                case .notification(let notification): if relay?.hears == true { relay?.note(notification) }
                case .question(let id, "ping", _): try await client.tell(JSONRPC.result(id, [:]))
                case .question(let id, let method, let params):
                    guard let relay, relay.canAnswer(method) else {
                        // E45: a caller that cannot be asked is not asked.
                        try await client.tell(JSONRPC.error(id, .methodNotFound(method)))
                        continue
                    }
                    relay.hold(.init(client: client, conversation: conversation, question: (id, method, params)))
                    return nil
                }
            }
            if let outcome = conversation.outcome {
                switch outcome {
                case .success(let result): return result
                case .failure(let error): throw .error(error)
                }
            }
            let isOver = conversation.rest == nil
            conversation.listen()
            if isOver || (conversation.heard.isEmpty && conversation.outcome == nil) {
                throw .malformed("no answer to the request")
            }
        }
    }

    /// 404 for a session that is gone, 400 where one is missing: begin again, once (MCP 2025-11-25, transports, session
    /// management; ledger `gateway-upstream-session`).
    private static func isAboutSession(_ failure: MCPFailure) -> Bool {
        switch failure {
        case .status(400), .status(404): true
        case .error(let error): error == .invalidRequest
        default: false
        }
    }

    /// With a session of its own where the caller may be asked, else as the lab says (ledger
    /// `gateway-upstream-handshake`), or as the target demands.
    private func connected(renewed: Bool) async throws(MCPFailure) -> MCPClient {
        var client = MCPClient(network: network, endpoint: address, token: nil)
        guard let relay, let session = relay.session, !relay.declared.isEmpty else {
            if renewed || world.switches.isOn(.targetHandshake) {
                try await client.connect(as: Gateway.name, version: Gateway.version)
            }
            return client
        }
        let id = Identifier<TargetSession.Tag>("\(session.id) \(target.id)")
        if !renewed, let kept = goOn(id) {
            client.resume(
                session: kept.session, revision: Revision(rawValue: kept.revision), nextID: kept.next)
            return client
        }
        try await client.connect(
            as: Gateway.name, version: Gateway.version, capabilities: relay.declared)
        let record = TargetSession(
            id: id, session: client.session, revision: client.revision.rawValue, nextID: client.nextID + 1,
            until: session.expires)
        let now = world.clock.now
        _ = try? world.store.write { $0.save(passing: record, at: now) }
        return client
    }

    /// The session as it is, one request later for whoever comes next: several may be under way.
    private func goOn(_ id: TargetSession.ID) -> TargetSession? {
        try? world.store.write { transaction in
            guard let kept = transaction.find(TargetSession.self, id) else { return nil }
            var later = kept
            later.nextID = kept.next + 1
            transaction.save(later)
            return kept
        }
    }
}
