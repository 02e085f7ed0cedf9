import Kernel

/// Parameters that the caller adds to a request to the provider.
struct CustomParameters {
    let world: World
    let custom: JSONObject
    /// Standard ones whose value is the caller's to say: what kind of token an exchange is about (ledger `obo-flow`).
    var replaceable: Set<String> = []

    /// What OAuth gives a meaning; also `request` and `request_uri`, by which RFC 9101 would replace all others.
    private static let standard: Set<String> = [
        "client_id", "client_secret", "redirect_uri", "response_type", "scope", "state", "code_challenge",
        "code_challenge_method", "request", "request_uri", "grant_type", "code", "code_verifier", "refresh_token",
        "subject_token", "subject_token_type", "actor_token", "actor_token_type", "assertion", "client_assertion",
        "client_assertion_type",
    ]

    /// The form with the custom parameters behind its own, but for those that are standard ones: of them the journal
    /// says that they were left out (ledger `A23`). Never two values of one name.
    func added(to form: Form) -> Form {
        let (result, remark) = joined(to: form)
        if let remark { world.note(remark, rule: .customParametersNeverOverride) }
        return result
    }

    /// The same in a transaction, with which the remark stands or falls.
    func added(to form: Form, in transaction: inout Transaction) -> Form {
        let (result, remark) = joined(to: form)
        if let remark { world.note(remark, rule: .customParametersNeverOverride, in: &transaction) }
        return result
    }

    private func joined(to form: Form) -> (form: Form, remark: String?) {
        var result = form
        var ignored: [String] = []
        for member in custom.members {
            guard let value = member.value.string else { continue }
            let isStandard =
                !replaceable.contains(member.name)
                && (Self.standard.contains(member.name) || form[member.name] != nil)
            if isStandard, world.switches.holds(.customParametersNeverOverride) {
                ignored.append(member.name)
                continue
            }
            result.pairs.removeAll { $0.name == member.name }
            result.append(member.name, value)
        }
        return (result, ignored.isEmpty ? nil : "custom parameters ignored: \(ignored.joined(separator: ", "))")
    }
}
