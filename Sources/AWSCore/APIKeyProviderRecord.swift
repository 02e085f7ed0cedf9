package import Kernel

/// Where the secret of a credential provider lies (`SecretSourceType` of the model).
package enum SecretSource {
    package static let managed = "MANAGED"
    /// In the caller's own Secrets Manager.
    package static let external = "EXTERNAL"
}

/// An API key credential provider: a key of somebody else's service, kept in the vault.
package struct APIKeyProviderRecord: Record {
    package static let collection = "api-key-provider"
    /// Unique in an account; a name space of its own beside the OAuth2 providers'.
    package let id: ProviderID
    package let name: ProviderName
    package let account: String
    package var apiKey: Secret
    /// `MANAGED`, or `EXTERNAL` where the key lies in the caller's own secret.
    package var secretSource: String
    /// Six characters, as Secrets Manager adds them to a secret's name.
    package let secretSuffix: String
    /// The configuration as it was sent, without the key; echoed.
    package var configuration: JSONObject
    package let createdAt: Instant
    package var updatedAt: Instant
    package var keys: [RecordKey] { [RecordKey("account", account)] }
    /// `apiKeySecretConfig`, where the key lies in the caller's own secret.
    package var secretReference: JSONValue? {
        secretSource == SecretSource.external ? configuration["apiKeySecretConfig"] : nil
    }

    package init(
        name: ProviderName, account: String, apiKey: Secret, secretSource: String = SecretSource.managed,
        secretSuffix: String,
        configuration: JSONObject = [:], createdAt: Instant
    ) {
        id = name.of(account)
        self.name = name
        self.account = account
        self.apiKey = apiKey
        self.secretSource = secretSource
        self.secretSuffix = secretSuffix
        self.configuration = configuration
        self.createdAt = createdAt
        updatedAt = createdAt
    }
}
