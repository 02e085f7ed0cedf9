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

    /// - Throws: `ValidationException` if vendor and configuration do not belong together, or if nothing says where the
    ///   vendor's endpoints are.
    init(_ input: JSONObject, vendors: [String: AWSSettings.VendorEndpoints]) throws(AWSError) {
        vendor = input["credentialProviderVendor"]?.string ?? ""
        try DependentMembers.check("CreateOauth2CredentialProvider", input)
        let member = DependentMembers.providerMember(of: vendor)
        let path = "oauth2ProviderConfigInput.\(member)"
        let config = input["oauth2ProviderConfigInput"]?[member]?.object ?? [:]
        clientID = config["clientId"]?.string ?? ""
        clientSecret = config["clientSecret"]?.string.map(Secret.init)
        authenticationMethod = config["clientAuthenticationMethod"]?.string
        discovery = try Self.discovery(vendor, config, vendors: vendors, path: path)
        var shown = config
        shown["clientSecret"] = nil
        kept = JSONObject([.init(member, .object(shown))])
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
