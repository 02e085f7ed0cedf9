package import Kernel

/// What a lab can decide about the contract both AWS services share.
package enum AWSCoreSwitches {
    package static let rules: [Rule] = [.onlyPublicAddresses, .accountBoundary]
    package static let unknowns: [Unknown] = [
        .loopbackHTTP, .unparsableBody, .consentReused, .throttlingRetryAfter, .accountsApart,
    ]
}

extension Rule {
    package static let accountBoundary = Rule(
        "account-boundary", "Where it is certain who calls, what one account has serves no caller of another.")
}

extension Unknown {
    /// Whether signatures of AWS calls are verified: a setting of the lab rather than a riddle of AWS.
    package static let signatures = Unknown("sigv4", "off", or: "verify")
    /// Whether policies count: not at all, for the report, or for the answer.
    package static let iam = Unknown("iam", "off", or: "report", "enforce")
    /// Where accounts are kept apart: where signatures are verified or policies enforced, or in every lab (ledger
    /// `accounts-apart`).
    package static let accountsApart = Unknown("accounts.apart", "verified", or: "always")
    /// The model wants `https` of some members; plain `http` to this machine or to the lab's own origins is accepted.
    package static let loopbackHTTP = Unknown("loopbackHTTP", "on", or: "off")
    /// How a body is refused that is no JSON: the model's `CannotParse`, or the common error of such services.
    package static let unparsableBody = Unknown(
        "errors.unparsableBody", "ValidationException", or: "SerializationException")
    /// Whether the token of an administrator's consent serves the next update or synchronization of the same target
    /// (ledger `U27`).
    package static let consentReused = Unknown("consent.reused", "off", or: "on")
    /// Seconds in `Retry-After` of a throttled answer; `none` for no header (ledger `U25`).
    package static let throttlingRetryAfter = Unknown("throttling.retryAfter", "none", or: "1", "30")
}
