package import HTTPTypes
package import Kernel
package import MCPCore
import Synchronization

/// The MCP client of one user: sends JSON-RPC over streamable HTTP with a bearer token, and keeps streams that go on
/// open. It decides nothing: what to do about an answer is the scenario's.
package final class AgentClient: Sendable {
    /// `alice's MCP client`, the sender of its requests.
    package let party: Party
    private let lab: Lab
    /// Answers that go on, by the name the scenario gave them.
    private let streams = Mutex<[String: EventStream]>([:])

    package init(user: String, lab: Lab) {
        party = Party("\(user)'s MCP client")
        self.lab = lab
    }

    /// What came back: the HTTP answer, and the messages in it.
    package struct Answer: Sendable, Hashable {
        package let response: Response
        /// Every message, in its order; one where the answer is no stream.
        package let messages: [JSONValue]
        /// Ids of the events of a stream; null for an event without one.
        package let eventIDs: [JSONValue]
        /// Whether more may come.
        package let isOpen: Bool
        package var status: Int { response.status }
        /// The message that answers: the last one with a result or an error, else the last.
        package var message: JSONValue? {
            messages.last { $0["result"] != nil || $0["error"] != nil } ?? messages.last
        }
    }

    /// Sends one request to a gateway or server, such as `https://…/mcp`. Without a token no bearer token is sent,
    /// without a revision no `MCP-Protocol-Version`, as from a client before `initialize`.
    package func send(
        _ method: String, _ params: JSONObject = [:], id: RequestID = .int(1), to endpoint: String, token: String?,
        revision: Revision? = .november2025, session: String? = nil
    ) async throws(NetworkFailure) -> Answer {
        try await post(
            JSONRPC.request(id, method, params).bytes, to: endpoint, token: token, revision: revision, session: session)
    }

    /// Posts any body: for requests no client should send.
    package func post(
        _ body: [UInt8], to endpoint: String, token: String?, revision: Revision?, session: String? = nil
    ) async throws(NetworkFailure) -> Answer {
        let headers = Self.headers(token: token, revision: revision, session: session)
        return try await exchange(Request(.post, endpoint, headers: headers, body: body))
    }

    /// The fields of a well-behaved client.
    package static func headers(token: String?, revision: Revision?, session: String?) -> HTTPFields {
        var headers = standardHeaders
        if let token { headers.append(HTTPField(name: .authorization, value: "Bearer \(token)")) }
        if let revision { headers.append(HTTPField(name: MCPName.versionHeader, value: revision.rawValue)) }
        if let session { headers.append(HTTPField(name: MCPName.sessionHeader, value: session)) }
        return headers
    }

    private static let standardHeaders: HTTPFields = [
        .accept: "application/json, text/event-stream", .contentType: "application/json",
    ]

    /// Sends a request as it stands. An answer that goes on is kept under a name.
    package func exchange(_ request: Request, keptAs name: String = "") async throws(NetworkFailure) -> Answer {
        let response = try await lab.network.send(request, from: party)
        streams.withLock { $0[name] = response.events }
        let isStream = response.header(.contentType)?.lowercased().hasPrefix("text/event-stream") ?? false
        guard isStream else {
            return Answer(
                response: response, messages: response.json.map { [$0] } ?? [], eventIDs: [], isOpen: false)
        }
        let events = ServerSentEvents.events(in: response.body)
        return Self.answer(response, events, isOpen: response.events != nil)
    }

    /// What came on a kept stream since it was last listened to; nil if nothing is kept under this name.
    package func listen(to name: String) -> Answer? {
        guard let stream = streams.withLock({ $0[name] }) else { return nil }
        var events: [ServerSentEvent] = []
        while true {
            switch stream.next() {
            case .event(let event): events.append(event)
            case .pending: return Self.answer(Response(200), events, isOpen: true)
            case .end:
                streams.withLock { $0[name] = nil }
                return Self.answer(Response(200), events, isOpen: false)
            }
        }
    }

    /// Closes the connection of a kept stream; false if there is none.
    package func hangUp(_ name: String) -> Bool {
        guard let stream = streams.withLock({ $0.removeValue(forKey: name) }) else { return false }
        stream.close()
        return true
    }

    private static func answer(_ response: Response, _ events: [ServerSentEvent], isOpen: Bool) -> Answer {
        let messages = events.compactMap { event in
            event.data.flatMap { $0.isEmpty ? nil : try? JSONValue(parsing: $0) }
        }
        return Answer(
            response: response, messages: messages, eventIDs: events.map { $0.id.map { .string($0) } ?? .null },
            isOpen: isOpen)
    }
}
