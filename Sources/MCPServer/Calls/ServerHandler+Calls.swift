import Kernel
import MCPCore

extension ServerHandler {
    /// `tools/call`. What is wrong with the arguments is the tool's to say: a result, not an error (SEP-1303).
    func callTool(_ call: MCPCall) throws(JSONRPCError) -> MCPReply {
        guard let name = call.params["name"]?.string else { throw .invalidParams("Invalid params: no tool name") }
        guard let tool = tools.tool(name, in: call.revision) else { throw ToolMessage.unknownTool(name) }
        let arguments = try self.arguments(call)
        if let token, let challenge = server.scopeChallenge(token, for: tool, request) { return .response(challenge) }
        if let problem = tool.problem(with: arguments) { return .result(ToolMessage.text(problem, isError: true)) }
        guard let place = tool.answers.firstIndex(where: { $0.fits(arguments) }) else {
            return .result(ToolMessage.text("there is no canned answer for these arguments", isError: true))
        }
        return try start(CallTarget(isPrompt: false, name: name, arguments: arguments), place, call)
    }

    func getPrompt(_ call: MCPCall) throws(JSONRPCError) -> MCPReply {
        guard let name = call.params["name"]?.string else { throw .invalidParams("Invalid params: no prompt name") }
        guard let prompt = catalogue.prompts.first(where: { $0.name == name }) else {
            throw .invalidParams("Unknown prompt: \(name)")
        }
        let arguments = try self.arguments(call)
        for argument in prompt.arguments where argument.isRequired && arguments[argument.name]?.string == nil {
            throw .invalidParams("Missing required argument: \(argument.name)")
        }
        guard let place = prompt.answers.firstIndex(where: { $0.fits(arguments) }) else {
            throw .invalidParams("there is no canned answer for these arguments")
        }
        return try start(CallTarget(isPrompt: true, name: name, arguments: arguments), place, call)
    }

    private func arguments(_ call: MCPCall) throws(JSONRPCError) -> JSONObject {
        let given = call.params["arguments"] ?? .null
        guard given.isNull || given.object != nil else {
            throw .invalidParams("Invalid params: arguments is no object")
        }
        return given.object ?? [:]
    }

    /// What the holes of an answer may name.
    func facts(of call: MCPCall, _ arguments: JSONObject) -> JSONObject {
        var facts: JSONObject = [
            "user": token?.user ?? [:], "arguments": .object(arguments),
            "github": .string(world.addresses.origin(of: .github)),
            "server": .string(world.addresses.origin(of: .mcp)), "now": .string(now), "answers": [:],
        ]
        var about: JSONObject = [:]
        about["progressToken"] = call.progressToken
        facts["call"] = .object(about)
        return facts
    }

    /// Seconds are as fine as GitHub tells time.
    private var now: String { Instant(milliseconds: world.clock.now.seconds * 1000).iso8601 }

    // MARK: - Walking the steps

    private func answer(_ target: CallTarget, _ place: Int) -> (answer: Answer, description: String?)? {
        if target.isPrompt {
            guard let prompt = catalogue.prompts.first(where: { $0.name == target.name }) else { return nil }
            return prompt.answers.indices.contains(place) ? (prompt.answers[place], prompt.description) : nil
        }
        guard let tool = catalogue.tool(target.name), tool.answers.indices.contains(place) else { return nil }
        return (tool.answers[place], nil)
    }

    private func start(_ target: CallTarget, _ place: Int, _ call: MCPCall) throws(JSONRPCError) -> MCPReply {
        guard let (answer, description) = answer(target, place) else { throw .internalFailure }
        let isStateless = call.revision.isStateless
        let wanted =
            isStateless ? call.params["_meta"]?[MCPName.logLevelMeta]?.string : call.session?.logLevel ?? "debug"
        var run = CallRun(
            answer: answer, description: description, revision: call.revision, capabilities: call.capabilities,
            logLevel: CallRun.rank(wanted), mayAsk: isStateless || call.mayAsk,
            mayHangUp: call.mayStream && call.session != nil && call.revision >= .november2025,
            rows: RowWork(catalogue: catalogue, entropy: world.entropy), facts: facts(of: call, target.arguments))
        var first = 0
        if isStateless {
            run.responses = try responses(call)
            if let state = call.params["requestState"], !state.isNull {
                let pending = try resumed(state, target, call)
                run.facts = pending.facts
                run.isResumed = true
                first = pending.step
            }
        }
        let begun = CallUnderWay(call: call, target: target, place: place, run: run)
        return try write { transaction throws(JSONRPCError) in
            // It may have ended meanwhile: nobody would ever read or end what is opened in it.
            if let session = call.session, transaction.find(MCPSession.self, session.id) == nil {
                throw .internalFailure
            }
            var going = begun
            let pause = try going.run.go(from: first, &transaction)
            return isStateless ? stateless(pause, going, &transaction) : deliver(pause, going, &transaction)
        }
    }

