import Harness
import Kernel

// What the administrator does to the gateway and its target.
extension Play {
    mutating func takePendingConsent() async {
        guard stage.kind.asksAdministrator else { return }
        let (_, body) = await lab.call(
            "GetGatewayTarget",
            ["gatewayIdentifier": .string(stage.gateway), "targetId": .string(stage.target)])
        if let url = body["authorizationData"]?["oauth2"]?["authorizationUrl"]?.string {
            links["admin"] = [Link(url: url, name: "adminConsent")]
        }
        _ = audit()
    }

    mutating func update(_ givesTools: Bool) async -> Told? {
        var input = Stage.target(
            lab, stage.kind, gateway: stage.gateway, provider: stage.provider, givesTools: givesTools)
        input["targetId"] = .string(stage.target)
        let schema = givesTools ? ", mcpToolSchema: {inlinePayload: '\(Stage.tools)'}" : ""
        return await change(
            "UpdateGatewayTarget", input,
            [
                "with:", "  gatewayIdentifier: ${gateway}", "  targetId: ${target}", "  name: github",
                "  targetConfiguration: {mcp: {mcpServer: {endpoint: \"${lab.mcp}/mcp\"\(schema)}}}",
                "  credentialProviderConfigurations:", "    - credentialProviderType: OAUTH",
                "      credentialProvider:", "        oauthCredentialProvider:", "          providerArn: ${provider}",
                "          grantType: AUTHORIZATION_CODE", "          defaultReturnUrl: ${lab.app}/callback",
                "          scopes: [\(stage.kind.scopes.map { "\"\($0)\"" }.joined(separator: ", "))]",
            ], path: "body.authorizationData.oauth2.authorizationUrl")
    }

    mutating func change(
        _ operation: String, _ input: JSONObject, _ members: [String], path: String
    ) async -> Told {
        let (status, body) = await lab.call(operation, input)
        var told = Told(
            head: ["aws: \(operation)"] + members, observed: "status: \(status)", safe: "status: {at-least: 400}")
        let data = body["authorizationData"] ?? body["targets"]?[0]?["authorizationData"]
        if let url = data?["oauth2"]?["authorizationUrl"]?.string, !path.isEmpty {
            told.save = "\(keep(url, of: "admin")): \"\(path)\""
        }
        return told
    }

    /// A full replacement: all that the gateway was made with, and who is let in now.
    mutating func updateGateway(_ letsUsersIn: Bool) async -> Told {
        let client = letsUsersIn ? "web" : "exchange"
        var input = Stage.gateway(lab, letsIn: client)
        input["gatewayIdentifier"] = .string(stage.gateway)
        return await change(
            "UpdateGateway", input,
            [
                "with:", "  gatewayIdentifier: ${gateway}", "  name: demo-gw",
                "  roleArn: arn:aws:iam::111122223333:role/gateway", "  protocolType: MCP",
                "  protocolConfiguration: {mcp: {supportedVersions: [\"2025-11-25\"], searchType: SEMANTIC}}",
                "  authorizerType: CUSTOM_JWT", "  authorizerConfiguration:", "    customJWTAuthorizer:",
                "      discoveryUrl: ${lab.idp}/.well-known/openid-configuration",
                "      allowedClients: [\(client)]", "  exceptionLevel: DEBUG",
            ], path: "")
    }
}
