import HTTPTypes
package import Kernel

/// Why an MCP server was of no use.
package enum MCPFailure: Error, Hashable, Sendable {
    /// 401 or 403.
    case unauthorized(status: Int)
    /// No answer came.
    case unreachable(NetworkFailure)
    /// Any other status that is no success.
    case status(Int)
    /// `initialize` itself was refused, by status or by a JSON-RPC error.
    case handshakeRefused(status: Int)
    /// The server answered with a JSON-RPC error.
    case error(JSONRPCError)
    /// The answer is not MCP.
    case malformed(String)
}

/// A connection to an MCP server, as a client of revision 2025-11-25 holds one. Takes JSON and SSE-framed answers.
package struct MCPClient: Sendable {
    private let network: any Network
    private let endpoint: String
    private let token: Secret?
    /// The session the server gave; nil where it gives none.
    package private(set) var session: String?
    /// Of the next request: within a session none comes twice (MCP 2025-11-25, base protocol, requests).
    package private(set) var nextID: Int64 = 1
    package private(set) var revision = Revision.november2025
    /// `capabilities` of the server; empty before `connect`.
    package private(set) var capabilities: JSONObject = [:]

    /// The token is sent as `Authorization: Bearer`; nil for a server that asks for none.
    package init(network: any Network, endpoint: String, token: Secret?) {
        self.network = network
        self.endpoint = endpoint
        self.token = token
    }

    /// Goes on in a session that an earlier client of the same endpoint began, with an id that it did not use.
    package mutating func resume(session: String?, revision: Revision, nextID: Int64) {
        self.session = session
        self.revision = revision
        self.nextID = nextID
    }

    /// `initialize` and `notifications/initialized`. A revision that is unknown here ends it.
    package mutating func connect(
        as name: String, version: String, capabilities declared: JSONObject = [:]
    ) async throws(MCPFailure) {
        let params: JSONObject = [
            "protocolVersion": .string(Revision.november2025.rawValue), "capabilities": .object(declared),
            "clientInfo": ["name": .string(name), "version": .string(version)],
        ]
        let id = takeID()
        let response = try await post(JSONRPC.request(id, "initialize", params), isHandshake: true)
        guard response.isSuccess else { throw .handshakeRefused(status: response.status) }
        let result: JSONValue
        do throws(MCPFailure) {
            result = try Self.answer(in: response, to: id)
        } catch .error {
            throw .handshakeRefused(status: response.status)
        }
        guard let agreed = result["protocolVersion"]?.string.map(Revision.init(rawValue:)),
            Revision.handshakes.contains(agreed)
        else { throw .malformed("initialize: unknown protocolVersion") }
        revision = agreed
        capabilities = result["capabilities"]?.object ?? [:]
        session = response.header(MCPName.sessionHeader)
        let accepted = try await post(JSONRPC.notification("notifications/initialized"))
        guard accepted.isSuccess else { throw .status(accepted.status) }
    }

    /// Every item of a list, page after page: `tools/list` with `tools`.
    ///
    /// A cursor that comes back, or more than `limit` items, ends it: a server must not be able to hold a client
    /// forever.
    package mutating func list(
        _ method: String, _ member: String, limit: Int = 10_000
    ) async throws(MCPFailure) -> [JSONValue] {
        var items: [JSONValue] = []
        var seen: Set<String> = []
        var cursor: String?
        repeat {
            let page = try await request(method, cursor.map { ["cursor": .string($0)] } ?? [:])
            guard let part = page[member]?.array else { throw .malformed("\(method): no \(member)") }
            items += part
            cursor = page["nextCursor"]?.string
            if let cursor, !seen.insert(cursor).inserted { throw .malformed("\(method): the cursor repeats") }
            guard items.count <= limit, seen.count <= limit else { throw .malformed("\(method): too many items") }
        } while cursor != nil
        return items
    }

    /// One request and its result.
    package mutating func request(_ method: String, _ params: JSONObject = [:]) async throws(MCPFailure) -> JSONValue {
        let id = takeID()
        let response = try await post(JSONRPC.request(id, method, params))
        try Self.checkSuccess(of: response, to: id)
        return try Self.answer(in: response, to: id)
    }

    /// One request and all that is said on the way to its result.
    package mutating func converse(
        _ method: String, _ params: JSONObject = [:]
    ) async throws(MCPFailure) -> MCPConversation {
        let id = takeID()
        let response = try await post(JSONRPC.request(id, method, params))
        try Self.checkSuccess(of: response, to: id)
        var conversation = MCPConversation(id: id, rest: response.events)
        switch response.mediaType {
        case "application/json": conversation.hear(response.json)
        case "text/event-stream":
            for message in ServerSentEvents.messages(in: response.body) { conversation.hear(message) }
        default: throw .malformed("unexpected content type \(response.mediaType ?? "none")")
        }
        return conversation
    }

    /// Posts a message that gets no answer: a notification, or the answer to what the server asked.
    package func tell(_ message: JSONValue) async throws(MCPFailure) {
        let response = try await post(message)
        guard response.isSuccess else { throw .status(response.status) }
    }

    private mutating func takeID() -> RequestID {
        defer { nextID += 1 }
        return .int(nextID)
    }

    private func post(_ message: JSONValue, isHandshake: Bool = false) async throws(MCPFailure) -> Response {
        var headers: HTTPFields = [
            .accept: "application/json, text/event-stream", .contentType: "application/json",
        ]
        if !isHandshake { headers[MCPName.versionHeader] = revision.rawValue }
        if let session { headers[MCPName.sessionHeader] = session }
        if let token { headers[.authorization] = "Bearer \(token.exposed)" }
        let response: Response
        do throws(NetworkFailure) {
            response = try await network.send(Request(.post, endpoint, headers: headers, json: message))
        } catch {
            throw .unreachable(error)
        }
        if response.status == 401 || response.status == 403 { throw .unauthorized(status: response.status) }
        return response
    }

    /// A server may put its JSON-RPC error into a 4xx; what it says is worth more than the number.
    private static func checkSuccess(of response: Response, to id: RequestID) throws(MCPFailure) {
        guard !response.isSuccess else { return }
        do throws(MCPFailure) {
            _ = try answer(in: response, to: id)
        } catch {
            if case .error = error { throw error }
        }
        throw .status(response.status)
    }

    private static func answer(in response: Response, to id: RequestID) throws(MCPFailure) -> JSONValue {
        switch response.mediaType {
        case "application/json": return try result(of: [response.json], id)
        case "text/event-stream": return try result(of: ServerSentEvents.messages(in: response.body), id)
        default: throw .malformed("unexpected content type \(response.mediaType ?? "none")")
        }
    }

    /// The message among `messages` that answers `id`; what else a stream carries is not for a client without
    /// capabilities.
    private static func result(of messages: [JSONValue?], _ id: RequestID) throws(MCPFailure) -> JSONValue {
        for message in messages {
            guard let message, case .success(.response(let answered, let outcome)) = JSONRPCMessage.read(message),
                answered == nil || answered == id
            else { continue }
            switch outcome {
            case .success(let value): return value
            case .failure(let error): throw .error(error)
            }
        }
        throw .malformed("no answer to the request")
    }
}

