import AWSCore
package import Kernel

extension Rule {
    static let signatureVerified = Rule(
        "signature-verified", "Where signatures are verified, a request without a good one is refused.")
    static let roleTrusted = Rule("role-trusted", "A role is assumed only by whom its trust policy names.")
    static let policyEnforced = Rule(
        "policy-enforced", "Where IAM is enforced, nobody does what no policy of his allows.")
}

/// What a lab may decide about accounts.
package enum AccountServicesSwitches {
    package static let rules: [Rule] = [.signatureVerified, .roleTrusted, .policyEnforced]
    package static let unknowns: [Unknown] = [.signatures, .iam]
}