    /// A call whose steps are walked.
    private struct CallUnderWay {
        let call: MCPCall
        let target: CallTarget
        /// Which of the target's answers.
        let place: Int
        var run: CallRun
    }

    // MARK: - Requests that stand for themselves

    private func responses(_ call: MCPCall) throws(JSONRPCError) -> JSONObject {
        guard let given = call.params["inputResponses"] else { return [:] }
        guard let responses = given.object else {
            throw .invalidParams("Invalid params: inputResponses is no object")
        }
        return responses
    }

    /// The state is the name of something we kept, so a changed one names nothing. It serves its own user and its own
    /// request alone (MCP 2026-07-28, multi round-trip requests, security).
    private func resumed(
        _ state: JSONValue, _ target: CallTarget, _ call: MCPCall
    ) throws(JSONRPCError) -> PendingCall {
        let refusal = JSONRPCError.invalidParams("Invalid params: requestState is unknown or has expired")
        guard let name = state.string, let pending = try write({ $0.find(PendingCall.self, PendingID(name)) }),
            pending.session == nil, pending.expires > world.clock.now
        else { throw refusal }
        guard pending.principal == principal && pending.target == target else {
            guard world.switches.holds(.mcpRequestStateBound) else { return pending }
            server.world.note(
                "A state came back with another user or another request.", rule: .mcpRequestStateBound)
            throw refusal
        }
        return pending
    }

    private func stateless(
        _ pause: CallRun.Pause, _ going: CallUnderWay, _ transaction: inout Transaction
    ) -> MCPReply {
        let notifications = told(by: going.run, &transaction)
        switch pause {
        case .ended(let result): return .told(notifications, result)
        case .asks(let step, let questions, let keepsState):
            var requests: JSONObject = [:]
            for question in questions {
                requests.append(question.key, ["method": .string(question.method), "params": question.params])
            }
            var result: JSONObject = ["resultType": "input_required", "inputRequests": .object(requests)]
            // What was answered or done before must not be lost, nor done again.
            let hasPast = going.run.facts["answers"] != [:] || changesRows(going.run.answer, before: step)
            if keepsState || hasPast {
                let state = world.entropy.text(32, from: .base62, for: "mcp.request-state")
                keep(pending(state, question: "", step, going, stream: nil), &transaction)
                result.append("requestState", .string(state))
            }
            return .told(notifications, .object(result))
        }
    }

    /// What the client hears before the result of a request that no stream answers; others are told at once.
    private func told(by run: CallRun, _ transaction: inout Transaction) -> [JSONValue] {
        var notifications: [JSONValue] = []
        for told in run.told {
            switch told {
            case .message(let message): notifications.append(message)
            case .announce(let announcement): announce(announcement, &transaction)
            case .hangUp: break
            }
        }
        return notifications
    }

    private func changesRows(_ answer: Answer, before step: Int) -> Bool {
        answer.steps.prefix(step).contains { if case .rows = $0 { true } else { false } }
    }

    // MARK: - Sessions

    private func deliver(
        _ pause: CallRun.Pause, _ going: CallUnderWay, _ transaction: inout Transaction
    ) -> MCPReply {
        let (run, call) = (going.run, going.call)
        let hangsUp = run.told.contains { if case .hangUp = $0 { true } else { false } }
        if case .ended(let result) = pause, !hangsUp { return .told(told(by: run, &transaction), result) }
        let stream = world.newStreamID()
        call.openStream(stream, &transaction)
        tell(run.told, on: stream, &transaction)
        switch pause {
        case .ended(let result): end(stream, call.id.json, result, &transaction)
        case .asks(let step, let questions, _):
            ask(questions[0], on: stream, &transaction) { id in
                pending(id, question: questions[0].key, step, going, stream: stream)
            }
        }
        return .stream(stream)
    }

    private func tell(_ told: [CallRun.Told], on stream: StreamID, _ transaction: inout Transaction) {
        for told in told {
            switch told {
            case .message(let message): transaction.send(message, on: stream)
            case .hangUp(let span): transaction.hangUp(stream, retry: span)
            case .announce(let announcement): announce(announcement, &transaction)
            }
        }
    }

    private func end(_ stream: StreamID, _ id: JSONValue, _ result: JSONValue, _ transaction: inout Transaction) {
        transaction.send(["jsonrpc": "2.0", "id": id, "result": result], on: stream)
        transaction.endStream(stream)
    }

