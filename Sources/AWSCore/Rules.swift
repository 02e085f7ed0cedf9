package import Kernel

/// What a lab can decide about the contract both AWS services share.
package enum AWSCoreSwitches {
    package static let rules: [Rule] = [.onlyPublicAddresses]
    package static let unknowns: [Unknown] = [.loopbackHTTP, .unparsableBody, .consentReused, .throttlingRetryAfter]
}

extension Unknown {
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
