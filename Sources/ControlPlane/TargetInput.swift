import AWSCore
import Kernel

/// What a target's input means: which of the ways to get its tools, checked beyond its shape.
struct TargetInput {
    /// How the tools come to be known.
    enum Way {
        /// They were given up front.
        case given([JSONValue])
        /// They are asked for at each listing; nothing is kept.
        case dynamic
        /// The gateway reads them by itself.
        case crawl
        /// An administrator has to consent first.
        case consent(OAuthCredential)
    }

    let configuration: JSONObject
    let credentials: [JSONValue]
    let metadata: JSONValue?
    let way: Way
}

extension ControlPlane {
    /// - Throws: `ValidationException` for what this gateway cannot take.
    func targetInput(_ input: JSONObject, for gateway: GatewayRecord) throws -> TargetInput {
        let configuration = input["targetConfiguration"]?.object ?? [:]
        guard let server = configuration["mcp"]?["mcpServer"]?.object else {
            throw AWSError(
                .validation,
                "Target type \(targetType(configuration)) is not supported; supported: MCP_SERVER")
        }
        let credentials = input["credentialProviderConfigurations"]?.array ?? []
        let oauth = try oauthCredential(credentials)
        try checkSessionHeader(input["metadataConfiguration"], gateway)
        for name in ["privateEndpoint", "certificateConfigurations"] where input[name] != nil {
            remark("member \(name) of a target is accepted and has no effect")
        }
        return TargetInput(
            configuration: configuration, credentials: credentials, metadata: input["metadataConfiguration"],
            way: try way(server, oauth, gateway))
    }

    private func way(
        _ server: JSONObject, _ oauth: OAuthCredential?, _ gateway: GatewayRecord
    ) throws -> TargetInput.Way {
        if oauth?.grant == .authorizationCode { try checkConsentPossible(oauth, gateway) }
        if server["listingMode"] == "DYNAMIC" {
            try checkDynamic(server, oauth, gateway)
            return .dynamic
        }
        if let schema = server["mcpToolSchema"] {
            try checkSchemaAllowed(oauth)
            return .given(try ToolSchema.tools(schema, settings.quotas))
        }
        if let oauth, oauth.grant == .authorizationCode { return .consent(oauth) }
        return .crawl
    }

    /// Consent needs a place to return to, and a revision that knows URL elicitation (ledger `E9`, `U11`).
    private func checkConsentPossible(_ oauth: OAuthCredential?, _ gateway: GatewayRecord) throws {
        let path = "credentialProviderConfigurations.1.member.credentialProvider.oauthCredentialProvider"
        if oauth?.defaultReturnURL == nil, world.switches.holds(.returnURLRequired) {
            throw Refusal(
                rule: .returnURLRequired, note: "a target with grant AUTHORIZATION_CODE names no return URL",
                error: AWSError.invalid([
                    .init("\(path).defaultReturnUrl", "Member must not be null when grantType is AUTHORIZATION_CODE")
                ]))
        }
        guard world.switches.isOn(.requireVersion), !gateway.supportedVersions.contains(where: { $0 >= "2025-11-25" })
        else { return }
        throw AWSError(
            .validation,
            """
            Grant type AUTHORIZATION_CODE needs a gateway whose \
            protocolConfiguration.mcp.supportedVersions contains 2025-11-25
            """)
    }

    /// Ledger `E8`.
    private func checkDynamic(
        _ server: JSONObject, _ oauth: OAuthCredential?, _ gateway: GatewayRecord
    ) throws(AWSError) {
        if gateway.mcp["searchType"] == "SEMANTIC" {
            throw AWSError(.validation, "Listing mode DYNAMIC is not supported with search type SEMANTIC")
        }
        if oauth?.grant == .authorizationCode {
            throw AWSError(.validation, "Listing mode DYNAMIC is not supported with grant type AUTHORIZATION_CODE")
        }
        if server["mcpToolSchema"] != nil {
            throw AWSError(.validation, "Listing mode DYNAMIC is not supported with mcpToolSchema")
        }
    }

    private func checkSchemaAllowed(_ oauth: OAuthCredential?) throws(AWSError) {
        let isAllowed =
            switch world.switches.choice(.schemaAllowWith) {
            case "all": true
            case "authorization-code": oauth?.grant == .authorizationCode
            default: oauth?.grant != .tokenExchange
            }
        guard isAllowed else {
            throw AWSError(
                .validation,
                "mcpToolSchema is not supported with grant type \(oauth?.grant.rawValue ?? "none")")
        }
    }

    /// Ledger `E10`.
    private func checkSessionHeader(_ metadata: JSONValue?, _ gateway: GatewayRecord) throws(AWSError) {
        guard gateway.mcp["sessionConfiguration"] != nil else { return }
        let headers = metadata?["allowedRequestHeaders"]?.strings ?? []
        guard headers.contains(where: { $0.lowercased() == "mcp-session-id" }) else { return }
        throw AWSError.invalid([
            .init(
                "metadataConfiguration.allowedRequestHeaders",
                "Member must not contain Mcp-Session-Id when sessions are enabled")
        ])
    }

    /// The OAuth credential, if there is one; type and object have to belong together.
    private func oauthCredential(_ credentials: [JSONValue]) throws(AWSError) -> OAuthCredential? {
        guard let first = credentials.first else { return nil }
        let path = "credentialProviderConfigurations.1.member"
        let type = first["credentialProviderType"]?.string ?? ""
        let oauth = first["credentialProvider"]?["oauthCredentialProvider"]?.object
        switch type {
        case "OAUTH":
            guard let oauth else {
                throw AWSError.invalid([
                    .init(
                        "\(path).credentialProvider.oauthCredentialProvider",
                        "Member must not be null when credentialProviderType is OAUTH")
                ])
            }
            return OAuthCredential(oauth)
        case "GATEWAY_IAM_ROLE":
            guard oauth == nil, first["credentialProvider"]?["apiKeyCredentialProvider"] == nil else {
                throw AWSError.invalid([
                    .init("\(path).credentialProvider", "Member must belong to credentialProviderType \(type)")
                ])
            }
            return nil
        default:
            throw AWSError(
                .validation,
                "credentialProviderType \(type) is not supported for MCP_SERVER targets; "
                    + "supported: OAUTH, GATEWAY_IAM_ROLE")
        }
    }

    /// `TargetType` of a configuration, as lists show it.
    func targetType(_ configuration: JSONObject) -> String {
        let kind = configuration.members.first
        let member = kind?.value.object?.members.first?.name ?? ""
        switch (kind?.name ?? "", member) {
        case ("mcp", "mcpServer"): return "MCP_SERVER"
        case ("mcp", "lambda"): return "LAMBDA"
        case ("mcp", "openApiSchema"): return "OPEN_API_SCHEMA"
        case ("mcp", "smithyModel"): return "SMITHY_MODEL"
        case ("mcp", "apiGateway"): return "API_GATEWAY"
        case ("mcp", "connector"): return "CONNECTOR"
        case ("http", "agentcoreRuntime"): return "AGENTCORE_RUNTIME"
        case ("http", "passthrough"): return "PASSTHROUGH"
        case ("http", "connector"): return "HTTP_CONNECTOR"
        case ("inference", "provider"): return "PROVIDER"
        case ("inference", "connector"): return "CONNECTOR"
        default: return "UNKNOWN"
        }
    }
}
