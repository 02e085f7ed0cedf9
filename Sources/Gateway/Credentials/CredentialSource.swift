import AWSCore
import HTTPTypes
import Kernel
import MCPCore

/// Gets the credential that a target's configuration asks for. It is always the target's own: the caller's token is for
/// the gateway and nobody else (MCP 2025-11-25, authorization, token passthrough).
struct CredentialSource {
    let gateway: Gateway
    let record: GatewayRecord
    private var world: World { gateway.world }

    init(_ endpoint: Endpoint) { self.init(gateway: endpoint.gateway, record: endpoint.record) }

    init(gateway: Gateway, record: GatewayRecord) {
        self.gateway = gateway
        self.record = record
    }

    /// For a user's call.
    func credential(
        of target: TargetRecord, for caller: Caller, _ override: CallOverride, _ revision: Revision,
        polling: String? = nil
    ) async throws(ToolFailure) -> OutboundCredential {
        switch target.credential {
        case .authorizationCode:
            return .bearer(try await userToken(target, caller, override, revision, polling))
        case .tokenExchange: return .bearer(try await exchangedToken(target, caller))
        case .jwtPassthrough:
            guard let token = caller.token else { throw .tool(cause: "JWT_PASSTHROUGH needs a caller with a JWT") }
            return .bearer(Secret(token))
        case .callerIAM:
            guard let key = caller.keyID else { throw .tool(cause: "The caller did not sign the request") }
            return signature(target, as: key)
        case .none?:
            guard !world.switches.holds(.noTokenPassthrough), let token = caller.token else { return .none }
            return .bearer(Secret(token))
        default: return try await machineCredential(of: target)
        }
    }

    /// For work that no user waits for, and for credentials that are the same for every user (T4, T5).
    func machineCredential(of target: TargetRecord) async throws(ToolFailure) -> OutboundCredential {
        switch target.credential {
        case .none?: return .none
        case .gatewayRole: return signature(target)
        case .apiKey: return try await key(target)
        case .clientCredentials, .tokenExchange, .authorizationCode: return .bearer(try await machineToken(target))
        case .callerIAM, .jwtPassthrough, nil:
            throw .tool(cause: "This credential is a caller's, and nobody calls")
        }
    }

    /// A target says which service its requests are signed for; a function is Lambda's. Without a word an MCP server
    /// is taken for one of AgentCore's own runtimes and an API for API Gateway (ledger `iam-outbound`).
    private func signature(_ target: TargetRecord, as key: String? = nil) -> OutboundCredential {
        let standard =
            switch target.kind {
            case .lambda: "lambda"
            case .openAPI, .apiGateway, .smithy: "execute-api"
            default: "bedrock-agentcore"
            }
        return .signature(
            service: target.iam?["service"]?.string ?? standard,
            region: target.iam?["region"]?.string ?? gateway.settings.region, account: key ?? record.account)
    }

    private func key(_ target: TargetRecord) async throws(ToolFailure) -> OutboundCredential {
        guard let credential = target.apiKey else { throw .tool(cause: "The target names no API key provider") }
        let key: Secret
        do throws(IdentityFailure) {
            let workload = try await gateway.identity.workloadToken(record.workloadName)
            key = try await gateway.identity.apiKey(credential.provider, workload: workload)
        } catch {
            throw .tool(cause: error.cause)
        }
        let joint = world.switches.choice(.apiKeyJoint) == "blank" ? " " : ""
        let value = Secret((credential.prefix.map { $0 + joint } ?? "") + key.exposed)
        let parameter = credential.parameter ?? world.switches.choice(.apiKeyPlace)
        if credential.isInQuery { return .query(parameter, value) }
        guard let name = HTTPField.Name(parameter) else {
            throw .tool(cause: "The API key's header has no legal name")
        }
        // The network's own fields would mend it, and another key would go out.
        guard HTTPField.isValidValue(value.exposed) else {
            throw .tool(cause: "The API key for header \(parameter) cannot be sent")
        }
        return .header(name, value)
    }