/// What a server said about one request so far.
package struct MCPConversation: Sendable {
    let id: RequestID
    /// The part of the stream that is not read yet; nil once it ended.
    package private(set) var rest: EventStream?
    /// Messages that are not the answer, in their order.
    package private(set) var heard: [Message] = []
    /// The answer itself.
    package private(set) var outcome: Result<JSONValue, JSONRPCError>?

    package enum Message: Sendable {
        case notification(JSONValue)
        /// The server asks its client something.
        case question(id: RequestID, method: String, params: JSONObject)
    }

    init(id: RequestID, rest: EventStream?) {
        self.id = id
        self.rest = rest
    }

    /// Reads what has come since.
    package mutating func listen() {
        while let stream = rest {
            switch stream.next() {
            case .event(let event): if let data = event.data, !data.isEmpty { hear(try? JSONValue(parsing: data)) }
            case .pending: return
            case .end: rest = nil
            }
        }
    }

    /// Takes the first message that was not dealt with.
    package mutating func takeMessage() -> Message? { heard.isEmpty ? nil : heard.removeFirst() }

    /// nil is what was no JSON.
    mutating func hear(_ json: JSONValue?) {
        guard let json, case .success(let message) = JSONRPCMessage.read(json) else { return }
        switch message {
        case .notification: heard.append(.notification(json))
        case .request(let id, let method, let params):
            heard.append(.question(id: id, method: method, params: params))
        case .response(let answered, let outcome): if answered == nil || answered == id { self.outcome = outcome }
        }
    }
}

/// The framing of `text/event-stream` (WHATWG HTML section 9.2.6), as far as MCP uses it.
package enum ServerSentEvents {
    /// Data of each event called `message`, or not called at all; empty data is none.
    package static func data(in body: [UInt8]) -> [[UInt8]] {
        events(in: body).compactMap { event in event.data.flatMap { $0.isEmpty ? nil : $0 } }
    }

    /// What each of them holds; nil is what is no JSON.
    static func messages(in body: [UInt8]) -> [JSONValue?] { data(in: body).map { try? JSONValue(parsing: $0) } }

    /// Each event called `message`, or not called at all, with its id. An event that is not finished is none.
    package static func events(in body: [UInt8]) -> [ServerSentEvent] {
        var events: [ServerSentEvent] = []
        var event = ServerSentEvent(data: nil)
        var (name, isBegun) = ("message", false)
        for line in body.split(separator: 10, omittingEmptySubsequences: false) {
            let line = line.last == 13 ? line.dropLast() : line
            guard !line.isEmpty else {
                if isBegun, name == "message" { events.append(event) }
                (event, name, isBegun) = (ServerSentEvent(data: nil), "message", false)
                continue
            }
            let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
            var value = line[min(colon + 1, line.endIndex)...]
            if value.first == 32 { value = value.dropFirst() }
            let text = String(decoding: value, as: UTF8.self)
            switch String(decoding: line[..<colon], as: UTF8.self) {
            case "data": event.data = event.data.map { $0 + [10] + value } ?? Array(value)
            case "event": name = text.isEmpty ? "message" : text
            case "id": event.id = text
            case "retry": event.retry = Int(text)
            default: continue
            }
            isBegun = true
        }
        return events
    }
}
