import AWSCore
import Kernel

enum IdempotencyTag {}

/// The answer that a `clientToken` was given, to be given again (ledger `client-token`).
struct IdempotencyRecord: Record {
    static let collection = "client-token"
    let id: Identifier<IdempotencyTag>
    /// Of the whole input, whatever the order of its members.
    let fingerprint: String
    let answer: JSONValue
}

extension Call {
    private var idempotencyID: Identifier<IdempotencyTag>? {
        guard let token = input["clientToken"]?.string else { return nil }
        return Identifier("\(account) \(operation) \(text("gatewayIdentifier")) \(token)")
    }
    private var fingerprint: String { tokenID(JSONValue.object(input).sorted.text) }

    /// The earlier answer to the same request, if there was one.
    ///
    /// - Throws: `IdempotentParameterMismatchException` as reason, if the token came with other parameters.
    func earlierAnswer(_ transaction: inout Transaction) throws(AWSError) -> JSONValue? {
        guard let id = idempotencyID, let record = transaction.find(IdempotencyRecord.self, id) else { return nil }
        guard record.fingerprint == fingerprint else {
            throw AWSError(
                .validation, "The clientToken was used before with other parameters",
                reason: .idempotentParameterMismatch)
        }
        return record.answer
    }

    func keep(_ answer: JSONValue, in transaction: inout Transaction) {
        guard let id = idempotencyID else { return }
        transaction.save(IdempotencyRecord(id: id, fingerprint: fingerprint, answer: answer))
    }
}
