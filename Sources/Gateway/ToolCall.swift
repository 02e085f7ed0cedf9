import AWSCore
import Kernel
import MCPCore

/// One `tools/call`: finds the tool, gets the target's credential, calls the target.
struct ToolCall {
    private let endpoint: Endpoint
    private let params: JSONObject
    private let revision: Revision
    private var world: World { endpoint.world }
    private var record: GatewayRecord { endpoint.record }

    init(_ endpoint: Endpoint, _ params: JSONObject, _ revision: Revision) {
        self.endpoint = endpoint
        self.params = params
        self.revision = revision
    }

    /// Why a tool gave no answer: what an operator may know (E36), and how it shows.
    private enum Failure: Error {
        /// An `isError` result without the cause.
        case tool(cause: String)
        /// A client-credentials token could not be had (E38).
        case machineToken(cause: String)
        /// The target does not answer (E39).
        case dependency(cause: String)
        /// An error of the protocol, shown as it is.
        case rpc(JSONRPCError)
    }

    private static let generic = "An internal error occurred. Please retry later."

    func result() async throws(JSONRPCError) -> JSONValue {
        guard let name = params["name"]?.string else { throw .invalidParams("Invalid params: name expected") }
        let arguments = params["arguments"] ?? [:]
        guard arguments.object != nil else { throw .invalidParams("Invalid params: arguments must be an object") }
        if name == ToolSearch.name, endpoint.hasSearch { return try search(arguments) }
        let tool = try find(name)
        let override = try CallOverride(params, world: world)
        do throws(Failure) {
            let token = try await credential(of: tool.target, override)
            return try await call(tool, arguments, token)
        } catch {
            return try shown(error)
        }
    }

    private func search(_ arguments: JSONValue) throws(JSONRPCError) -> JSONValue {
        guard let query = arguments["query"]?.string else {
            return ToolMessage.text("Invalid arguments: query expected", isError: true)
        }
        let tools = try endpoint.allTools().filter { $0["name"]?.string != ToolSearch.name }
        return ToolSearch.result(ToolSearch.find(query, in: tools))
    }

    /// E35: a name without target, of a target that is not served, or of a tool it does not have.
    private func find(_ name: String) throws(JSONRPCError) -> ServedTool {
        let servingOld = world.switches.isOn(.pendingServeOld)
        guard let (targetName, toolName) = ToolName.parts(name) else { throw ToolMessage.unknownTool(name) }
        let key = "\(record.id)/\(targetName)"
        let found = try endpoint.look { transaction -> ServedTool? in
            guard let target = transaction.find(TargetRecord.self, where: "name", is: key).first else { return nil }
            return transaction.servedTools(of: target, servingOld: servingOld).first { $0.name == toolName }
        }
        guard let found else { throw ToolMessage.unknownTool(name) }
        return found
    }

    // MARK: - Credential

    /// The token that goes to the target; nil for a target without credential. It is always the target's own: the
    /// caller's token is for the gateway and nobody else (MCP 2025-11-25, authorization, token passthrough).
    private func credential(of target: TargetRecord, _ override: CallOverride) async throws(Failure) -> Secret? {
        guard let oauth = target.oauth else {
            guard target.credentials.isEmpty || target.credentials[0]["credentialProviderType"] == "GATEWAY_IAM_ROLE"
            else { throw .tool(cause: "This type of credential provider is not emulated") }
            return world.switches.holds(.noTokenPassthrough) ? nil : endpoint.caller.token.map { Secret($0) }
        }
        switch oauth.grant {
        case .clientCredentials: return try await machineToken(oauth)
        case .authorizationCode: return try await userToken(oauth, override)
        case .tokenExchange: return try await exchangedToken(oauth)
        }
    }

    private func machineToken(_ oauth: OAuthCredential) async throws(Failure) -> Secret {
        let identity = endpoint.gateway.identity
        do throws(IdentityFailure) {
            let workload = try await identity.workloadToken(record.workloadName)
            let outcome = try await identity.resourceToken("M2M", oauth, workload: workload)
            guard case .accessToken(let token) = outcome else { throw IdentityFailure(cause: "No token was issued") }
            return token
        } catch {
            throw .machineToken(cause: error.cause)
        }
    }

    private func exchangedToken(_ oauth: OAuthCredential) async throws(Failure) -> Secret {
        let identity = endpoint.gateway.identity
        do throws(IdentityFailure) {
            let workload = try await identity.workloadToken(record.workloadName, jwt: endpoint.caller.token ?? "")
            let outcome = try await identity.resourceToken("ON_BEHALF_OF_TOKEN_EXCHANGE", oauth, workload: workload)
            guard case .accessToken(let token) = outcome else { throw IdentityFailure(cause: "No token was issued") }
            return token
        } catch {
            throw .tool(cause: error.cause)
        }
    }

