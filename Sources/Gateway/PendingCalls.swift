import AWSCore
import Kernel
import MCPCore

enum PendingTag {}

/// A request of a caller that waits for the caller's own answer to something.
struct PendingCall: Record {
    static let collection = "gateway-pending-call"
    /// Id of the question on the caller's stream; the gateway's own, whoever asks.
    let id: Identifier<PendingTag>
    let gateway: GatewayID
    let session: MCPSessionID
    let principal: String
    /// Id of the caller's request.
    let call: JSONValue
    let stream: StreamID
    let subject: Subject
    /// The caller said that it opens the link.
    var isAccepted = false
    var keys: [RecordKey] { [RecordKey("session", session.rawValue), RecordKey("stream", stream.rawValue)] }

    enum Subject: Hashable, Sendable, Codable {
        case consent(Consent)
        /// The target's own question; the conversation itself is with `LiveConversations`.
        case target

        // As data files have them: never changed.
        enum CodingKeys: String, CodingKey {
            case consent
            case target = "upstream"
        }
    }

    /// The call that asked for it, with all that came along: after the consent the very same is made.
    struct Consent: Hashable, Sendable, Codable {
        let method: String
        let params: JSONObject
        let revision: String
        let caller: Caller
        let traffic: CallTraffic.Kept
        let elicitation: String
        /// `sessionUri` of the consent.
        let sessionURI: String
        let deadline: Instant
    }
}

extension Gateway {
    var pending: PendingCalls { PendingCalls(gateway: self) }
}

/// Calls that wait for their callers: nothing in the gateway does.
struct PendingCalls {
    let gateway: Gateway
    private var world: World { gateway.world }
    /// Begin of the labels of the alarms that look after consents.
    static let alarm = "look-after-consent "
    /// And of those that end the wait for an answer to a question, be it a target's or the gateway's own.
    static let patience = "give-up-question "
    private static let declined = "The authorization was declined."
    private static let late = "The authorization was not completed in time."

    // MARK: - Asking

    /// Asks for a consent on the stream of the answer (MCP 2025-11-25, elicitation, URL mode).
    func ask(_ elicitation: JSONObject, _ call: MCPCall, of endpoint: Endpoint) throws(JSONRPCError) -> MCPReply {
        let url = elicitation["url"]?.string ?? ""
        let consent = PendingCall.Consent(
            method: call.method, params: call.params, revision: call.revision.rawValue,
            caller: endpoint.caller, traffic: endpoint.traffic.kept,
            elicitation: elicitation["elicitationId"]?.string ?? "",
            sessionURI: URLParts(url).flatMap { Form(parsing: $0.query ?? "")["request_uri"] } ?? "",
            deadline: world.clock.now + Gateway.consentLife)
        return try hold(
            call, .consent(consent), as: world.entropy.uuid(for: "gateway.question"),
            question: ("elicitation/create", elicitation), after: [], of: endpoint)
    }

    /// Passes a target's question on. Its id becomes the gateway's own, so that two targets cannot meet.
    func hold(_ relay: Relay, _ call: MCPCall, of endpoint: Endpoint) throws(JSONRPCError) -> MCPReply {
        guard let held = relay.takeHeld() else { throw .internalFailure }
        let question = (held.question.method, held.question.params)
        let id = world.entropy.uuid(for: "gateway.question")
        // Before the question is out: its answer may come at once.
        keep(id, relay, held)
        do throws(JSONRPCError) {
            return try hold(
                call, .target, as: id, question: question, after: relay.notifications, of: endpoint)
        } catch {
            gateway.conversations.forget(id)
            throw error
        }
    }

