import OAuthCore

/// Scopes that a wider one contains. GitHub leaves the contained ones out of its answer, so a request that names both
/// would never find its own token (ledger `github-implied-scopes`).
enum ImpliedScopes {
    /// Whether a granted scope contains this one.
    static func cover(_ scope: String, _ granted: ScopeSet, _ vendor: String) -> Bool {
        guard vendor == "GithubOauth2" else { return false }
        var scope = scope
        // At most three levels; each step leads to a wider scope.
        while let wider = parents[scope] {
            if granted.contains(wider) { return true }
            scope = wider
        }
        return false
    }

    private static let parents: [String: String] = [
        "repo:status": "repo", "repo_deployment": "repo", "public_repo": "repo", "repo:invite": "repo",
        "security_events": "repo", "read:repo_hook": "write:repo_hook", "write:repo_hook": "admin:repo_hook",
        "read:org": "write:org", "write:org": "admin:org", "read:public_key": "write:public_key",
        "write:public_key": "admin:public_key", "read:user": "user", "user:email": "user", "user:follow": "user",
        "read:project": "project", "read:packages": "write:packages", "read:gpg_key": "write:gpg_key",
        "write:gpg_key": "admin:gpg_key", "manage_runners:enterprise": "admin:enterprise",
        "manage_billing:enterprise": "admin:enterprise", "read:enterprise": "admin:enterprise",
    ]
}
