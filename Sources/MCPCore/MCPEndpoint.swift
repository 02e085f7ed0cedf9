import HTTPTypes
package import Kernel

/// A request as a server's own code sees it, whatever revision and framing it came in.
package struct MCPCall: Sendable {
    package let id: RequestID
    package let method: String
    package let params: JSONObject
    package let revision: Revision
    /// The session it came in; nil where there is none.
    package let session: MCPSession?
    /// What the client can do, as far as it said so: in `initialize`, or in the request itself.
    package let capabilities: JSONObject
    /// Whom it is for.
    package let principal: String
    /// Whether the answer may be a stream.
    package let mayStream: Bool
    /// Owner of the streams that answer it.
    package let streamOwner: String

    /// Whether the server may ask its client something on the way to the answer.
    package var mayAsk: Bool { mayStream && session != nil && !revision.isStateless }

    /// Whether the client declared a capability, such as `elicitation`, `url`.
    package func declares(_ path: String...) -> Bool {
        var place: JSONValue? = .object(capabilities)
        for name in path { place = place?[name] }
        return place?.object != nil
    }

    /// Token under which the client wants to hear of progress.
    package var progressToken: JSONValue? { params["_meta"]?["progressToken"] }

    /// A stream for the answer, opened in the transaction that says the first thing on it.
    package func openStream(_ id: StreamID, _ transaction: inout Transaction) {
        let canResume = session != nil
        transaction.openStream(
            id, owner: streamOwner, hasIDs: canResume, isPrimed: canResume && revision >= .november2025)
    }
}

extension MCPCall {
    /// A request that came in a session earlier, was answered by a stream, and goes on.
    package init(
        resuming id: RequestID, _ method: String, _ params: JSONObject, _ revision: Revision, in session: MCPSession,
        for principal: String
    ) {
        self.init(
            id: id, method: method, params: params, revision: revision, session: session,
            capabilities: session.capabilities, principal: principal, mayStream: true,
            streamOwner: session.streamOwner)
    }
}

/// What a server's own code answers.
package enum MCPReply: Sendable {
    case result(JSONValue)
    /// Notifications, and then the result. Where the answer may not be a stream only the result goes out.
    case told([JSONValue], JSONValue)
    /// A stream that was opened, and goes on after this answer has begun.
    case stream(StreamID)
    /// An HTTP answer of its own, such as 403 for a token that lacks scopes.
    case response(Response)
}

/// The server behind an endpoint.
package protocol MCPHandler: Sendable {
    /// `serverInfo`, which a stateless result carries too.
    var serverInfo: JSONValue { get }
    /// `initialize`, whose result decides the revision, and every other request.
    func reply(to call: MCPCall) async throws(JSONRPCError) -> MCPReply
    /// A notification, such as `notifications/cancelled`.
    func notified(_ method: String, _ params: JSONObject, _ session: MCPSession?, principal: String) async
    /// The client's answer to something it was asked; false if nobody asked.
    func answered(
        _ id: RequestID, _ outcome: Result<JSONValue, JSONRPCError>, _ session: MCPSession?, principal: String
    ) async -> Bool
    /// The input schema of a tool, for the arguments its headers mirror; nil for a tool that is not there.
    func inputSchema(of tool: String, principal: String) -> JSONValue?
    /// The client of a stream went away: where a request stands for itself, that cancels it.
    func left(_ stream: StreamID)
    /// A session is about to end in this transaction: what waits for its client goes with it.
    func ended(_ session: MCPSession, in transaction: inout Transaction)
}

extension MCPHandler {
    package func notified(_ method: String, _ params: JSONObject, _ session: MCPSession?, principal: String) async {}
    package func answered(
        _ id: RequestID, _ outcome: Result<JSONValue, JSONRPCError>, _ session: MCPSession?, principal: String
    ) async -> Bool { false }
    package func inputSchema(of tool: String, principal: String) -> JSONValue? { nil }
    package func left(_ stream: StreamID) {}
    package func ended(_ session: MCPSession, in transaction: inout Transaction) {}
}

