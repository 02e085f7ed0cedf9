/// What the service knows of a built-in vendor beside its endpoints. A vendor without a row has none of it.
package struct VendorTraits: Sendable {
    /// Whether the client's secret goes in the form where neither provider nor metadata say (ledger
    /// `client-authentication`).
    package var sendsSecretInForm = false
    /// Whether tokens are exchanged on behalf of a user without any configuration, by RFC 7523 and with
    /// `requested_token_use` (ledger `obo-providers`).
    package var exchangesByAssertion = false
    /// The next wider scope that contains one. A vendor that leaves the contained ones out of its answers has a request
    /// for both find its own token by these (ledger `github-implied-scopes`).
    fileprivate(set) var widerScopes: [String: String] = [:]

    package static func of(_ vendor: String) -> VendorTraits { known[vendor] ?? VendorTraits() }

    /// Whether a granted scope contains this one.
    package func covers(_ scope: String, _ isGranted: (String) -> Bool) -> Bool {
        var scope = scope
        // At most three levels; each step leads to a wider scope.
        while let wider = widerScopes[scope] {
            if isGranted(wider) { return true }
            scope = wider
        }
        return false
    }

    private static let known: [String: VendorTraits] = [
        // Its documentation shows the secret in the form.
        "GithubOauth2": VendorTraits(sendsSecretInForm: true, widerScopes: githubScopes),
        "MicrosoftOauth2": VendorTraits(exchangesByAssertion: true),
    ]

    private static let githubScopes = [
        "repo:status": "repo", "repo_deployment": "repo", "public_repo": "repo", "repo:invite": "repo",
        "security_events": "repo", "read:repo_hook": "write:repo_hook", "write:repo_hook": "admin:repo_hook",
        "read:org": "write:org", "write:org": "admin:org", "read:public_key": "write:public_key",
        "write:public_key": "admin:public_key", "read:user": "user", "user:email": "user", "user:follow": "user",
        "read:project": "project", "read:packages": "write:packages", "read:gpg_key": "write:gpg_key",
        "write:gpg_key": "admin:gpg_key", "manage_runners:enterprise": "admin:enterprise",
        "manage_billing:enterprise": "admin:enterprise", "read:enterprise": "admin:enterprise",
    ]
}
