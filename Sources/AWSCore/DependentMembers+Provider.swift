import Kernel

// What the configuration of an OAuth provider must be beyond its shape.

extension DependentMembers {
    /// Vendors with a union member of their own; every other uses `includedOauth2ProviderConfig`
    /// (ledger `provider-vendor-members`).
    private static let ownMember = [
        "CustomOauth2": "customOauth2ProviderConfig", "GoogleOauth2": "googleOauth2ProviderConfig",
        "GithubOauth2": "githubOauth2ProviderConfig", "SlackOauth2": "slackOauth2ProviderConfig",
        "SalesforceOauth2": "salesforceOauth2ProviderConfig", "MicrosoftOauth2": "microsoftOauth2ProviderConfig",
        "AtlassianOauth2": "atlassianOauth2ProviderConfig", "LinkedinOauth2": "linkedinOauth2ProviderConfig",
    ]

    /// The member of `oauth2ProviderConfigInput` that a vendor's configuration stands in.
    package static func providerMember(of vendor: String) -> String {
        ownMember[vendor] ?? "includedOauth2ProviderConfig"
    }

    static let provider = [
        Rule("credentialProviderVendor") { input in
            let vendor = input["credentialProviderVendor"]?.string ?? ""
            let member = providerMember(of: vendor)
            guard input["oauth2ProviderConfigInput"]?[member]?.object == nil else { return [] }
            return [.init("oauth2ProviderConfigInput.\(member)", "Member must not be null for vendor \(vendor)")]
        },
        Rule("credentialProviderVendor", "clientSecretSource") { eachProvider($0, secretSource) },
        // Only a custom provider has these members.
        Rule("credentialProviderVendor", "actorTokenContent") { eachProvider($0, exchange) },
        Rule("credentialProviderVendor") { eachProvider($0, claims) + eachProvider($0, certificates) },
        Rule("credentialProviderVendor") { eachProvider($0, endpoints) },
    ]

    /// What a look at the vendor's own configuration finds.
    private static func eachProvider(
        _ input: JSONObject, _ look: (JSONValue, String) -> [AWSError.Field]
    ) -> [AWSError.Field] {
        let member = providerMember(of: input["credentialProviderVendor"]?.string ?? "")
        guard let config = input["oauth2ProviderConfigInput"]?[member] else { return [] }
        return look(config, "oauth2ProviderConfigInput.\(member)")
    }

    /// The service's own secret or one of the caller's, never both (ledger `client-secret-source`).
    private static func secretSource(_ config: JSONValue, _ path: String) -> [AWSError.Field] {
        let source = config["clientSecretSource"]?.string ?? SecretSource.managed
        let isExternal = source == SecretSource.external
        let unwanted = isExternal ? "clientSecret" : "clientSecretConfig"
        var faults: [AWSError.Field] = []
        if isExternal, config["clientSecretConfig"] == nil {
            faults.append(
                .init("\(path).clientSecretConfig", "Member must not be null when clientSecretSource is \(source)"))
        }
        if config[unwanted] != nil {
            faults.append(.init("\(path).\(unwanted)", "Member must be null when clientSecretSource is \(source)"))
        }
        return faults
    }

    /// Only a token of the client's own has scopes (ledger `actor-scopes`).
    private static func exchange(_ config: JSONValue, _ path: String) -> [AWSError.Field] {
        let member = "tokenExchangeGrantTypeConfig"
        let exchange = config["onBehalfOfTokenExchangeConfig"]?[member]
        guard let exchange, exchange["actorTokenScopes"] != nil, exchange["actorTokenContent"] != "M2M" else {
            return []
        }
        return [
            .init(
                "\(path).onBehalfOfTokenExchangeConfig.\(member).actorTokenScopes",
                "Member must be null unless actorTokenContent is M2M")
        ]
    }

    /// Who names one endpoint names all, unless a document says them.
    private static func endpoints(_ config: JSONValue, _ path: String) -> [AWSError.Field] {
        guard config["oauthDiscovery"] == nil,
            config["authorizationEndpoint"] != nil || config["tokenEndpoint"] != nil
        else { return [] }
        return ["issuer", "authorizationEndpoint", "tokenEndpoint"].filter { config[$0] == nil }.map {
            .init("\(path).\($0)", "Member must not be null")
        }
    }

    /// What the service itself says in a client assertion (ledger `assertion-claims`).
    private static let reserved = [
        ("additionalHeaderClaims", ["alg", "typ"]),
        ("additionalPayloadClaims", ["iss", "sub", "aud", "jti", "exp"]),
    ]

    private static func claims(_ config: JSONValue, _ path: String) -> [AWSError.Field] {
        reserved.compactMap { member, names in
            let added = config["privateKeyJwtConfig"]?[member]?.object?.names ?? []
            guard let name = names.first(where: added.contains) else { return nil }
            return .init("\(path).privateKeyJwtConfig.\(member)", "Member must not contain \(name)")
        }
    }
}