    private func machineToken(_ target: TargetRecord) async throws(ToolFailure) -> Secret {
        guard let oauth = target.oauth else { throw .tool(cause: "The target names no OAuth provider") }
        do throws(IdentityFailure) {
            let workload = try await gateway.identity.workloadToken(record.workloadName)
            return try await gateway.identity.resourceToken("M2M", oauth, workload: workload).token()
        } catch {
            throw .machineToken(cause: error.cause)
        }
    }

    /// On behalf of the user, by RFC 8693 or RFC 7523; there is nothing a user could consent to on the way.
    private func exchangedToken(_ target: TargetRecord, _ caller: Caller) async throws(ToolFailure) -> Secret {
        guard let oauth = target.oauth else { throw .tool(cause: "The target names no OAuth provider") }
        guard let jwt = caller.token else {
            throw .tool(cause: "Grant type TOKEN_EXCHANGE needs a caller with a JWT")
        }
        do throws(IdentityFailure) {
            let workload = try await gateway.identity.workloadToken(record.workloadName, jwt: jwt)
            return try await gateway.identity.resourceToken(
                "ON_BEHALF_OF_TOKEN_EXCHANGE", oauth, workload: workload
            ).token()
        } catch {
            throw .tool(cause: error.cause)
        }
    }

    /// A user's token from the vault, or the request to consent.
    ///
    /// The three conditions of `-32042`: the gateway offers 2025-11-25, the request says so in its header, and there
    /// is no token to use. Without one of the first two there is nothing to say but E31. Without a JWT there is no
    /// user (U19).
    private func userToken(
        _ target: TargetRecord, _ caller: Caller, _ override: CallOverride, _ revision: Revision,
        _ polling: String?
    ) async throws(ToolFailure) -> Secret {
        guard let oauth = target.oauth else { throw .tool(cause: "The target names no OAuth provider") }
        guard let jwt = caller.token else { throw .rpc(cannotInitiate) }
        var extra: JSONObject = [:]
        if let url = override.returnURL ?? oauth.defaultReturnURL {
            extra.append("resourceOauth2ReturnUrl", .string(url))
        }
        if let polling { extra.append("sessionUri", .string(polling)) }
        if let force = override.forceAuthentication { extra.append("forceAuthentication", .bool(force)) }
        let outcome: ResourceToken
        do throws(IdentityFailure) {
            let workload = try await workloadToken(caller, jwt)
            outcome = try await gateway.identity.resourceToken("USER_FEDERATION", oauth, workload: workload, extra)
        } catch {
            throw .tool(cause: error.cause)
        }
        switch outcome {
        case .accessToken(let token): return token
        case .session("IN_PROGRESS"): throw .rpc(Invocation.stillWaiting)
        case .session: throw .tool(cause: "The authorization was not completed")
        case .authorizationURL(let url):
            guard revision >= .november2025 else { throw .rpc(cannotInitiate) }
            let elicitation = URLElicitation(
                id: world.entropy.uuid(for: "gateway.elicitation"), url: url,
                message: "Please login to this URL for authorization.")
            throw .rpc(elicitation.error("This request requires more information."))
        }
    }

    /// For the user whose JWT it is. Only a gateway without its rule (`A33`) believes a header.
    private func workloadToken(_ caller: Caller, _ jwt: String) async throws(IdentityFailure) -> Secret {
        if let user = caller.namedUser {
            return try await gateway.identity.workloadToken(record.workloadName, userID: user)
        }
        return try await gateway.identity.workloadToken(record.workloadName, jwt: jwt)
    }

    /// E31; its code is U17.
    private var cannotInitiate: JSONRPCError {
        JSONRPCError(world.switches.number(.cannotInitiateCode), "Cannot initiate authorization code grant flow")
    }
}
