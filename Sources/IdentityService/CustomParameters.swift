import Kernel

/// Parameters that the caller adds to a request to the provider.
struct CustomParameters {
    let world: World
    let custom: JSONObject

    /// What OAuth gives a meaning; also `request` and `request_uri`, by which RFC 9101 would replace all others.
    private static let standard: Set<String> = [
        "client_id", "client_secret", "redirect_uri", "response_type", "scope", "state", "code_challenge",
        "code_challenge_method", "request", "request_uri", "grant_type", "code", "code_verifier", "refresh_token",
        "subject_token", "subject_token_type", "actor_token", "actor_token_type", "assertion", "client_assertion",
        "client_assertion_type",
    ]

    /// The form with the custom parameters behind its own, and the names of those that were left out because they are
    /// standard ones (ledger `A23`). Never two values of one name.
    func added(to form: Form) -> (form: Form, ignored: [String]) {
        var result = form
        var ignored: [String] = []
        for member in custom.members {
            guard let value = member.value.string else { continue }
            let isStandard = Self.standard.contains(member.name) || form[member.name] != nil
            if isStandard, world.switches.holds(.customParametersNeverOverride) {
                ignored.append(member.name)
                continue
            }
            result.pairs.removeAll { $0.name == member.name }
            result.append(member.name, value)
        }
        return (result, ignored)
    }
}
