import AWSCore
import Kernel

/// What `oauth2ProviderConfigInput` says, checked beyond its shape.
struct ProviderConfiguration {
    let vendor: String
    let clientID: String
    let clientSecret: Secret?
    let discovery: CredentialProviderRecord.Discovery
    let authenticationMethod: String?
    /// The union as it was sent, without secrets.
    let kept: JSONObject

    /// Vendors with a union member of their own; every other uses `includedOauth2ProviderConfig`
    /// (ledger `provider-vendor-members`).
    private static let ownMember = [
        "CustomOauth2": "customOauth2ProviderConfig", "GoogleOauth2": "googleOauth2ProviderConfig",
        "GithubOauth2": "githubOauth2ProviderConfig", "SlackOauth2": "slackOauth2ProviderConfig",
        "SalesforceOauth2": "salesforceOauth2ProviderConfig", "MicrosoftOauth2": "microsoftOauth2ProviderConfig",
        "AtlassianOauth2": "atlassianOauth2ProviderConfig", "LinkedinOauth2": "linkedinOauth2ProviderConfig",
    ]

    /// - Throws: `ValidationException` if vendor and configuration do not belong together, or if nothing says where the
    ///   vendor's endpoints are.
    init(_ input: JSONObject, vendors: [String: AWSSettings.VendorEndpoints]) throws(AWSError) {
        vendor = input["credentialProviderVendor"]?.string ?? ""
        let member = Self.ownMember[vendor] ?? "includedOauth2ProviderConfig"
        let path = "oauth2ProviderConfigInput.\(member)"
        guard let config = input["oauth2ProviderConfigInput"]?[member]?.object else {
            throw AWSError.invalid([.init(path, "Member must not be null for vendor \(vendor)")])
        }
        try Self.checkSource(config, path)
        try Self.checkDependent(.object(config), path)
        clientID = config["clientId"]?.string ?? ""
        clientSecret = config["clientSecret"]?.string.map(Secret.init)
        authenticationMethod = config["clientAuthenticationMethod"]?.string
        discovery = try Self.discovery(vendor, config, vendors: vendors, path: path)
        var shown = config
        shown["clientSecret"] = nil
        kept = JSONObject([.init(member, .object(shown))])
    }

    /// The service's own secret or one of the caller's, never both (ledger `client-secret-source`).
    private static func checkSource(_ config: JSONObject, _ path: String) throws(AWSError) {
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
        guard faults.isEmpty else { throw AWSError.invalid(faults) }
    }

    /// Only a custom provider has these members.
    private static func checkDependent(_ config: JSONValue, _ path: String) throws(AWSError) {
        let faults =
            DependentMembers.exchange(config, path) + DependentMembers.claims(config, path)
            + DependentMembers.certificates(config, path)
        guard faults.isEmpty else { throw AWSError.invalid(faults) }
    }

    private static func discovery(
        _ vendor: String, _ config: JSONObject, vendors: [String: AWSSettings.VendorEndpoints], path: String
    ) throws(AWSError) -> CredentialProviderRecord.Discovery {
        if let url = config["oauthDiscovery"]?["discoveryUrl"]?.string {
            try checkURL(url, "\(path).oauthDiscovery.discoveryUrl")
            return .url(url)
        }
        if let metadata = config["oauthDiscovery"]?["authorizationServerMetadata"]?.object {
            return try explicit(metadata, "\(path).oauthDiscovery.authorizationServerMetadata")
        }
        if config["authorizationEndpoint"] != nil || config["tokenEndpoint"] != nil {
            return try explicit(config, path)
        }
        let tenant = config["tenantId"]?.string.map(AWSSettings.VendorEndpoints.microsoft)
        guard let known = tenant ?? vendors[vendor] else {
            let list = vendors.keys.sorted().joined(separator: ", ")
            throw AWSError(
                .validation,
                """
                Endpoints of vendor \(vendor) are not known here; known: \(list). Use CustomOauth2, or \
                includedOauth2ProviderConfig with issuer, authorizationEndpoint and tokenEndpoint
                """)
        }
        return .metadata(
            issuer: known.issuer, authorizationEndpoint: known.authorizationEndpoint,
            tokenEndpoint: known.tokenEndpoint, methods: [])
    }

    private static func explicit(
        _ json: JSONObject, _ path: String
    ) throws(AWSError) -> CredentialProviderRecord.Discovery {
        for name in ["issuer", "authorizationEndpoint", "tokenEndpoint"] {
            guard let text = json[name]?.string else {
                throw AWSError.invalid([.init("\(path).\(name)", "Member must not be null")])
            }
            try checkURL(text, "\(path).\(name)")
        }
        return .metadata(
            issuer: json["issuer"]?.string ?? "", authorizationEndpoint: json["authorizationEndpoint"]?.string ?? "",
            tokenEndpoint: json["tokenEndpoint"]?.string ?? "",
            methods: json["tokenEndpointAuthMethods"]?.strings ?? [])
    }

    private static func checkURL(_ text: String, _ path: String) throws(AWSError) {
        guard let url = URLParts(text), ["http", "https"].contains(url.scheme), url.userInfo == nil else {
            throw AWSError.invalid([.init(path, "Member must be an http or https URL")])
        }
    }

    /// `oauth2ProviderConfigOutput`: the same union member, always with `oauthDiscovery`, never with a secret.
    static func shown(_ provider: CredentialProviderRecord) -> JSONValue {
        guard let member = provider.configuration.members.first else { return [:] }
        var result = JSONObject()
        if let sent = member.value["oauthDiscovery"] {
            result.append("oauthDiscovery", sent)
        } else if case .metadata(let issuer, let authorization, let token, _) = provider.discovery {
            let metadata: JSONValue = [
                "issuer": .string(issuer), "authorizationEndpoint": .string(authorization),
                "tokenEndpoint": .string(token), "responseTypes": ["code"],
            ]
            result.append("oauthDiscovery", ["authorizationServerMetadata": metadata])
        }
        if !provider.clientID.isEmpty { result.append("clientId", .string(provider.clientID)) }
        let extras = [
            "onBehalfOfTokenExchangeConfig", "clientAuthenticationMethod", "privateEndpoint",
            "privateEndpointOverrides", "certificateConfigurations", "privateKeyJwtConfig",
        ]
        for name in extras {
            if let value = member.value[name] { result.append(name, value) }
        }
        return .object(JSONObject([.init(member.name, .object(result))]))
    }
}