    private func ask(
        _ question: Step.Question, on stream: StreamID, _ transaction: inout Transaction,
        _ pending: (String) -> PendingCall
    ) {
        let id = world.entropy.text(16, from: .base62, for: "mcp.server-request")
        keep(pending(id), &transaction)
        transaction.send(
            JSONRPC.request(.string(id), question.method, question.params.object ?? [:]), on: stream)
    }

    private func keep(_ pending: PendingCall, _ transaction: inout Transaction) {
        for old in transaction.all(PendingCall.self) where old.expires <= world.clock.now {
            giveUp(old, &transaction)
        }
        transaction.save(pending)
    }

    /// Nobody waits for an answer that comes later than this.
    private func giveUp(_ pending: PendingCall, _ transaction: inout Transaction) {
        transaction.remove(PendingCall.self, pending.id)
        guard let stream = pending.stream else { return }
        let text = "The question was not answered in time."
        end(stream, pending.requestID, ToolMessage.text(text, isError: true), &transaction)
    }

    private func pending(
        _ id: String, question: String, _ step: Int, _ going: CallUnderWay, stream: StreamID?
    ) -> PendingCall {
        let call = going.call
        return PendingCall(
            id: PendingID(id), principal: principal, target: going.target, answer: going.place, step: step,
            question: question, facts: going.run.facts, session: call.session?.id.rawValue, stream: stream,
            requestID: call.id.json, revision: call.revision.rawValue, capabilities: call.capabilities,
            expires: world.clock.now + PendingCall.life)
    }

    /// The client's answer to what it was asked: the call goes on where it stopped, on its own stream.
    func answered(
        _ id: RequestID, _ outcome: Result<JSONValue, JSONRPCError>, _ session: MCPSession?, principal: String
    ) async -> Bool {
        guard case .string(let name) = id, let session else { return false }
        do throws(JSONRPCError) {
            return try write { transaction throws(JSONRPCError) in
                guard let pending = transaction.find(PendingCall.self, PendingID(name)),
                    pending.session == session.id.rawValue, let stream = pending.stream,
                    let (answer, description) = answer(pending.target, pending.answer)
                else { return false }
                guard pending.expires > world.clock.now else {
                    giveUp(pending, &transaction)
                    return false
                }
                transaction.remove(PendingCall.self, pending.id)
                var run = CallRun(
                    answer: answer, description: description, revision: Revision(rawValue: pending.revision),
                    capabilities: pending.capabilities, logLevel: CallRun.rank(session.logLevel ?? "debug"),
                    mayAsk: true, mayHangUp: Revision(rawValue: pending.revision) >= .november2025,
                    rows: RowWork(catalogue: catalogue, entropy: world.entropy), facts: pending.facts)
                if let text = fault(outcome, pending, answer) {
                    end(stream, pending.requestID, ToolMessage.text(text, isError: true), &transaction)
                    return true
                }
                if case .success(let value) = outcome { run.note(value, for: pending.question) }
                let pause = try run.go(from: pending.step, &transaction)
                tell(run.told, on: stream, &transaction)
                switch pause {
                case .ended(let result): end(stream, pending.requestID, result, &transaction)
                case .asks(let step, let questions, _):
                    ask(questions[0], on: stream, &transaction) { id in
                        pending.going(on: PendingID(id), step, questions[0].key, run.facts)
                    }
                }
                return true
            }
        } catch {
            return false
        }
    }

    /// Why the call ends with this answer; nil for a good one.
    private func fault(
        _ outcome: Result<JSONValue, JSONRPCError>, _ pending: PendingCall, _ answer: Answer
    ) -> String? {
        switch outcome {
        case .failure(let error): return "The client answered with an error: \(error.message)"
        case .success(let value):
            guard answer.steps.indices.contains(pending.step), case .ask(let questions, _) = answer.steps[pending.step],
                let question = questions.first(where: { $0.key == pending.question }), question.accepts(value)
            else { return "The client's answer is no result of what it was asked." }
            return nil
        }
    }

    func notified(_ method: String, _ params: JSONObject, _ session: MCPSession?, principal: String) async {
        guard method == "notifications/cancelled", let session, let id = params["requestId"] else { return }
        _ = try? world.store.write { transaction in
            for pending in transaction.find(PendingCall.self, where: "session", is: session.id.rawValue)
            where pending.requestID == id {
                transaction.remove(PendingCall.self, pending.id)
                if let stream = pending.stream { transaction.endStream(stream) }
            }
        }
    }
}