    /// A user's token from the vault, or the request to consent.
    ///
    /// The three conditions of `-32042`: the gateway offers 2025-11-25, the request says so in its header, and there
    /// is no token to use. Without one of the first two there is nothing to say but E31. Without a JWT there is no
    /// user (U19).
    private func userToken(_ oauth: OAuthCredential, _ override: CallOverride) async throws(Failure) -> Secret {
        guard let jwt = endpoint.caller.token else { throw .rpc(Self.cannotInitiate) }
        let identity = endpoint.gateway.identity
        var extra: JSONObject = [:]
        if let url = override.returnURL ?? oauth.defaultReturnURL {
            extra.append("resourceOauth2ReturnUrl", .string(url))
        }
        if let force = override.forceAuthentication { extra.append("forceAuthentication", .bool(force)) }
        let outcome: ResourceToken
        do throws(IdentityFailure) {
            let workload = try await identity.workloadToken(record.workloadName, jwt: jwt)
            outcome = try await identity.resourceToken("USER_FEDERATION", oauth, workload: workload, extra)
        } catch {
            throw .tool(cause: error.cause)
        }
        switch outcome {
        case .accessToken(let token): return token
        case .authorizationURL(let url):
            guard revision >= .november2025 else { throw .rpc(Self.cannotInitiate) }
            let elicitation = URLElicitation(
                id: world.entropy.uuid(for: "gateway.elicitation"), url: url,
                message: "Please login to this URL for authorization.")
            throw .rpc(elicitation.error("This request requires more information."))
        }
    }

    /// E31; its code is U17.
    private static let cannotInitiate = JSONRPCError(-32603, "Cannot initiate authorization code grant flow")

    // MARK: - Target

    private func call(_ tool: ServedTool, _ arguments: JSONValue, _ token: Secret?) async throws(Failure) -> JSONValue {
        guard let address = tool.target.mcpServer?["endpoint"]?.string else {
            throw .tool(cause: "This type of target is not emulated")
        }
        var client = MCPClient(network: world.network, endpoint: address, token: token)
        do throws(MCPFailure) {
            if world.switches.isOn(.upstreamHandshake) { try await client.connect(as: Crawler.name, version: "1.0.0") }
            return try await client.request("tools/call", ["name": .string(tool.name), "arguments": arguments])
        } catch {
            switch error {
            case .unreachable:
                throw .dependency(cause: "Unable to connect to the MCP server. Please check the server")
            default: throw .tool(cause: error.cause)
            }
        }
    }

    // MARK: - Failures

    /// Only a gateway with `exceptionLevel: DEBUG` says what really happened.
    private func shown(_ failure: Failure) throws(JSONRPCError) -> JSONValue {
        switch failure {
        case .rpc(let error): throw error
        case .machineToken(let cause):
            throw JSONRPCError(-32603, record.isDebug ? cause : Self.generic)
        case .tool(let cause): return errorResult(Self.generic, cause)
        case .dependency(let cause): return errorResult("DependencyFailedException: \(Self.generic)", cause)
        }
    }

    private func errorResult(_ text: String, _ cause: String) -> JSONValue {
        guard record.isDebug else { return ToolMessage.text(text, isError: true) }
        var result = ToolMessage.text(cause, isError: true).object ?? [:]
        result.append("_meta", ["debug": .string(cause)])
        return .object(result)
    }
}

/// What a single call may decide about its consent: `_meta` of the call, under the gateway's own name.
struct CallOverride {
    private(set) var returnURL: String?
    private(set) var forceAuthentication: Bool?

    private static let member = "aws.bedrock-agentcore.gateway/credentialProviderConfiguration"

    /// One page of the guide writes `oauthcredentialProvider`, all samples `oauthCredentialProvider`; both count.
    init(_ params: JSONObject, world: World) throws(JSONRPCError) {
        guard let configuration = params["_meta"]?[Self.member] else { return }
        var provider = configuration["oauthCredentialProvider"]
        if provider == nil, let misspelt = configuration["oauthcredentialProvider"] {
            world.note("_meta says oauthcredentialProvider; taken as oauthCredentialProvider")
            provider = misspelt
        }
        guard let provider else { return }
        guard let members = provider.object else { throw Self.invalid("oauthCredentialProvider must be an object") }
        if let url = members["returnUrl"] {
            guard let text = url.string, !text.isEmpty else { throw Self.invalid("returnUrl must be a string") }
            returnURL = text
        }
        if let force = members["forceAuthentication"] {
            guard let flag = force.bool else { throw Self.invalid("forceAuthentication must be a boolean") }
            forceAuthentication = flag
        }
    }

    private static func invalid(_ reason: String) -> JSONRPCError { .invalidParams("Invalid params: \(reason)") }
}
