import HTTPTypes
package import Kernel

/// The Streamable HTTP transport of the revisions with a handshake, without sessions and without streams: the ladder a
/// request climbs before anybody looks at its method (MCP 2025-11-25, basic, transports).
package struct StreamableHTTP: Sendable {
    /// Revisions served, newest first.
    package let served: [Revision]
    /// Longest body in bytes; a longer one is 413.
    package let longestBody: Int
    /// Code of the 406: the reference servers send -32600, others their own.
    package let notAcceptableCode: Int
    /// Whether an old revision too is refused with -32022 and the list of those that are served; else with -32600, as
    /// the reference servers do.
    package let namesServedToAll: Bool

    package init(
        served: [Revision] = Revision.handshakes, longestBody: Int = 4 << 20, notAcceptableCode: Int = -32600,
        namesServedToAll: Bool = false
    ) {
        self.served = served
        self.longestBody = longestBody
        self.notAcceptableCode = notAcceptableCode
        self.namesServedToAll = namesServedToAll
    }

    /// A message that climbed the ladder.
    package struct Received: Hashable, Sendable {
        package let message: JSONRPCMessage
        /// What the version header says; nil where it is missing, and always on `initialize`.
        package let revision: Revision?
    }

    /// The answer to a request that fell off.
    package struct Refusal: Error, Hashable, Sendable {
        package let response: Response
        package init(_ response: Response) { self.response = response }
    }

    /// Method, Accept, Content-Type, size, JSON, shape, version; the first failure wins.
    package func receive(_ request: Request) throws(Refusal) -> Received {
        try checkMethod(request)
        guard accepts(request, "application", "json"), accepts(request, "text", "event-stream") else {
            let text = "Not Acceptable: Client must accept both application/json and text/event-stream"
            throw refusal(406, JSONRPCError(notAcceptableCode, text))
        }
        guard request.mediaType == "application/json" else {
            throw Refusal(.plain(400, "Invalid Content-Type header"))
        }
        guard request.body.count <= longestBody else { throw Refusal(Self.tooLarge) }
        switch JSONRPCMessage.parse(request.body) {
        case .failure(let failure):
            // With an id the message was readable and only its content is wrong: an answer like any other.
            throw refusal(failure.id == nil ? 400 : 200, failure.error, id: failure.id)
        case .success(let message): return try Received(message: message, revision: revision(of: request, message))
        }
    }

    /// A result or an error that answers a request. Always 200: some clients end the whole session on anything else.
    package func reply(_ message: JSONValue) -> Response { .json(200, message) }

    /// The answer to a notification or a response: 202 without body.
    package static let accepted = Response(202)

    package static let tooLarge = Response.json(413, JSONRPC.error(nil, JSONRPCError(-32600, "Payload too large")))

    private func refusal(
        _ status: Int, _ error: JSONRPCError, id: RequestID? = nil, headers: HTTPFields = [:]
    ) -> Refusal {
        Refusal(.json(status, JSONRPC.error(id, error), headers: headers))
    }

    /// Only POST: without a stream GET is 405 (MUST), without sessions DELETE is too.
    private func checkMethod(_ request: Request) throws(Refusal) {
        switch request.method {
        case .post: return
        case .get where !accepts(request, "text", "event-stream"):
            throw refusal(406, JSONRPCError(-32600, "Not Acceptable: Client must accept text/event-stream"))
        default: throw refusal(405, JSONRPCError(-32600, "Method Not Allowed"), headers: [.allow: "POST"])
        }
    }

    /// Whether `Accept` lists a type, its family or everything.
    private func accepts(_ request: Request, _ family: String, _ kind: String) -> Bool {
        guard let header = request.header(.accept) else { return false }
        return header.split(separator: ",").contains { entry in
            let type = trimmed(entry.prefix { $0 != ";" }).lowercased()
            return type == "*/*" || type == "\(family)/*" || type == "\(family)/\(kind)"
        }
    }

    /// A missing header is for the receiver to judge. `initialize` negotiates in its body, so its header is not read;
    /// a request of a revision that is not served is told which are, so that its sender can fall back.
    private func revision(of request: Request, _ message: JSONRPCMessage) throws(Refusal) -> Revision? {
        var id: RequestID?
        var inBody: String?
        switch message {
        case .request(_, "initialize", _): return nil
        case .request(let requestID, _, let params):
            id = requestID
            inBody = params["_meta"]?[MCPName.versionMeta]?.string
        case .notification, .response: break
        }
        guard let text = request.header(MCPName.versionHeader) ?? inBody else { return nil }
        let revision = Revision(rawValue: text)
        if served.contains(revision) { return revision }
        if namesServedToAll || revision > (served.first ?? .november2025) {
            throw refusal(400, .unsupportedVersion(text, supported: served), id: id)
        }
        let list = served.map(\.rawValue).joined(separator: ", ")
        let reason = "Bad Request: Unsupported protocol version: \(text). Supported versions: \(list)"
        throw refusal(400, JSONRPCError(-32600, reason), id: id)
    }
}
