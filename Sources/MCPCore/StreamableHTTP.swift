package import HTTPTypes
package import Kernel

/// The Streamable HTTP transport: the ladder a request climbs before anybody looks at its method (MCP 2025-11-25,
/// basic, transports; MCP 2026-07-28, basic, transports, streamable HTTP). It knows no session by its id.
package struct StreamableHTTP: Sendable {
    /// Revisions served, newest first.
    package let served: [Revision]
    /// Longest body in bytes; a longer one is 413.
    package let longestBody: Int
    /// Code of the 406: the reference servers send -32600, others their own.
    package let notAcceptableCode: Int
    package let notAcceptableText: String
    /// Whether an old revision too is refused with -32022 and the list of those that are served; else with -32600, as
    /// the reference servers do.
    package let namesServedToAll: Bool
    /// Whether there are sessions to DELETE.
    package let hasSessions: Bool
    /// Whether GET opens a stream.
    package let hasStandingStream: Bool

    package init(
        served: [Revision] = Revision.handshakes, longestBody: Int = 4 << 20, notAcceptableCode: Int = -32600,
        notAcceptableText: String = "Not Acceptable: Client must accept both application/json and text/event-stream",
        namesServedToAll: Bool = false, hasSessions: Bool = false, hasStandingStream: Bool = false
    ) {
        self.served = served
        self.longestBody = longestBody
        self.notAcceptableCode = notAcceptableCode
        self.notAcceptableText = notAcceptableText
        self.namesServedToAll = namesServedToAll
        self.hasSessions = hasSessions
        self.hasStandingStream = hasStandingStream
    }

    /// What a request without header and session is taken for: 2025-03-26 (MCP 2025-11-25, transports, protocol version
    /// header). A server of newer revisions that has one older than its newest falls back to the oldest (ledger `E31`);
    /// one that has no older one cannot (ledger `E32`).
    var assumed: Revision {
        guard namesServedToAll, !served.contains(.march2025),
            let oldest = served.last(where: { !$0.isStateless }), oldest < .november2025
        else { return .march2025 }
        return oldest
    }

    /// What climbed the ladder.
    package enum Incoming: Hashable, Sendable {
        /// A message of a revision with a handshake. The revision is what its header says; nil where it is missing,
        /// and always on `initialize`.
        case message(JSONRPCMessage, Revision?)
        /// Several messages at once; legal in 2025-03-26 alone, which is for the receiver to know.
        case batch([Result<JSONRPCMessage, JSONRPCFailure>], Revision?)
        /// A request that stands for itself.
        case stateless(StatelessRequest)
        /// A notification without a session: there is nothing it could be about.
        case statelessNotification
        /// GET: the standing stream, or the rest of one that broke off after this event.
        case openStream(lastEvent: String?)
        /// DELETE.
        case endSession
    }

    /// The answer to a request that fell off.
    package struct Refusal: Error, Hashable, Sendable {
        package let response: Response
        package init(_ response: Response) { self.response = response }
        package init(_ status: Int, _ error: JSONRPCError, id: RequestID? = nil, headers: HTTPFields = [:]) {
            response = .json(status, JSONRPC.error(id, error), headers: headers)
        }

        /// `methods` are those of the `Allow` header.
        static func methodNotAllowed(allow methods: String) -> Refusal {
            Refusal(405, JSONRPCError(-32600, "Method Not Allowed"), headers: [.allow: methods])
        }
    }

    /// Method, Accept, Content-Type, size, JSON, shape, version; the first failure wins.
    package func incoming(_ request: Request) throws(Refusal) -> Incoming {
        if let incoming = try withoutBody(request) { return incoming }
        let declared = try declaredRevision(request)
        try checkAccept(request, declared)
        guard request.mediaType == "application/json" else {
            throw Refusal(.plain(400, "Invalid Content-Type header"))
        }
        guard !request.content.isLonger(than: longestBody) else { throw Refusal(Self.tooLarge) }
        guard let json = try? request.json() else { throw Refusal(400, .unparsable) }
        if isStateless(json, declared) { return try StatelessLadder(served: served).climb(request, json, declared) }
        if let items = json.array {
            let revision = try declared.map { text throws(Refusal) in try supported(text, id: nil) }
            // An empty batch is no message (JSON-RPC 2.0 section 6).
            guard !items.isEmpty else { throw Refusal(400, .invalidRequest) }
            return .batch(items.map(JSONRPCMessage.read), revision)
        }
        switch JSONRPCMessage.read(json) {
        case .failure(let failure):
            // With an id the message was readable and only its content is wrong: an answer like any other.
            throw Refusal(failure.id == nil ? 400 : 200, failure.error, id: failure.id)
        case .success(let message): return .message(message, try revision(of: message, declared))
        }
    }

    /// The answer to a notification or a response: 202 without body.
    package static let accepted = Response(202)

    package static let tooLarge = Response.json(413, JSONRPC.error(nil, JSONRPCError(-32600, "Payload too large")))

    // MARK: - Before the body

    /// GET and DELETE where they mean something; POST goes on; all else is 405 (MUST for GET without a stream).
    private func withoutBody(_ request: Request) throws(Refusal) -> Incoming? {
        guard request.method != .post else { return nil }
        // A revision without sessions has neither, whatever the server has for others.
        let isStateless = request.header(MCPName.versionHeader).map { Revision(rawValue: $0).isStateless } ?? false
        switch request.method {
        case .get where !isStateless:
            guard accepts(request, "text", "event-stream") else {
                throw Refusal(406, JSONRPCError(-32600, "Not Acceptable: Client must accept text/event-stream"))
            }
            if hasStandingStream { return .openStream(lastEvent: request.header(MCPName.lastEventHeader)) }
        case .delete where hasSessions && !isStateless: return .endSession
        default: break
        }
        throw .methodNotAllowed(allow: allowed(isStateless))
    }

    private func allowed(_ isStateless: Bool) -> String {
        guard !isStateless else { return "POST" }
        return (hasStandingStream ? "GET, " : "") + "POST" + (hasSessions ? ", DELETE" : "")
    }

    private func checkAccept(_ request: Request, _ declared: String?) throws(Refusal) {
        if accepts(request, "application", "json"), accepts(request, "text", "event-stream") { return }
        // MCP 2.x answers a stateless request without any body; a server with words of its own says them to all.
        if let declared, Revision(rawValue: declared).isStateless, notAcceptableCode == -32600 {
            throw Refusal(Response(406))
        }
        throw Refusal(406, JSONRPCError(notAcceptableCode, notAcceptableText))
    }

    /// Whether `Accept` lists one of the transport's two types, its family or everything. The nearest of these
    /// decides, and with a weight of zero it says no (RFC 9110 sections 12.4.2 and 12.5.1; ledger `mcp-accept-weight`).
    private func accepts(_ request: Request, _ family: String, _ kind: String) -> Bool {
        guard let header = request.header(.accept) else { return false }
        // The SDKs that we test with say it word for word.
        if header == "application/json, text/event-stream" { return true }
        var (nearest, isTaken) = (0, false)
        for entry in header.pieces(by: ",") {
            let parts = entry.pieces(by: ";")
            let type = trimmed(parts.first ?? "").lowercased()
            let place = ["*/*", "\(family)/*", "\(family)/\(kind)"].firstIndex(of: type).map { $0 + 1 } ?? 0
            guard place > 0, place >= nearest else { continue }
            let isWanted = !parts.dropFirst().contains { Self.noWeight.contains(trimmed($0).lowercased()) }
            isTaken = isWanted || (place == nearest && isTaken)
            nearest = place
        }
        return isTaken
    }

    /// Three digits are all that a weight may have.
    private static let noWeight = ["q=0", "q=0.", "q=0.0", "q=0.00", "q=0.000"]

    // MARK: - Revision

    /// What the version header says; the same said twice is said once.
    private func declaredRevision(_ request: Request) throws(Refusal) -> String? {
        guard let joined = request.header(MCPName.versionHeader) else { return nil }
        guard joined.contains(",") else { return trimmed(joined) }
        let values = request.head.headerFields[values: MCPName.versionHeader].map { trimmed($0) }
        guard let first = values.first else { return nil }
        guard values.allSatisfy({ $0 == first }) else {
            throw Refusal(400, .headerMismatch("mcp-protocol-version header is given more than once"))
        }
        return first
    }

    /// Whether a request is of the kind that stands for itself (MCP 2026-07-28, versioning): its header or its `_meta`
    /// names a revision that no handshake knows. Of `initialize` only `_meta` tells, as its header is not read; and a
    /// server that serves no such revision refuses it as it refuses any unknown one.
    private func isStateless(_ json: JSONValue, _ declared: String?) -> Bool {
        guard served.contains(where: \.isStateless) else { return false }
        if json["method"] != "initialize", let declared, Revision(rawValue: declared).isStateless,
            Revision.all.map(\.rawValue).contains(declared)
        {
            return true
        }
        guard let inBody = json["params"]?["_meta"]?[MCPName.versionMeta] else { return false }
        return !Revision.handshakes.contains { $0.rawValue == inBody.string }
    }

    /// A missing header is for the receiver to judge. `initialize` negotiates in its body, so its header is not read;
    /// a request of a revision that is not served is told which are, so that its sender can fall back.
    private func revision(of message: JSONRPCMessage, _ declared: String?) throws(Refusal) -> Revision? {
        switch message {
        case .request(_, "initialize", _): return nil
        case .request(let id, _, let params):
            // A revision with a handshake is told by the header alone; in `_meta` it is no more than a word.
            let inBody = params["_meta"]?[MCPName.versionMeta]?.string
            let strange = Revision.handshakes.contains { $0.rawValue == inBody } ? nil : inBody
            guard let text = declared ?? strange else { return nil }
            return try supported(text, id: id)
        case .notification, .response:
            guard let declared else { return nil }
            return try supported(declared, id: nil)
        }
    }

    private func supported(_ text: String, id: RequestID?) throws(Refusal) -> Revision {
        let revision = Revision(rawValue: text)
        if served.contains(revision) { return revision }
        if namesServedToAll || revision > (served.first ?? .november2025) {
            throw Refusal(400, .unsupportedVersion(text, supported: served), id: id)
        }
        let list = served.map(\.rawValue).joined(separator: ", ")
        let reason = "Bad Request: Unsupported protocol version: \(text). Supported versions: \(list)"
        throw Refusal(400, JSONRPCError(-32600, reason), id: id)
    }
}
