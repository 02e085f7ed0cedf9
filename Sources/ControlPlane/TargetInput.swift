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
        /// They stand in a document that is read after the answer (ledger `T3`).
        case read
    }

    let configuration: JSONObject
    let credentials: [JSONValue]
    let metadata: JSONValue?
    let connection: JSONObject?
    let way: Way
}

extension ControlPlane {
    /// - Throws: `ValidationException` for what this gateway cannot take.
    func targetInput(_ input: JSONObject, for gateway: GatewayRecord) throws -> TargetInput {
        let configuration = input["targetConfiguration"]?.object ?? [:]
        guard let kind = TargetKind(configuration), Self.kinds.contains(kind) else {
            let known = Self.kinds.map(\.rawValue).joined(separator: ", ")
            throw AWSError(
                .validation, "Target type \(targetType(configuration)) is not supported; supported: \(known)")
        }
        try DependentMembers.check("CreateGatewayTarget", input)
        let credentials = input["credentialProviderConfigurations"]?.array ?? []
        try checkCredentials(credentials, of: kind, gateway)
        try checkPropagation(input["metadataConfiguration"], gateway)
        let connection = input.members.filter { Self.connectionMembers.contains($0.name) }
        return TargetInput(
            configuration: configuration, credentials: credentials, metadata: input["metadataConfiguration"],
            connection: connection.isEmpty ? nil : JSONObject(connection),
            way: try way(kind, configuration, credentials, gateway))
    }

    /// Members that are shown again and that nothing acts on.
    private static let connectionMembers = ["privateEndpoint", "certificateConfigurations"]

    /// Types of targets that this build plays.
    private static let kinds: [TargetKind] = [.mcpServer, .lambda, .openAPI, .smithy, .apiGateway, .passthrough]

    private func way(
        _ kind: TargetKind, _ configuration: JSONObject, _ credentials: [JSONValue], _ gateway: GatewayRecord
    ) throws -> TargetInput.Way {
        let oauth = (credentials.first?["credentialProvider"]?["oauthCredentialProvider"]?.object)
            .map(OAuthCredential.init)
        if oauth?.grant == .authorizationCode { try checkConsentPossible(oauth, gateway) }
        // Nobody looks what is behind it (ledger `http-target-path`).
        guard kind != .passthrough else { return .given([]) }
        guard kind == .mcpServer else {
            try TargetDocument.check(configuration, settings.quotas)
            return .read
        }
        let server = configuration["mcp"]?["mcpServer"]?.object ?? [:]
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

    /// `TargetType` of a configuration, as lists show it.
    func targetType(_ configuration: JSONObject) -> String { TargetKind(configuration)?.rawValue ?? "UNKNOWN" }
}
