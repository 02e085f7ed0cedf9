// ARNs of what is neither gateway nor OAuth2 provider (ledger `aws-arns`).
extension AWSNames {
    package func apiKeyProviderARN(_ provider: ProviderName, account: String) -> String {
        "\(prefix(account)):token-vault/default/apikeycredentialprovider/\(provider)"
    }

    /// `suffix` is six characters, as Secrets Manager adds them.
    package func apiKeySecretARN(_ provider: ProviderName, suffix: String, account: String) -> String {
        let name = "bedrock-agentcore-identity!default/apikey/\(provider)-\(suffix)"
        return "arn:aws:secretsmanager:\(region):\(account):secret:\(name)"
    }

    package func consentPortalARN(_ portal: String, account: String) -> String {
        "\(prefix(account)):consent-portal/\(portal)"
    }

    private func prefix(_ account: String) -> String { "arn:aws:bedrock-agentcore:\(region):\(account)" }
}
