package import Kernel

extension Rule {
    static let signatureVerified = Rule(
        "signature-verified", "Where signatures are verified, a request without a good one is refused.")
    static let roleTrusted = Rule("role-trusted", "A role is assumed only by whom its trust policy names.")
    static let policyEnforced = Rule(
        "policy-enforced", "Where IAM is enforced, nobody does what no policy of his allows.")
}

extension Unknown {
    /// Whether signatures of AWS calls are verified: a setting of the lab rather than a riddle of AWS.
    package static let signatures = Unknown("sigv4", "off", or: "verify")
    /// Whether policies count: not at all, for the report, or for the answer.
    package static let iam = Unknown("iam", "off", or: "report", "enforce")
}

/// What a lab may decide about accounts.
package enum AccountServicesSwitches {
    package static let rules: [Rule] = [.signatureVerified, .roleTrusted, .policyEnforced]
    package static let unknowns: [Unknown] = [.signatures, .iam]
}
