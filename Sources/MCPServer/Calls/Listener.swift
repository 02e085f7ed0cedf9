import Kernel
import MCPCore

/// A client that listens without a session: one `subscriptions/listen` and its filter (MCP 2026-07-28).
struct Listener: Record {
    static let collection = "mcp-listener"
    /// Its stream's.
    let id: Identifier<StreamTag>
    /// Id of the request, which every message to it carries.
    let requestID: JSONValue
    let filter: JSONObject
}

extension ServerHandler {
    /// The stream begins by saying what of the filter is served.
    func listen(_ call: MCPCall) throws(JSONRPCError) -> MCPReply {
        guard let wanted = call.params["notifications"]?.object else {
            throw .invalidParams("Invalid params: notifications is missing")
        }
        var filter: JSONObject = [:]
        for list in catalogue.announces where wanted["\(list)ListChanged"]?.bool == true {
            filter.append("\(list)ListChanged", true)
        }
        if let uris = wanted["resourceSubscriptions"]?.strings {
            filter.append(
                "resourceSubscriptions",
                .strings(uris.filter { uri in catalogue.resources.contains { $0.uri.match(uri) != nil } }))
        }
        let stream = world.newStreamID()
        let accepted = JSONRPC.notification(
            "notifications/subscriptions/acknowledged",
            ["_meta": [MCPName.subscriptionMeta: call.id.json], "notifications": .object(filter)])
        try write { transaction throws(JSONRPCError) in
            call.openStream(stream, &transaction)
            transaction.save(Listener(id: stream, requestID: call.id.json, filter: filter))
            transaction.send(accepted, on: stream)
        }
        return .stream(stream)
    }

    /// Tells all who want to hear it: standing streams of sessions, and those who listen.
    func announce(_ announcement: Announcement, _ transaction: inout Transaction) {
        for session in transaction.find(MCPSession.self, where: "server", is: MCPServer.name) {
            if case .resource(let uri) = announcement, !session.subscriptions.contains(uri) { continue }
            guard let stream = transaction.standingStream(of: session.streamOwner) else { continue }
            transaction.send(JSONRPC.notification(announcement.method, announcement.params), on: stream)
        }
        for listener in transaction.all(Listener.self) where announcement.isWanted(by: listener.filter) {
            let params = announcement.params.merging(["_meta": [MCPName.subscriptionMeta: listener.requestID]])
            transaction.send(JSONRPC.notification(announcement.method, params), on: listener.id)
        }
    }
}
