import HTTPTypes
package import Kernel
package import MCPCore

/// The MCP client of one user: sends JSON-RPC over streamable HTTP with a bearer token, and keeps the session a server
/// gives it. It decides nothing: what to do about an answer is the scenario's.
package final class AgentClient: Sendable {
    /// `alice's MCP client`, the sender of its requests.
    package let party: Party
    private let lab: Lab

    package init(user: String, lab: Lab) {
        party = Party("\(user)'s MCP client")
        self.lab = lab
    }

    /// What came back: the HTTP answer, and the message in it, if there is one.
    package struct Answer: Sendable, Hashable {
        package let response: Response
        package let message: JSONValue?
        package var status: Int { response.status }
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
        var headers: HTTPFields = [.accept: "application/json, text/event-stream", .contentType: "application/json"]
        if let token { headers[.authorization] = "Bearer \(token)" }
        if let revision { headers[MCPName.versionHeader] = revision.rawValue }
        if let session { headers[MCPName.sessionHeader] = session }
        let request = Request(.post, endpoint, headers: headers, body: body)
        let response = try await lab.network.send(request, from: party)
        return Answer(response: response, message: Self.message(of: response))
    }

    /// The JSON body, or the last event of a stream: the answer comes after what leads to it.
    private static func message(of response: Response) -> JSONValue? {
        let isStream = response.header(.contentType)?.lowercased().hasPrefix("text/event-stream") ?? false
        guard isStream else { return response.json }
        return ServerSentEvents.data(in: response.body).last.flatMap { try? JSONValue(parsing: $0) }
    }
}
