import AWSCore
import Kernel

// Which credential a target may have, and which headers may travel with its calls.

extension ControlPlane {
    /// A type of target allows some kinds of credentials (ledger `target-credential-matrix`).
    func checkCredentials(_ credentials: [JSONValue], of kind: TargetKind, _ gateway: GatewayRecord) throws {
        guard let credential = TargetCredential(credentials) else {
            throw AWSError(.validation, "credentialProviderType is not supported")
        }
        if !kind.credentials.contains(credential), world.switches.holds(.credentialFitsTarget) {
            let known = kind.credentials.map(\.rawValue).joined(separator: ", ")
            throw Refusal(
                rule: .credentialFitsTarget, note: "a target has a kind of credential that its type does not allow",
                error: AWSError(
                    .validation,
                    credential == .none
                        ? "Targets of type \(kind.rawValue) need credentialProviderConfigurations; supported: \(known)"
                        : "Credential \(credential.rawValue) is not supported for \(kind.rawValue) targets; "
                            + "supported: \(known)"))
        }
        try checkCaller(credential, gateway)
    }

    /// The caller's own credentials can be used only where the gateway asks for them.
    private func checkCaller(_ credential: TargetCredential, _ gateway: GatewayRecord) throws(AWSError) {
        let needed: [String]
        switch credential {
        case .callerIAM: needed = ["AWS_IAM", "AUTHENTICATE_ONLY"]
        case .jwtPassthrough: needed = ["CUSTOM_JWT", "AUTHENTICATE_ONLY"]
        default: return
        }
        guard needed.contains(gateway.authorizerType) else {
            throw AWSError(
                .validation,
                "Credential \(credential.rawValue) needs a gateway with authorizer type "
                    + needed.joined(separator: " or "))
        }
    }

    /// A provider that a target names has to exist (ledger `target-provider-exists`), and to be able to give what the
    /// target asks for (ledger `grant-fits-provider`).
    func checkProvider(
        _ input: TargetInput, account: String, _ transaction: inout Transaction
    ) throws {
        let provider = input.credentials.first?["credentialProvider"]?.object
        if let json = provider?["apiKeyCredentialProvider"]?.object {
            let name = APIKeyCredential(json).provider
            guard names.isARN(json["providerArn"], ofAPIKey: name, account: account),
                transaction.find(APIKeyProviderRecord.self, name.of(account)) != nil
            else { throw missing(json) }
        }
        guard let json = provider?["oauthCredentialProvider"]?.object else { return }
        let oauth = OAuthCredential(json)
        guard names.isARN(json["providerArn"], of: oauth.provider, account: account) else { throw missing(json) }
        guard let record = transaction.find(CredentialProviderRecord.self, oauth.provider.of(account)) else {
            // Where consent is needed the identity service says so itself.
            if case .consent = input.way { return }
            throw missing(json)
        }
        guard oauth.grant == .tokenExchange, !record.exchangesTokens, world.switches.holds(.grantFitsProvider) else {
            return
        }
        throw Refusal(
            rule: .grantFitsProvider, note: "a target wants a token exchange that its provider is not configured for",
            error: AWSError(
                .validation,
                "Grant type TOKEN_EXCHANGE needs a credential provider with onBehalfOfTokenExchangeConfig; "
                    + "\(oauth.provider) has none"))
    }

    private func missing(_ provider: JSONObject) -> AWSError {
        AWSError(.resourceNotFound, "Credential provider \(provider["providerArn"]?.string ?? "") not found")
    }

    // MARK: - Headers and query parameters that travel

    /// Names that never travel, whoever asks for them (ledger `propagation-limits`).
    func checkPropagation(_ metadata: JSONValue?, _ gateway: GatewayRecord) throws {
        let requests = metadata?["allowedRequestHeaders"]?.strings ?? []
        let responses = metadata?["allowedResponseHeaders"]?.strings ?? []
        for (member, names) in [("allowedRequestHeaders", requests), ("allowedResponseHeaders", responses)] {
            guard let name = names.first(where: PropagatedName.isForbidden) else { continue }
            guard world.switches.holds(.forbiddenHeadersStay) else { continue }
            throw Refusal(
                rule: .forbiddenHeadersStay, note: "a target asks for a header that may not travel",
                error: AWSError.invalid([
                    .init("metadataConfiguration.\(member)", "Member must not contain \(name)")
                ]))
        }
        guard gateway.keepsSessions, Self.listsSessionHeader(metadata) else { return }
        throw AWSError.invalid([
            .init(
                "metadataConfiguration.allowedRequestHeaders",
                "Member must not contain Mcp-Session-Id when sessions are enabled")
        ])
    }

    /// Whether a target wants the header that names its caller's session (ledger `E10`).
    private static func listsSessionHeader(_ metadata: JSONValue?) -> Bool {
        (metadata?["allowedRequestHeaders"]?.strings ?? []).contains { $0.lowercased() == "mcp-session-id" }
    }

    /// Sessions cannot be turned on over a target that wants their header (ledger `E10`).
    func checkSessions(
        _ input: JSONObject, of gateway: GatewayID, _ transaction: inout Transaction
    ) throws(AWSError) {
        guard input["protocolConfiguration"]?["mcp"]?["sessionConfiguration"] != nil else { return }
        let targets = transaction.find(TargetRecord.self, where: "gateway", is: gateway.rawValue)
        guard let target = targets.first(where: { Self.listsSessionHeader($0.metadata) }) else { return }
        throw AWSError.invalid([
            .init(
                "protocolConfiguration.mcp.sessionConfiguration",
                "Member must be null while allowedRequestHeaders of target \(target.id) contain Mcp-Session-Id")
        ])
    }
}

extension CredentialProviderRecord {
    /// Whether it can be asked for tokens on behalf of a user: configured for it, or of the one built-in vendor that
    /// needs no configuration (ledger `obo-providers`).
    var exchangesTokens: Bool {
        VendorTraits.of(vendor).exchangesByAssertion
            || configuration["customOauth2ProviderConfig"]?["onBehalfOfTokenExchangeConfig"] != nil
    }
}
