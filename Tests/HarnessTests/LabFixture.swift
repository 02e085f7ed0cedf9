import Control
import Foundation
import HTTPTypes
import Harness
import Kernel
import TestSupport
import Testing

/// Labs for tests; the definition is read once.
enum LabFixture {
    static let definition = Result { try LabDefinition.load(named: "default", root: Checkout.root) }

    static func lab(_ change: (inout LabOptions) -> Void = { _ in }) throws -> Lab {
        var options = LabOptions()
        change(&options)
        return try Lab(definition.get(), options)
    }

    /// Origins as `serve` has them.
    static let served: [Party: String] = Dictionary(
        uniqueKeysWithValues: Party.served.enumerated().map { ($1, "http://127.0.0.1:\(4580 + $0)") })
}

/// A lab with its control API, and the calls that tests make.
struct ControlledLab {
    let lab: Lab
    let control: ControlOrigin

    init(_ change: (inout LabOptions) -> Void = { _ in }) throws {
        lab = try LabFixture.lab(change)
        control = ControlOrigin(lab: lab, version: "test")
    }

    init(_ lab: Lab) {
        self.lab = lab
        control = ControlOrigin(lab: lab, version: "test")
    }

    func call(_ method: HTTPRequest.Method, _ path: String, _ body: JSONValue? = nil) async -> Response {
        await control.respond(to: Request(method, "http://127.0.0.1:4586\(path)", body: body?.bytes ?? []))
    }

    /// The answer of a call that must succeed.
    func json(_ method: HTTPRequest.Method, _ path: String, _ body: JSONValue? = nil) async throws -> JSONValue {
        let response = await call(method, path, body)
        try #require(response.status == 200, "\(response.bodyText)")
        return try #require(response.json)
    }

    /// An AWS operation, as boto3 sends it.
    func aws(_ method: HTTPRequest.Method, _ path: String, _ body: JSONValue? = nil) async throws -> JSONValue {
        let origin = lab.addresses.origin(of: .aws)
        let headers: HTTPFields = [
            .contentType: "application/json",
            .authorization:
                "AWS4-HMAC-SHA256 Credential=111122223333/20261120/us-east-1/bedrock-agentcore/aws4_request",
        ]
        let request = Request(method, "\(origin)\(path)", headers: headers, body: body?.bytes ?? [])
        let response = try await lab.network.send(request, from: Party("admin"))
        try #require((200..<300).contains(response.status), "\(response.bodyText)")
        return response.json ?? .null
    }

    /// A GitHub provider, a gateway and a target with its schema up front: method 2.
    func makeTarget() async throws -> (gatewayURL: String, targetID: String) {
        let provider = try await aws(
            .post, "/identities/CreateOauth2CredentialProvider",
            [
                "name": "github-provider", "credentialProviderVendor": "GithubOauth2",
                "oauth2ProviderConfigInput": [
                    "githubOauth2ProviderConfig": [
                        "clientId": "Ov23liagentcorelocal", "clientSecret": "agentcore-local-secret",
                    ]
                ],
            ])
        let discovery = "\(lab.addresses.origin(of: .idp))/.well-known/openid-configuration"
        let gateway = try await aws(
            .post, "/gateways/",
            [
                "name": "demo-gw", "roleArn": "arn:aws:iam::111122223333:role/gw", "protocolType": "MCP",
                "authorizerType": "CUSTOM_JWT",
                "authorizerConfiguration": [
                    "customJWTAuthorizer": ["discoveryUrl": .string(discovery), "allowedClients": ["web"]]
                ],
                "protocolConfiguration": ["mcp": ["supportedVersions": ["2025-11-25"]]],
            ])
        let gatewayID = try #require(gateway["gatewayId"]?.string)
        await lab.advance(by: .seconds(1))
        let target = try await aws(.post, "/gateways/\(gatewayID)/targets/", Self.target(provider, lab))
        return (try #require(gateway["gatewayUrl"]?.string), try #require(target["targetId"]?.string))
    }

    private static func target(_ provider: JSONValue, _ lab: Lab) -> JSONValue {
        let schema =
            #"{"tools":[{"name":"get_me","description":"me","inputSchema":{"type":"object","properties":{}}}]}"#
        return [
            "name": "github",
            "targetConfiguration": [
                "mcp": [
                    "mcpServer": [
                        "endpoint": .string("\(lab.addresses.origin(of: .mcp))/mcp"),
                        "mcpToolSchema": ["inlinePayload": .string(schema)],
                    ]
                ]
            ],
            "credentialProviderConfigurations": [
                [
                    "credentialProviderType": "OAUTH",
                    "credentialProvider": [
                        "oauthCredentialProvider": [
                            "providerArn": provider["credentialProviderArn"] ?? .null,
                            "grantType": "AUTHORIZATION_CODE",
                            "defaultReturnUrl": .string("\(lab.addresses.origin(of: .app))/callback"),
                            "scopes": ["repo", "read:user"],
                        ]
                    ],
                ]
            ],
        ]
    }

    /// `tools/call` of `github___get_me` as alice's MCP client.
    func callTool(_ gatewayURL: String, token: String) async throws -> JSONValue {
        let client = AgentClient(user: "alice", lab: lab)
        let params: JSONObject = ["name": "github___get_me", "arguments": [:]]
        return try #require(try await client.send("tools/call", params, to: gatewayURL, token: token).message)
    }

    /// Signs alice in, makes a target and calls its tool: the URL she has to open.
    func consentURL() async throws -> (url: String, token: String, gatewayURL: String) {
        let (gatewayURL, _) = try await makeTarget()
        let token = try #require(
            try await json(.post, "/_local/sign-in", ["user": "alice", "client": "web"])["accessToken"]?.string)
        let asked = try await callTool(gatewayURL, token: token)
        #expect(asked["error"]?["code"] == -32042, "\(asked.text)")
        let url = try #require(asked["error"]?["data"]?["elicitations"]?[0]?["url"]?.string, "\(asked.text)")
        return (url, token, gatewayURL)
    }
}