    private func hold(
        _ call: MCPCall, _ subject: PendingCall.Subject, as id: String,
        question: (method: String, params: JSONObject), after notifications: [JSONValue], of endpoint: Endpoint
    ) throws(JSONRPCError) -> MCPReply {
        guard let session = call.session else { throw .internalFailure }
        let stream = world.newStreamID()
        let pending = PendingCall(
            id: Identifier(id), gateway: endpoint.record.id, session: session.id, principal: call.principal,
            call: call.id.json, stream: stream, subject: subject)
        let isOpen = try endpoint.look { transaction in
            // It may have ended while the target was asked: nobody would come for the stream.
            guard transaction.find(MCPSession.self, session.id) != nil else { return false }
            call.openStream(stream, &transaction)
            for notification in notifications { transaction.send(notification, on: stream) }
            transaction.send(
                JSONRPC.request(.string(pending.id.rawValue), question.method, question.params), on: stream)
            transaction.save(pending)
            // Waited for as long as the consent's link works (`consentLife`): the caller's token waits along. Here, so
            // that the alarm is kept with the call.
            if case .consent(let consent) = subject { giveUp(id, at: consent.deadline) }
            return true
        }
        guard isOpen else { throw .internalFailure }
        return .stream(stream)
    }

    // MARK: - Answers

    /// E44: only an answer to something that was asked in this session counts.
    func answered(
        _ id: RequestID, _ outcome: Result<JSONValue, JSONRPCError>, _ session: MCPSession?, by endpoint: Endpoint
    ) async -> Bool {
        guard case .string(let text) = id else { return false }
        // Taken in the transaction that finds it: of two answers at once one counts, and none where the call has ended.
        let answer = try? world.store.write { transaction in
            take(text, outcome, session, by: endpoint, in: &transaction)
        }
        switch answer {
        case nil, .uncalledFor?: return false
        case .ofAnotherSession?:
            world.note("an answer came in another session than its question", rule: .answersMatchRequests)
            return false
        case .declined?, .accepted?: return true
        case .forTarget(let pending)?: return await passOn(pending, outcome)
        }
    }

    /// What an answer is.
    private enum Answer {
        case uncalledFor, ofAnotherSession, declined, accepted
        case forTarget(PendingCall)
    }

    private func take(
        _ id: String, _ outcome: Result<JSONValue, JSONRPCError>, _ session: MCPSession?, by endpoint: Endpoint,
        in transaction: inout Transaction
    ) -> Answer {
        guard var pending = transaction.find(PendingCall.self, Identifier(id)), pending.gateway == endpoint.record.id
        else { return .uncalledFor }
        if pending.session != session?.id, world.switches.holds(.answersMatchRequests) { return .ofAnotherSession }
        guard case .consent = pending.subject else { return .forTarget(pending) }
        guard !pending.isAccepted else { return .uncalledFor }
        guard case .success(let result) = outcome, result["action"] == "accept" else {
            let told: JSONValue = ToolMessage.text(Self.declined, isError: true)
            return finish(pending, .success(told), in: &transaction) ? .declined : .uncalledFor
        }
        pending.isAccepted = true
        transaction.save(pending)
        // Here, so that the alarm is kept with what was accepted.
        lookAgain(pending, after: .seconds(1))
        return .accepted
    }

    private func find(_ id: String) -> PendingCall? {
        try? world.store.write { $0.find(PendingCall.self, Identifier(id)) }
    }

    /// The caller's answer goes to the target, and what the target says then to the caller. False where another answer
    /// came first.
    private func passOn(_ pending: PendingCall, _ outcome: Result<JSONValue, JSONRPCError>) async -> Bool {
        switch gateway.conversations.take(pending.id.rawValue) {
        case .underWay: return false
        case .gone: return finish(pending, .failure(.internalFailure))
        case .waiting(let relay, let held):
            await goOn(pending, relay, held, outcome)
            gateway.conversations.forget(pending.id.rawValue)
            return true
        }
    }

