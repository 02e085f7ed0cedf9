package import Kernel

/// What a lab can decide about the contract both AWS services share.
package enum AWSCoreSwitches {
    package static let rules: [Rule] = [.onlyPublicAddresses]
    package static let unknowns: [Unknown] = [.loopbackHTTP, .unparsableBody]
}

extension Unknown {
    /// The model wants `https` of some members; plain `http` to this machine or to the lab's own origins is accepted.
    package static let loopbackHTTP = Unknown("loopbackHTTP", "on", or: "off")
    /// How a body is refused that is no JSON: the model's `CannotParse`, or the common error of such services.
    package static let unparsableBody = Unknown(
        "errors.unparsableBody", "ValidationException", or: "SerializationException")
}
