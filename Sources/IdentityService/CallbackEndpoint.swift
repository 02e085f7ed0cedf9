import AWSCore
import Kernel
import OAuthCore

// GET /identities/oauth2/callback/{uuid}: from the provider back to the caller's return URL. No code is exchanged here:
// nobody has said yet whose session it is (ledger `A1`).
extension IdentityService {
    func callback(_ request: Request, at callbackID: String) -> Response {
        let parameters = request.parameters
        let (code, state, error) = (
            parameters.present("code"), parameters.present("state"), parameters.present("error")
        )
        let names = Set(["code", "state", "error", "iss"])
        guard !parameters.repeatedNames.contains(where: { names.contains($0) }) else {
            // RFC 6749 section 3.1: no parameter more than once.
            return Self.refusal("Invalid request")
        }
        guard let state, code != nil || error != nil else { return Self.missing(code: code, state: state) }
        let answer = Answer(state: state, code: code, error: error, issuer: parameters.present("iss"))
        return receive(answer, at: callbackID)
    }

    private struct Answer: Sendable {
        let state: String
        let code: String?
        let error: String?
        let issuer: String?
    }

    private enum Reception: Sendable {
        case unknown
        case lapsed(SessionURI)
        case returned(AuthorizationSessionRecord)
        case failed(AuthorizationSessionRecord, isDenial: Bool)
    }

    private func receive(_ answer: Answer, at callbackID: String) -> Response {
        let result = try? world.store.write { transaction in
            try reception(of: answer, at: callbackID, in: &transaction)
        }
        switch result {
        case .returned(let session)?: return Self.redirect(returnURL(session))
        case .failed(let session, let isDenial)?:
            guard isDenial else { return Self.refusal("Invalid authorization response") }
            if world.switches.isOn(.denyRedirect) {
                return Self.redirect(returnURL(session, error: answer.error))
            }
            // What people report: the answer complains about the code that is not there (ledger `U13`).
            return Self.missing(code: nil, state: answer.state)
        case .lapsed(let uri)?:
            lapse(uri)
            return Self.unknownState(answer)
        case .unknown?, nil: return Self.unknownState(answer)
        }
    }

    private func reception(
        of answer: Answer, at callbackID: String, in transaction: inout Transaction
    ) throws(AuthorizationSessionMachine.Rejection) -> Reception {
        let found = transaction.find(AuthorizationSessionRecord.self, where: "state", is: answer.state)
        guard var session = found.first, session.state.isPending || session.state == .bound else { return .unknown }
        if session.callbackID != callbackID, world.switches.holds(.callbackProviderBinding) {
            // Left as it is: whoever sent this must not be able to end somebody's session (ledger `A6`).
            note(.callbackProviderBinding, "an answer came to another provider's callback", in: &transaction)
            return .unknown
        }
        if session.state == .codeReceived || session.state == .bound, world.switches.holds(.stateSingleUse) {
            note(.stateSingleUse, "a state was used before", in: &transaction)
            return .unknown
        }
        if let rule = obstacle(to: session, wasUsed: false) {
            note(rule, "an answer came after the session's time", in: &transaction)
            return .lapsed(session.id)
        }
        guard provider(of: session, in: &transaction) != nil else { return .unknown }
        guard isFromExpectedIssuer(answer, session, in: &transaction) else {
            let reason = "The authorization response names another issuer."
            let effects = try apply(.refused(reason: reason), to: &session, in: &transaction)
            tell(session, effects)
            return .failed(session, isDenial: false)
        }
        guard let code = answer.code, answer.error == nil else {
            let reason = "The authorization was denied."
            let effects = try apply(.refused(reason: reason), to: &session, in: &transaction)
            tell(session, effects)
            return .failed(session, isDenial: true)
        }
        guard session.state != .bound else { return .returned(session) }
        session.code = Secret(code)
        try apply(.codeReturned, to: &session, in: &transaction)
        return .returned(session)
    }

    /// RFC 9207 section 2.4: compared letter by letter, and missed where it was promised.
    private func isFromExpectedIssuer(
        _ answer: Answer, _ session: AuthorizationSessionRecord, in transaction: inout Transaction
    ) -> Bool {
        let isExpected: Bool =
            switch (answer.issuer, session.issuer) {
            case (let named?, let expected?): named == expected
            // Without an issuer of one's own there is nothing to compare with (ledger `9207-04`).
            case (_?, nil): true
            case (nil, _): !session.issuerIsPromised
            }
        guard !isExpected, world.switches.holds(.issuerIdentification) else { return true }
        note(.issuerIdentification, "an answer names another issuer than expected, or none", in: &transaction)
        return false
    }

    /// Back to the caller, whose own query stays (ledger `session-id-parameter`).
    private func returnURL(_ session: AuthorizationSessionRecord, error: String? = nil) -> String {
        var form: Form = ["session_id": session.id.rawValue]
        form.append("state", session.customState)
        form.append("error", error)
        return form.added(to: session.returnURL)
    }

    /// A code that is missing is missed before anybody looks for the state (ledger `Q16`).
    private static func unknownState(_ answer: Answer) -> Response {
        answer.code == nil ? missing(code: nil, state: answer.state) : refusal("Invalid or expired state")
    }

    /// Ledger `Q16`.
    private static func missing(code: String?, state: String?) -> Response {
        var fields: [AWSError.Field] = []
        if code == nil { fields.append(AWSError.Field("authorizationCode", "Member must not be null")) }
        if state == nil { fields.append(AWSError.Field("state", "Member must not be null")) }
        return refusal(fields)
    }
}