/// An MCP endpoint: transport, sessions and streams around a handler. Who calls was decided before.
package struct MCPEndpoint: Sendable {
    let world: World
    let transport: StreamableHTTP
    let sessions: SessionPolicy?
    /// Which endpoint this is; two of a lab never have the same name.
    let name: String
    /// Whether answers may be streams.
    let streams: Bool
    /// U10: status of an error that answers a request with a handshake.
    let status: @Sendable (JSONRPCError) -> Int

    package init(
        _ name: String, world: World, transport: StreamableHTTP, sessions: SessionPolicy? = nil, streams: Bool = false,
        status: @escaping @Sendable (JSONRPCError) -> Int = { _ in 200 }
    ) {
        self.name = name
        self.world = world
        self.transport = transport
        self.sessions = sessions
        self.streams = streams
        self.status = status
    }

    package func answer(
        _ request: Request, for principal: String, by handler: some MCPHandler
    ) async -> Response {
        do throws(StreamableHTTP.Refusal) {
            switch try transport.incoming(request) {
            case .stateless(let request): return await stateless(request, principal, handler)
            case .statelessNotification: return StreamableHTTP.accepted
            case .openStream(let lastEvent):
                guard let session = try session(of: request, principal, handler) else {
                    throw .methodNotAllowed(allow: "POST")
                }
                return try standing(session, lastEvent)
            case .endSession:
                guard let session = try session(of: request, principal, handler) else {
                    throw .methodNotAllowed(allow: "POST")
                }
                end(session, handler)
                return Response(200)
            case .message(.request(let id, "initialize", let params), _):
                return await initialize(id, params, principal, handler)
            case .message(let message, let declared):
                let session = try session(of: request, principal, handler)
                return await single(message, try revision(declared, session, message), session, principal, handler)
            case .batch(let items, let declared):
                let session = try session(of: request, principal, handler)
                guard (session?.agreed ?? declared) == .march2025 else {
                    throw StreamableHTTP.Refusal(400, .invalidRequest)
                }
                return await batch(items, session, principal, handler)
            }
        } catch {
            return error.response
        }
    }

    // MARK: - Messages of revisions with a handshake

    /// A session's own revision counts, whatever the header says; without both 2025-03-26 is meant (MCP 2025-11-25,
    /// transports, protocol version header), and not every server has that.
    private func revision(
        _ declared: Revision?, _ session: MCPSession?, _ message: JSONRPCMessage
    ) throws(StreamableHTTP.Refusal) -> Revision {
        let revision = session?.agreed ?? declared ?? transport.assumed
        guard case .request(let id, _, _) = message, !transport.served.contains(revision) else { return revision }
        throw StreamableHTTP.Refusal(400, .unsupportedVersion(revision.rawValue, supported: transport.served), id: id)
    }

    private func single(
        _ message: JSONRPCMessage, _ revision: Revision, _ session: MCPSession?, _ principal: String,
        _ handler: some MCPHandler
    ) async -> Response {
        switch message {
        case .notification(let method, let params):
            await handler.notified(method, params, session, principal: principal)
            return StreamableHTTP.accepted
        case .response(let id, let outcome):
            guard let id, await handler.answered(id, outcome, session, principal: principal) else {
                return .json(400, JSONRPC.error(nil, .invalidRequest))
            }
            return StreamableHTTP.accepted
        case .request(let id, let method, let params):
            let call = call(id, method, params, revision, session, principal)
            do throws(JSONRPCError) {
                return response(try await handler.reply(to: call), to: call, handler) { $0 }
            } catch {
                return .json(status(error), JSONRPC.error(id, error))
            }
        }
    }

    private func call(
        _ id: RequestID, _ method: String, _ params: JSONObject, _ revision: Revision, _ session: MCPSession?,
        _ principal: String, mayStream: Bool = true
    ) -> MCPCall {
        MCPCall(
            id: id, method: method, params: params, revision: revision, session: session,
            capabilities: session?.capabilities ?? [:], principal: principal, mayStream: streams && mayStream,
            streamOwner: session?.streamOwner ?? "\(name) for \(principal)")
    }

    func response(
        _ reply: MCPReply, to call: MCPCall, _ handler: some MCPHandler, _ shape: (JSONValue) -> JSONValue
    ) -> Response {
        switch reply {
        case .result(let result): return .json(200, JSONRPC.result(call.id, shape(result)))
        case .told(let notifications, let result):
            let answer = JSONRPC.result(call.id, shape(result))
            guard call.mayStream, !notifications.isEmpty else { return .json(200, answer) }
            let id = world.newStreamID()
            do {
                let isOpen = try world.store.write { transaction in
                    // It may have ended meanwhile, and with it its streams.
                    if let session = call.session, transaction.find(MCPSession.self, session.id) == nil { return false }
                    call.openStream(id, &transaction)
                    for message in notifications { transaction.send(message, on: id) }
                    transaction.send(answer, on: id)
                    transaction.endStream(id)
                    return true
                }
                guard isOpen else { return .json(200, answer) }
            } catch {
                return .json(200, JSONRPC.error(call.id, .internalFailure))
            }
            return events(id, call.session, handler)
        case .stream(let id): return events(id, call.session, handler)
        case .response(let response): return response
        }
    }

    private func events(_ id: StreamID, _ session: MCPSession?, _ handler: some MCPHandler) -> Response {
        // Where there are sessions a broken connection is no cancellation (MCP 2025-11-25, transports).
        let isStateless = session == nil
        let store = world.store
        let source = StoredEvents(id, in: store) {
            guard isStateless else { return }
            handler.left(id)
            // Nobody comes back for the rest.
            _ = try? store.write { $0.remove(StreamRecord.self, id) }
        }
        return .events(source, headers: sessionHeader(session))
    }

    /// Answers to all requests of a batch, in their order; 202 if there is none (MCP 2025-03-26, transports).
    private func batch(
        _ items: [Result<JSONRPCMessage, JSONRPCFailure>], _ session: MCPSession?, _ principal: String,
        _ handler: some MCPHandler
    ) async -> Response {
        var answers: [JSONValue] = []
        for item in items {
            switch item {
            case .failure(let failure): answers.append(JSONRPC.error(failure.id, failure.error))
            case .success(.request(let id, "initialize", _)): answers.append(JSONRPC.error(id, .invalidRequest))
            case .success(.request(let id, let method, let params)):
                let call = call(id, method, params, .march2025, session, principal, mayStream: false)
                do throws(JSONRPCError) {
                    switch try await handler.reply(to: call) {
                    case .result(let result), .told(_, let result): answers.append(JSONRPC.result(id, result))
                    case .response(let response): return response
                    case .stream: answers.append(JSONRPC.error(id, .internalFailure))
                    }
                } catch {
                    answers.append(JSONRPC.error(id, error))
                }
            case .success(let message):
                let answer = await single(message, .march2025, session, principal, handler)
                if answer.status != 202 { return answer }
            }
        }
        return answers.isEmpty ? StreamableHTTP.accepted : .json(200, .array(answers))
    }

    // MARK: - Sessions

    /// `initialize` begins a session, whatever session its header may name.
    private func initialize(
        _ id: RequestID, _ params: JSONObject, _ principal: String, _ handler: some MCPHandler
    ) async -> Response {
        guard transport.served.contains(where: { !$0.isStateless }) else {
            let requested = params["protocolVersion"]?.string ?? ""
            return .json(400, JSONRPC.error(id, .unsupportedVersion(requested, supported: transport.served)))
        }
        let call = call(id, "initialize", params, .november2025, nil, principal, mayStream: false)
        do throws(JSONRPCError) {
            guard case .result(let result) = try await handler.reply(to: call) else { throw .internalFailure }
            var response = Response.json(200, JSONRPC.result(id, result))
            if let sessions { try begin(sessions, params, result, principal, handler, &response) }
            return response
        } catch {
            return .json(status(error), JSONRPC.error(id, error))
        }
    }

    private func begin(
        _ policy: SessionPolicy, _ params: JSONObject, _ result: JSONValue, _ principal: String,
        _ handler: some MCPHandler, _ response: inout Response
    ) throws(JSONRPCError) {
        let now = world.clock.now
        let session = MCPSession(
            id: MCPSessionID(world.entropy.uuid(for: "mcp.session")), server: name, principal: principal,
            revision: result["protocolVersion"]?.string ?? Revision.november2025.rawValue,
            capabilities: params["capabilities"]?.object ?? [:], begun: now, expires: now + policy.life)
        do {
            try world.store.write { transaction in
                forgetOld(policy, at: now, handler, in: &transaction)
                transaction.save(session)
            }
        } catch {
            throw .internalFailure
        }
        response.head.headerFields[MCPName.sessionHeader] = session.id.rawValue
    }

    /// Sessions that have been over for as long as they lived, the two oldest at a time: who does not end its session
    /// must not make a lab grow.
    private func forgetOld(
        _ policy: SessionPolicy, at now: Instant, _ handler: some MCPHandler, in transaction: inout Transaction
    ) {
        guard world.switches.holds(policy.endsInTime) else { return }
        let oldest = transaction.part(of: MCPSession.self, where: "server", is: name, after: nil, or: 0, most: 2)
        for session in oldest.records where policy.end(of: session) + policy.life <= now {
            handler.ended(session, in: &transaction)
            transaction.end(session)
        }
    }

    private func sessionHeader(_ session: MCPSession?) -> HTTPFields {
        session.map { [MCPName.sessionHeader: $0.id.rawValue] } ?? [:]
    }

    /// The session a request names. Whose it is and whether it lives is told to nobody: all of it is 404.
    private func session(
        of request: Request, _ principal: String, _ handler: some MCPHandler
    ) throws(StreamableHTTP.Refusal) -> MCPSession? {
        guard let sessions else { return nil }
        guard let name = request.header(MCPName.sessionHeader), !name.isEmpty else {
            throw StreamableHTTP.Refusal(400, JSONRPCError(-32600, sessions.missing))
        }
        let unknown = StreamableHTTP.Refusal(404, JSONRPCError(-32600, sessions.unknown))
        let found = try? world.store.write { $0.find(MCPSession.self, MCPSessionID(name)) }
        guard let session = found, session.server == self.name else { throw unknown }
        if world.clock.now >= sessions.end(of: session), world.switches.holds(sessions.endsInTime) {
            world.note("a session was named that has expired", rule: sessions.endsInTime)
            end(session, handler)
            throw unknown
        }
        if session.principal != principal, world.switches.holds(sessions.boundToUser) {
            world.note("a session was named that belongs to another user", rule: sessions.boundToUser)
            throw unknown
        }
        return session
    }

    private func end(_ session: MCPSession, _ handler: some MCPHandler) {
        _ = try? world.store.write { transaction in
            handler.ended(session, in: &transaction)
            transaction.end(session)
        }
    }

    /// The standing stream, or the rest of one that broke off. An id of another session is as good as none.
    private func standing(
        _ session: MCPSession, _ lastEvent: String?
    ) throws(StreamableHTTP.Refusal) -> Response {
        let owner = session.streamOwner
        if let place = lastEvent.flatMap(StreamRecord.place),
            let found = try? world.store.write({ $0.find(StreamRecord.self, place.stream) }), found.owner == owner
        {
            return .events(
                StoredEvents(place.stream, in: world.store, from: place.next), headers: sessionHeader(session))
        }
        let fresh = world.newStreamID()
        let end = sessions.flatMap { world.switches.holds($0.endsInTime) ? $0.end(of: session) : nil }
        let isOpen = try? world.store.write { transaction -> Bool in
            // It may have ended since it was found: then nobody would ever end the stream.
            guard transaction.find(MCPSession.self, session.id) != nil else { return false }
            // One at a time: the client that opened it again has lost the older one.
            if let older = transaction.standingStream(of: owner) { transaction.endStream(older) }
            // Here, so that the alarm is kept with the record that counts on it.
            if let due = transaction.openStandingStream(fresh, of: session, until: end) {
                world.scheduler.schedule(SessionWatch.alarm(at: due, for: session.server, of: world))
            }
            return true
        }
        if isOpen == false { throw StreamableHTTP.Refusal(404, JSONRPCError(-32600, sessions?.unknown ?? "")) }
        return .events(StoredEvents(fresh, in: world.store), headers: sessionHeader(session))
    }
}
