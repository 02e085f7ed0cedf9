package import Kernel

/// What the model's documentation says of members that depend on one another, and its shapes do not, as far as an
/// input by itself shows it: the control plane refuses by it, and a template is looked at by it before it is deployed.
package enum DependentMembers {
    struct Rule: Sendable {
        /// Members whose values decide: a rule says nothing while one of them is not known yet.
        let deciding: Set<String>
        let faults: @Sendable (JSONObject) -> [AWSError.Field]

        init(_ deciding: String..., faults: @escaping @Sendable (JSONObject) -> [AWSError.Field]) {
            self.deciding = Set(deciding)
            self.faults = faults
        }
    }

    /// By the operation that creates; what updates takes the same.
    private static let rules = [
        "CreateGateway": authorizer + gateway, "CreateGatewayTarget": target,
        "CreateOauth2CredentialProvider": provider,
        "CreateGatewayRule": rule, "CreateGatewayRateLimit": rateLimit,
    ]

    /// All that is wrong with an input. `isOpen` says whether the value of a member of this name is not known yet,
    /// wherever it stands.
    package static func faults(
        of operation: String, _ input: JSONObject, isOpen: (String) -> Bool = { _ in false }
    ) -> [AWSError.Field] {
        (rules[operation] ?? []).filter { !$0.deciding.contains(where: isOpen) }.flatMap { $0.faults(input) }
    }

    /// - Throws: `ValidationException` with all that is wrong.
    package static func check(_ operation: String, _ input: JSONObject) throws(AWSError) {
        let faults = faults(of: operation, input)
        guard faults.isEmpty else { throw AWSError.invalid(faults) }
    }

    /// Names that begin with `aws:`, in whatever case, are AWS's own (ledger `tags-reserved`). Of every operation.
    package static func tags(_ input: JSONObject) -> [AWSError.Field] {
        let names = input["tags"]?.object?.names ?? []
        guard names.contains(where: { $0.lowercased().hasPrefix("aws:") }) else { return [] }
        return [.init("tags", "Map keys must not begin with aws:, which is reserved")]
    }

    /// Certificates are for a private endpoint (ledger `certificates-private`).
    static func certificates(_ config: JSONValue, _ path: String) -> [AWSError.Field] {
        guard config["certificateConfigurations"] != nil, config["privateEndpoint"] == nil else { return [] }
        return [.init("\(path).certificateConfigurations", "Member must be null when privateEndpoint is null")]
    }

    // MARK: - Gateway

    /// Revisions a gateway may offer (ledger `gateway-versions`).
    private static let revisions = ["2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"]

    private static let gateway = [
        Rule("domainOverride", faults: domains),
        Rule("supportedVersions") { input in
            let versions = input["protocolConfiguration"]?["mcp"]?["supportedVersions"]?.strings ?? []
            guard !versions.allSatisfy(revisions.contains) else { return [] }
            return [
                .init(
                    "protocolConfiguration.mcp.supportedVersions",
                    "Member must satisfy enum value set: [\(revisions.joined(separator: ", "))]")
            ]
        },
        // Ledger `interceptor-once`.
        Rule("interceptionPoints") { input in
            let points = (input["interceptorConfigurations"]?.array ?? []).flatMap {
                $0["interceptionPoints"]?.strings ?? []
            }
            return ["REQUEST", "RESPONSE"].filter { point in points.count { $0 == point } > 1 }.map {
                .init("interceptorConfigurations", "Member must have at most one interceptor of \($0)")
            }
        },
    ]

    /// A gateway has each of its domains once, in whatever case (ledger `domains-once`).
    @Sendable private static func domains(_ input: JSONObject) -> [AWSError.Field] {
        // `default` is the wire's name for the model's `defaultDomain`.
        let main = input["domainOverride"]?["default"]?.string.map { [$0] } ?? []
        let all = (main + (input["domainOverride"]?["alternateDomains"]?.strings ?? [])).map { $0.lowercased() }
        guard Set(all).count < all.count else { return [] }
        return [
            .init(
                "domainOverride.alternateDomains",
                "Member must have each domain once, and not the default domain")
        ]
    }

    // MARK: - Target

    private static let credential = "credentialProviderConfigurations.1.member"

    private static let target = [
        Rule("credentialProviderType", faults: credentialObject), Rule("credentialLocation", faults: apiKey),
        Rule("metadataConfiguration", faults: propagated),
    ]

    /// Type and object of a credential have to belong together (ledger `target-credential-matrix`).
    @Sendable private static func credentialObject(_ input: JSONObject) -> [AWSError.Field] {
        guard let first = input["credentialProviderConfigurations"]?.array?.first else { return [] }
        let type = first["credentialProviderType"]?.string ?? ""
        let member = first["credentialProvider"]?.object?.members.first?.name
        let expected = ["OAUTH": "oauthCredentialProvider", "API_KEY": "apiKeyCredentialProvider"][type]
        if let expected {
            guard member != expected else { return [] }
            return [
                .init(
                    "\(credential).credentialProvider.\(expected)",
                    "Member must not be null when credentialProviderType is \(type)")
            ]
        }
        guard let member, type != "GATEWAY_IAM_ROLE" || member != "iamCredentialProvider" else { return [] }
        return [.init("\(credential).credentialProvider", "Member must belong to credentialProviderType \(type)")]
    }

    /// Names that a request cannot have (ledger `propagation-limits`).
    @Sendable private static func propagated(_ input: JSONObject) -> [AWSError.Field] {
        ["allowedRequestHeaders", "allowedResponseHeaders", "allowedQueryParameters"].compactMap { member in
            let names = input["metadataConfiguration"]?[member]?.strings ?? []
            guard !names.allSatisfy(PropagatedName.isLegal) else { return nil }
            return .init(
                "metadataConfiguration.\(member)", "Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+")
        }
    }

    /// A query parameter has no usual name as a header has.
    @Sendable private static func apiKey(_ input: JSONObject) -> [AWSError.Field] {
        let first = input["credentialProviderConfigurations"]?.array?.first
        guard let provider = first?["credentialProvider"]?["apiKeyCredentialProvider"],
            provider["credentialLocation"] == "QUERY_PARAMETER", provider["credentialParameterName"] == nil
        else { return [] }
        return [
            .init(
                "\(credential).credentialProvider.apiKeyCredentialProvider.credentialParameterName",
                "Member must not be null when credentialLocation is QUERY_PARAMETER")
        ]
    }
}
