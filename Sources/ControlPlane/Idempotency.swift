import AWSCore
import Kernel

enum IdempotencyTag {}

/// The answer that a `clientToken` was given, to be given again for a while (ledger `client-token`,
/// `client-token-life`).
struct IdempotencyRecord: PassingRecord {
    static let collection = "client-token"
    let id: Identifier<IdempotencyTag>
    /// Of the whole input, whatever the order of its members.
    let fingerprint: String
    let answer: JSONValue
    let until: Instant?
}

extension Call {
    fileprivate var idempotencyID: Identifier<IdempotencyTag>? {
        guard let token = input["clientToken"]?.string else { return nil }
        return Identifier("\(account) \(operation) \(text("gatewayIdentifier")) \(token)")
    }
    fileprivate var fingerprint: String { tokenID(JSONValue.object(input).sorted.text) }

    /// The earlier answer to the same request, if there was one that is still remembered.
    ///
    /// - Throws: `IdempotentParameterMismatchException` as reason, if the token came with other parameters.
    fileprivate func earlierAnswer(_ transaction: inout Transaction) throws(AWSError) -> JSONValue? {
        guard let id = idempotencyID, let record = transaction.find(IdempotencyRecord.self, id),
            !record.isOver(at: now)
        else { return nil }
        guard record.fingerprint == fingerprint else {
            throw AWSError(
                .validation, "The clientToken was used before with other parameters",
                reason: .idempotentParameterMismatch)
        }
        return record.answer
    }
}

extension ControlPlane {
    /// The earlier answer to the same request, as long as what it made is there (ledger `client-token-gone`).
    func earlierAnswer(
        to call: Call, _ transaction: inout Transaction, _ isThere: (JSONValue, inout Transaction) -> Bool
    ) throws(AWSError) -> JSONValue? {
        guard let answer = try call.earlierAnswer(&transaction),
            world.switches.choice(.clientTokenGone) == "replay" || isThere(answer, &transaction)
        else { return nil }
        return answer
    }

    func keep(_ answer: JSONValue, of call: Call, in transaction: inout Transaction) {
        guard let id = call.idempotencyID else { return }
        let life = Span.seconds(Int64(world.switches.number(.clientTokenLife)))
        transaction.save(
            passing: IdempotencyRecord(
                id: id, fingerprint: call.fingerprint, answer: answer, until: call.now + life),
            at: call.now)
    }
}
