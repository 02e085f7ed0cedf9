import AWSCore
import HTTPTypes
package import Harness
import Kernel

/// A lab with a gateway and a target in it, in which schedules are played again and again from the same moment.
package final class Stage: Sendable {
    package let lab: Lab
    let gateway: String
    let gatewayURL: String
    let target: String
    let provider: String
    let kind: Kind

    /// How the gateway of a stage is set up.
    package enum Kind: Sendable, CaseIterable {
        /// The tools are given with the target.
        case method2
        /// The tools are read with the administrator's consent.
        case method1
        /// As `method2`, and the provider's tokens expire and are refreshed.
        case expiring

        var asksAdministrator: Bool { self == .method1 }
        var client: String { self == .expiring ? "Iv23liagentcorelocal" : "Ov23liagentcorelocal" }
        var scopes: [String] { self == .expiring ? [] : ["repo", "read:user"] }
        /// What a scenario file says of it.
        var given: String {
            switch self {
            case .method1: "[github-provider, gateway, target-method-1]"
            case .method2: "[github-provider, gateway, target-method-2]"
            case .expiring:
                "[github-provider: {clientId: Iv23liagentcorelocal}, gateway, target-method-2: {scopes: []}]"
            }
        }
    }
    private let beginning: LabSnapshot
    /// What the requests of its schedules speak of.
    let names: Names

    /// Why there is no stage.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    static let tools = #"{"tools":[{"name":"get_me","inputSchema":{"type":"object","properties":{}}}]}"#

    package init(_ definition: LabDefinition, _ options: LabOptions, _ kind: Kind) async throws {
        let lab = try Lab(definition, options)
        self.lab = lab
        self.kind = kind
        func call(_ operation: String, _ input: JSONObject) async throws -> JSONValue {
            let (status, body) = await lab.call(operation, input)
            guard (200..<300).contains(status) else { throw Failure(description: "\(operation): \(body.text)") }
            return body
        }
        let made = try await call(
            "CreateOauth2CredentialProvider",
            [
                "name": "github-provider", "credentialProviderVendor": "GithubOauth2",
                "oauth2ProviderConfigInput": [
                    "githubOauth2ProviderConfig": [
                        "clientId": .string(kind.client), "clientSecret": .string(Self.secret),
                    ]
                ],
            ])
        provider = made["credentialProviderArn"]?.string ?? ""
        var names = Names(lab, ["provider": provider])
        let gateway = try await call("CreateGateway", names.filled(Self.gateway(letsIn: "web")))
        self.gateway = gateway["gatewayId"]?.string ?? ""
        names["gateway"] = self.gateway
        gatewayURL = gateway["gatewayUrl"]?.string ?? ""
        await lab.advance(by: .seconds(1))
        _ = try await call(
            "UpdateWorkloadIdentity",
            [
                "name": gateway["gatewayId"] ?? .null,
                "allowedResourceOauth2ReturnUrls": [.string("\(lab.addresses.origin(of: .app))/callback")],
            ])
        await lab.advance(by: .seconds(1))
        let answer = try await call(
            "CreateGatewayTarget",
            names.filled(Self.target(kind, givesTools: !kind.asksAdministrator)))
        target = answer["targetId"]?.string ?? ""
        names["target"] = target
        self.names = names
        beginning = lab.snapshot()
    }

    static let secret = "agentcore-local-secret"

    /// Members of a create or an update, as in `scenarios/given/gateway.yaml`.
    static func gateway(letsIn client: String) -> JSONObject {
        [
            "name": "demo-gw", "roleArn": "arn:aws:iam::111122223333:role/gateway", "protocolType": "MCP",
            "protocolConfiguration": ["mcp": ["supportedVersions": ["2025-11-25"], "searchType": "SEMANTIC"]],
            "authorizerType": "CUSTOM_JWT",
            "authorizerConfiguration": [
                "customJWTAuthorizer": [
                    "discoveryUrl": "${lab.idp}/.well-known/openid-configuration", "allowedClients": [.string(client)],
                ]
            ],
            "exceptionLevel": "DEBUG",
        ]
    }

    /// Members of a create or an update.
    static func target(_ kind: Kind, givesTools: Bool) -> JSONObject {
        var server: JSONObject = ["endpoint": "${lab.mcp}/mcp"]
        if givesTools { server["mcpToolSchema"] = ["inlinePayload": .string(tools)] }
        let oauth: JSONValue = [
            "providerArn": "${provider}", "grantType": "AUTHORIZATION_CODE",
            "defaultReturnUrl": "${lab.app}/callback", "scopes": .strings(kind.scopes),
        ]
        return [
            "gatewayIdentifier": "${gateway}", "name": "github",
            "targetConfiguration": ["mcp": ["mcpServer": .object(server)]],
            "credentialProviderConfigurations": [
                ["credentialProviderType": "OAUTH", "credentialProvider": ["oauthCredentialProvider": oauth]]
            ],
        ]
    }

    /// Back to the moment at which every schedule begins.
    func rewind() throws { try lab.restore(beginning) }
}

extension Lab {
    /// An AWS operation as an administrator's program sends it.
    func call(_ operation: String, _ input: JSONObject, as caller: String = "admin") async -> (Int, JSONValue) {
        do {
            var request = try contract.request(
                for: operation, input: input, origin: addresses.origin(of: .aws))
            let zeros = String(repeating: "0", count: 64)
            request.head.headerFields[.authorization] =
                "AWS4-HMAC-SHA256 Credential=000000000000/20261120/us-east-1/bedrock-agentcore/aws4_request, "
                + "SignedHeaders=host, Signature=\(zeros)"
            let response = try await network.send(request, from: Party("\(caller)'s AWS client"))
            return (response.status, response.json ?? .null)
        } catch {
            return (0, .string("\(error)"))
        }
    }
}
