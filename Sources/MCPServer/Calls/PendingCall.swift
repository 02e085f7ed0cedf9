import Kernel
import MCPCore

enum PendingTag {}
typealias PendingID = Identifier<PendingTag>

/// A call that cannot go on before its client has answered. What is left of it is data: the answer's own steps from
/// `step` on, and the facts so far; so it outlives the request, the connection and the process.
struct PendingCall: Record {
    static let collection = "mcp-pending-call"
    /// Of the request to the client, or where requests stand for themselves the `requestState`.
    let id: PendingID
    let principal: String
    let target: CallTarget
    /// Which of the target's answers, and the step it waits in.
    let answer: Int
    let step: Int
    /// Question that is open; empty where all of a step's are.
    let question: String
    let facts: JSONObject
    /// Session, stream and id of the call; nil where requests stand for themselves.
    let session: String?
    let stream: StreamID?
    let requestID: JSONValue
    let revision: String
    let capabilities: JSONObject
    let expires: Instant
    var keys: [RecordKey] { session.map { [RecordKey("session", $0)] } ?? [] }

    /// A client that takes longer than this has gone.
    static let life = Span.minutes(10)

    /// The same call at another question.
    func going(on id: PendingID, _ step: Int, _ question: String, _ facts: JSONObject) -> PendingCall {
        PendingCall(
            id: id, principal: principal, target: target, answer: answer, step: step, question: question, facts: facts,
            session: session, stream: stream, requestID: requestID, revision: revision, capabilities: capabilities,
            expires: expires)
    }
}

/// What is called, with what.
struct CallTarget: Hashable, Sendable, Codable {
    let isPrompt: Bool
    let name: String
    let arguments: JSONObject
}