    private func goOn(
        _ pending: PendingCall, _ relay: Relay, _ kept: Relay.Held, _ outcome: Result<JSONValue, JSONRPCError>
    ) async {
        var held = kept
        let told = relay.notifications.count
        do throws(MCPFailure) {
            try await held.client.tell(JSONRPC.answer(held.question.id, outcome))
            held.conversation.listen()
            let result = try await TargetRequest.go(on: &held.conversation, with: held.client, relay)
            let notifications = Array(relay.notifications.dropFirst(told))
            guard let result else { return askNext(pending, relay, notifications) }
            finish(pending, .success(result), after: notifications)
        } catch {
            world.note("a target broke off while its caller was asked: \(error.cause)")
            finish(pending, .success(ToolMessage.text(ToolFailure.generic, isError: true)))
        }
    }

    /// The target asks once more.
    private func askNext(_ pending: PendingCall, _ relay: Relay, _ notifications: [JSONValue]) {
        guard let held = relay.takeHeld() else {
            finish(pending, .failure(.internalFailure))
            return
        }
        let next = PendingCall(
            id: Identifier(world.entropy.uuid(for: "gateway.question")), gateway: pending.gateway,
            session: pending.session, principal: pending.principal, call: pending.call, stream: pending.stream,
            subject: .target)
        keep(next.id.rawValue, relay, held)
        let isAsked = try? world.store.write { transaction in
            // Its call may have been cancelled while the target was asked.
            guard transaction.find(PendingCall.self, pending.id) != nil else { return false }
            for notification in notifications { transaction.send(notification, on: pending.stream) }
            let id = RequestID.string(next.id.rawValue)
            transaction.send(JSONRPC.request(id, held.question.method, held.question.params), on: pending.stream)
            transaction.remove(PendingCall.self, pending.id)
            transaction.save(next)
            return true
        }
        if isAsked != true { gateway.conversations.forget(next.id.rawValue) }
    }

    /// Nobody is waited for without end (ledger `gateway-question-life`).
    private func keep(_ id: String, _ relay: Relay, _ held: Relay.Held) {
        gateway.conversations.keep(id, relay, held)
        giveUp(id, at: world.clock.now + .seconds(Int64(world.switches.number(.questionLife))))
    }

    private func giveUp(_ id: String, at due: Instant) {
        world.scheduler.schedule(Alarm(due: due, party: world.party, label: "\(Self.patience)\(id)"))
    }

    /// The caller has not answered what it was asked; does nothing where it did.
    func giveUp(_ label: String) {
        let id = String(label.dropFirst(Self.patience.count))
        guard gateway.conversations.giveUp(id) else { return }
        let asker = try? world.store.write { transaction -> String? in
            // An accepted consent is looked after until the same deadline, and ends by that.
            guard let pending = transaction.find(PendingCall.self, Identifier(id)), !pending.isAccepted else {
                return nil
            }
            let (who, told): (String, String) =
                switch pending.subject {
                case .consent: ("the gateway", Self.late)
                case .target: ("a target", "The question was not answered in time.")
                }
            let isDone = finish(pending, .success(ToolMessage.text(told, isError: true)), in: &transaction)
            return isDone ? who : nil
        }
        guard let asker else { return }
        world.note("a caller did not answer what \(asker) asked, and the call was given up")
    }

    /// False where the call is over already: nothing happens then.
    @discardableResult
    private func finish(
        _ pending: PendingCall, _ outcome: Result<JSONValue, JSONRPCError>, after notifications: [JSONValue] = []
    ) -> Bool {
        let isDone = try? world.store.write { transaction in
            finish(pending, outcome, after: notifications, in: &transaction)
        }
        return isDone ?? false
    }

    private func finish(
        _ pending: PendingCall, _ outcome: Result<JSONValue, JSONRPCError>, after notifications: [JSONValue] = [],
        in transaction: inout Transaction
    ) -> Bool {
        guard let id = RequestID(pending.call), transaction.find(PendingCall.self, pending.id) != nil else {
            return false
        }
        for notification in notifications { transaction.send(notification, on: pending.stream) }
        transaction.send(JSONRPC.answer(id, outcome), on: pending.stream)
        transaction.endStream(pending.stream)
        transaction.remove(PendingCall.self, pending.id)
        return true
    }

