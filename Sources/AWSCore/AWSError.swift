package import HTTPTypes
package import Kernel

/// A refusal in the dialect of both AWS services: a status, a name in `x-amzn-ErrorType`, a JSON body.
///
/// Two errors are equal by their code: the words are for people.
package struct AWSError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The modelled exceptions (ledger `aws-error-shapes`).
    package enum Code: String, Sendable, Codable, CaseIterable {
        case validation = "ValidationException"
        case accessDenied = "AccessDeniedException"
        case unauthorized = "UnauthorizedException"
        case resourceNotFound = "ResourceNotFoundException"
        case conflict = "ConflictException"
        case concurrentModification = "ConcurrentModificationException"
        case serviceQuotaExceeded = "ServiceQuotaExceededException"
        case resourceLimitExceeded = "ResourceLimitExceededException"
        case decryptionFailure = "DecryptionFailure"
        case encryptionFailure = "EncryptionFailure"
        case throttling = "ThrottlingException"
        case internalServer = "InternalServerException"
        /// A common error of every operation, in no service's model.
        case serialization = "SerializationException"

        package var status: Int {
            switch self {
            case .validation, .serialization, .resourceLimitExceeded, .decryptionFailure, .encryptionFailure: 400
            case .unauthorized: 401
            // Not 400 and not 429: the model says 402.
            case .serviceQuotaExceeded: 402
            case .accessDenied: 403
            case .resourceNotFound: 404
            case .conflict, .concurrentModification: 409
            case .throttling: 429
            case .internalServer: 500
            }
        }
    }

    /// Why a `ValidationException`: the enum of the model.
    package enum Reason: String, Sendable, Codable {
        case cannotParse = "CannotParse"
        case fieldValidationFailed = "FieldValidationFailed"
        case idempotentParameterMismatch = "IdempotentParameterMismatchException"
        case eventInOtherSession = "EventInOtherSession"
        case resourceConflict = "ResourceConflict"
    }

    /// What is wrong with one member.
    package struct Field: Hashable, Sendable, Codable {
        /// Path of the member: `targetConfiguration.mcp.mcpServer.endpoint`.
        package let name: String
        /// `Member must …`.
        package let message: String
        package init(_ name: String, _ message: String) {
            self.name = name
            self.message = message
        }
    }

    package let code: Code
    package let message: String
    package let reason: Reason?
    package let fieldList: [Field]

    package init(_ code: Code, _ message: String, reason: Reason? = nil, fieldList: [Field] = []) {
        self.code = code
        self.message = message
        // The model requires a reason of every ValidationException.
        self.reason = code == .validation ? reason ?? .fieldValidationFailed : reason
        self.fieldList = fieldList
    }

    package static func == (left: AWSError, right: AWSError) -> Bool { left.code == right.code }
    package func hash(into hasher: inout Hasher) { hasher.combine(code) }

    package var description: String { "\(code.rawValue): \(message)" }

    /// Carries the name of the error; clients read the code from here first.
    package static let typeHeader = fieldName("x-amzn-ErrorType")
    /// Names one exchange, in success too.
    package static let requestIDHeader = fieldName("x-amzn-requestid")

    /// The refusal as it goes out; the caller adds `x-amzn-requestid`.
    package var response: Response {
        var body: JSONObject = ["message": .string(message)]
        if let reason { body.append("reason", .string(reason.rawValue)) }
        if !fieldList.isEmpty {
            body.append(
                "fieldList",
                .array(fieldList.map { ["name": .string($0.name), "message": .string($0.message)] }))
        }
        return .json(code.status, .object(body), headers: [Self.typeHeader: code.rawValue])
    }

    /// The same with the exchange's name on it.
    package func response(requestID: String) -> Response {
        var response = response
        response.nameExchange(requestID)
        return response
    }

    /// Several members that break their constraints, in the words AWS uses for them (ledger `aws-multi-error`).
    package static func invalid(_ fields: [Field]) -> AWSError {
        let noun = fields.count == 1 ? "validation error" : "validation errors"
        let list = fields.map { "Value at '\($0.name)' failed to satisfy constraint: \($0.message)" }
        return AWSError(
            .validation, "\(fields.count) \(noun) detected: \(list.joined(separator: "; "))",
            reason: .fieldValidationFailed, fieldList: fields)
    }
}

extension Response {
    /// Says in `x-amzn-requestid` which exchange this is the answer of, instead of what stood there.
    package mutating func nameExchange(_ requestID: String) {
        let name = AWSError.requestIDHeader
        if head.headerFields.contains(name) { head.headerFields[name] = nil }
        head.headerFields.append(HTTPField(name: name, value: requestID))
    }
}
