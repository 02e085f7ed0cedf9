import Kernel
import MCPCore

/// Walks the steps of an answer until it has the result, or must ask the client.
struct CallRun {
    let answer: Answer
    let description: String?
    let revision: Revision
    let capabilities: JSONObject
    /// Least level of log messages the client wants; nil for none.
    let logLevel: Int?
    /// Whether anybody may be asked, and whether connections can be resumed.
    let mayAsk: Bool
    let mayHangUp: Bool
    let rows: RowWork
    var facts: JSONObject
    /// What came with the request for the first questions on its way, and whether it goes on where an earlier one
    /// stopped.
    var responses: JSONObject = [:]
    var isResumed = false
    /// What the client is told before the result or the question.
    private(set) var told: [Told] = []

    enum Told: Hashable, Sendable {
        case message(JSONValue)
        case hangUp(Span)
        case announce(Announcement)
    }

    enum Pause: Hashable, Sendable {
        case ended(JSONValue)
        /// The questions of a step that nobody has answered and the client can be asked.
        case asks(step: Int, [Step.Question], keepsState: Bool)
    }

    /// `notifications/message` is for those who want at least this level: `levels` has them in their order.
    static func rank(_ level: String?) -> Int? { level.flatMap { Step.levels.firstIndex(of: $0) } }

    mutating func go(from start: Int, _ transaction: inout Transaction) throws(JSONRPCError) -> Pause {
        do throws(CallFailure) {
            for (index, step) in answer.steps.enumerated().dropFirst(start) {
                if let questions = try take(step, &transaction) {
                    guard case .ask(_, let keepsState) = step else { continue }
                    return .asks(step: index, questions, keepsState: keepsState)
                }
            }
        } catch {
            if let error = error.error { throw error }
            return .ended(ToolMessage.text(error.text, isError: true))
        }
        return .ended(answer.result(facts, description: description))
    }

    /// The questions that are open; nil where the run goes on.
    private mutating func take(
        _ step: Step, _ transaction: inout Transaction
    ) throws(CallFailure) -> [Step.Question]? {
        let filler = AnswerFiller(facts: facts)
        switch step {
        case .log(let message):
            if let logLevel, let rank = Self.rank(message["level"]?.string), rank >= logLevel {
                tell("notifications/message", filler.filled(message))
            }
        case .progress(let progress):
            guard let token = filler.value(at: "call.progressToken"), !token.isNull else { return nil }
            let members = filler.filled(progress)?.object ?? [:]
            tell("notifications/progress", .object(JSONObject([.init("progressToken", token)]).merging(members)))
        case .hangUp(let span): if mayHangUp { told.append(.hangUp(span)) }
        case .announce(let announcement): told.append(.announce(announcement))
        case .check(let conditions, let otherwise):
            guard conditions.allSatisfy({ filler.holds($0.value, at: $0.name) }) else {
                throw CallFailure(text: filler.text(otherwise))
            }
        case .rows(let step): facts[step.fact] = try rows.run(step, facts, &transaction)
        case .need(let needed):
            for member in needed.members where !declares(member.name) {
                return try lacks([member])
            }
        case .ask(let questions, let keepsState):
            if isResumed || !keepsState { try accept(questions) }
            responses = [:]
            return try ask(questions, AnswerFiller(facts: facts))
        }
        return nil
    }

    /// Takes the answers that came with the request; others than were asked for say nothing.
    private mutating func accept(_ questions: [Step.Question]) throws(CallFailure) {
        for question in questions {
            guard let response = responses[question.key] else { continue }
            guard question.accepts(response) else {
                throw CallFailure(.invalidParams("Invalid params: inputResponses.\(question.key) is no such result"))
            }
            note(response, for: question.key)
        }
    }

    mutating func note(_ response: JSONValue, for key: String) {
        var answers = facts["answers"]?.object ?? [:]
        answers[key] = response
        facts["answers"] = .object(answers)
    }

    private func ask(
        _ questions: [Step.Question], _ filler: AnswerFiller
    ) throws(CallFailure) -> [Step.Question]? {
        let open = questions.filter { filler.value(at: "answers.\($0.key)") == nil }
        guard !open.isEmpty else { return nil }
        guard mayAsk else { throw CallFailure(text: "The client cannot be asked outside a session.") }
        // Never for what the client did not declare (MCP 2026-07-28, multi round-trip requests).
        let possible = open.filter { declares($0.capability) }
        if possible.isEmpty {
            // Some were answered, and those are enough to go on with.
            guard open.count == questions.count else { return nil }
            return try lacks([JSONObject.Member(open[0].capability, [:])])
        }
        return possible.map {
            Step.Question(key: $0.key, method: $0.method, params: filler.filled($0.params) ?? [:])
        }
    }

    private func declares(_ capability: String) -> Bool { capabilities[capability]?.object != nil }

    /// Where requests stand for themselves it is an error of the protocol, -32021; before, a failed call.
    private func lacks(_ members: [JSONObject.Member]) throws(CallFailure) -> [Step.Question]? {
        let capabilities = JSONObject(members)
        let names = capabilities.names.joined(separator: ", ")
        guard revision.isStateless else {
            throw CallFailure(text: "The client has not declared the capability \(names).")
        }
        throw CallFailure(.missingCapability(.object(capabilities)))
    }

    private mutating func tell(_ method: String, _ params: JSONValue?) {
        told.append(.message(JSONRPC.notification(method, params?.object ?? [:])))
    }
}