    // MARK: - Consents

    private func lookAgain(_ pending: PendingCall, after span: Span) {
        let label = "\(Self.alarm)\(span.milliseconds) \(pending.id)"
        world.scheduler.schedule(Alarm(due: world.clock.now + span, party: world.party, label: label))
    }

    /// Looks whether a consent came through; the caller hears at once, and gets what it asked for.
    func lookAfter(_ label: String) async {
        let words = label.dropFirst(Self.alarm.count).split(separator: " ")
        guard words.count == 2, let waited = Int64(words[0]), let pending = find(String(words[1])),
            case .consent(let consent) = pending.subject,
            let record = try? world.store.write({ $0.find(GatewayRecord.self, pending.gateway) })
        else { return }
        guard let call = call(pending, consent) else { return left(pending.stream) }
        let endpoint = Endpoint(
            gateway: gateway, record: record, caller: consent.caller, traffic: CallTraffic(consent.traffic))
        let relay = Relay(call)
        let done = JSONRPC.notification(
            "notifications/elicitation/complete", ["elicitationId": .string(consent.elicitation)])
        do throws(JSONRPCError) {
            let result = try await Invocation.result(
                endpoint, call.method, call.params, call.revision, polling: consent.sessionURI, relay: relay)
            finish(pending, .success(result), after: [done] + relay.notifications)
        } catch Invocation.paused {
            askNext(pending, relay, [done] + relay.notifications)
        } catch Invocation.stillWaiting where world.clock.now < consent.deadline {
            // Ever more seldom, so that a person who takes ten minutes does not fill the journal.
            lookAgain(pending, after: .milliseconds(min(waited * 2, 30_000)))
        } catch {
            let outcome: Result<JSONValue, JSONRPCError> =
                error == Invocation.stillWaiting
                ? .success(ToolMessage.text(Self.late, isError: true))
                : .failure(error)
            finish(pending, outcome)
        }
    }

    /// nil where its session has ended: then nobody hears the answer.
    private func call(_ pending: PendingCall, _ consent: PendingCall.Consent) -> MCPCall? {
        guard let id = RequestID(pending.call),
            let session = try? world.store.write({ $0.find(MCPSession.self, pending.session) })
        else { return nil }
        return MCPCall(
            resuming: id, consent.method, consent.params, Revision(rawValue: consent.revision), in: session,
            for: pending.principal)
    }

    // MARK: - Ends

    /// `notifications/cancelled`: the call gets no answer any more (MCP 2025-11-25, cancellation).
    func cancel(_ call: RequestID, of principal: String, _ session: MCPSession?) {
        guard let session else { return }
        _ = try? world.store.write { transaction in
            let own = transaction.find(PendingCall.self, where: "session", is: session.id.rawValue)
            for pending in own where pending.call == call.json && pending.principal == principal {
                transaction.endStream(pending.stream)
                remove(pending, in: &transaction)
            }
        }
    }

    /// Those of a session that is over; nobody hears of them.
    func drop(callsOf session: MCPSession, in transaction: inout Transaction) {
        for pending in transaction.find(PendingCall.self, where: "session", is: session.id.rawValue) {
            remove(pending, in: &transaction)
        }
    }

    /// Its conversation with a target ends too.
    private func remove(_ pending: PendingCall, in transaction: inout Transaction) {
        transaction.remove(PendingCall.self, pending.id)
        gateway.conversations.forget(pending.id.rawValue)
    }

    /// The stream of a stateless request was closed: that cancels it (MCP 2026-07-28, cancellation).
    func left(_ stream: StreamID) {
        _ = try? world.store.write { transaction in
            for pending in transaction.find(PendingCall.self, where: "stream", is: stream.rawValue) {
                remove(pending, in: &transaction)
            }
            transaction.endStream(stream)
        }
    }
}
