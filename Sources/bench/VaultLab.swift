import HTTPTypes
import Harness
import Kernel
import OAuthCore

/// A lab in which a token can be asked for again and again.
struct VaultLab {
    let lab: Lab
    private let endpoint: String
    private let token: String
    private(set) var exchangesOfOneCall = 0

    /// Answers every tool call, and every request for a token with a new one.
    private struct AtOnce: Origin {
        func respond(to request: Request) async -> Response {
            guard let message = request.body.isEmpty ? nil : try? request.json() else {
                return .json(
                    200,
                    [
                        "access_token": .string("t\(hash64(String(decoding: request.body, as: UTF8.self)))"),
                        "token_type": "Bearer",
                        "expires_in": 36_000,
                    ])
            }
            return .json(
                200,
                [
                    "jsonrpc": "2.0", "id": message["id"] ?? .null,
                    "result": ["content": [["type": "text", "text": "{}"]], "isError": false],
                ])
        }
    }

    /// Alice consented through a gateway.
    static func consented(_ definition: LabDefinition) async throws -> VaultLab {
        let lab = try Lab(definition)
        let provider = try await lab.makeGithubProvider()
        let app = "\(lab.addresses.origin(of: .app))/callback"
        let discovery = "\(lab.addresses.origin(of: .idp))/.well-known/openid-configuration"
        let gateway = try await lab.aws(
            "/gateways/",
            [
                "name": "bench", "roleArn": "arn:aws:iam::111122223333:role/gateway", "protocolType": "MCP",
                "protocolConfiguration": ["mcp": ["supportedVersions": ["2025-11-25"]]], "authorizerType": "CUSTOM_JWT",
                "authorizerConfiguration": [
                    "customJWTAuthorizer": ["discoveryUrl": .string(discovery), "allowedClients": ["web"]]
                ],
            ])
        await lab.advance(by: .seconds(1))
        let id = gateway["gatewayId"]?.string ?? ""
        _ = try await lab.aws(
            "/identities/UpdateWorkloadIdentity",
            ["name": .string(id), "allowedResourceOauth2ReturnUrls": [.string(app)]])
        _ = try await lab.aws("/gateways/\(id)/targets/", target(lab, provider["credentialProviderArn"] ?? .null, app))
        let token = try await lab.signIn(user: "alice").accessToken
        var result = VaultLab(lab: lab, endpoint: gateway["gatewayUrl"]?.string ?? "", token: token)
        let question = try await result.call()
        guard let url = question["error"]?["data"]?["elicitations"]?[0]?["url"]?.string else {
            throw BenchFailure("nobody was asked for consent: \(question.text)")
        }
        _ = await lab.consent(url: url, user: "alice")
        lab.network.connect(.mcp, AtOnce())
        _ = try await result.call()
        let before = lab.store.journal().count
        _ = try await result.call()
        result.exchangesOfOneCall =
            lab.store.journal(after: before).filter { entry in
                if case .exchange = entry.event { true } else { false }
            }.count
        return result
    }

    private static func target(_ lab: Lab, _ provider: JSONValue, _ app: String) -> JSONValue {
        let schema = #"{"tools":[{"name":"get_me","inputSchema":{"type":"object"}}]}"#
        let endpoint = "\(lab.addresses.origin(of: .mcp))/mcp"
        return [
            "name": "github",
            "targetConfiguration": [
                "mcp": [
                    "mcpServer": ["endpoint": .string(endpoint), "mcpToolSchema": ["inlinePayload": .string(schema)]]
                ]
            ],
            "credentialProviderConfigurations": [
                [
                    "credentialProviderType": "OAUTH",
                    "credentialProvider": [
                        "oauthCredentialProvider": [
                            "providerArn": provider, "grantType": "AUTHORIZATION_CODE", "scopes": ["repo"],
                            "defaultReturnUrl": .string(app),
                        ]
                    ],
                ]
            ],
        ]
    }

    /// `tools/call` by Alice's client.
    func call() async throws -> JSONValue {
        let client = AgentClient(user: "alice", lab: lab)
        return try await client.send("tools/call", ["name": "github___get_me"], to: endpoint, token: token).message
            ?? .null
    }

    /// A workload that asks for tokens of its own.
    static func machine(_ definition: LabDefinition, _ options: LabOptions = LabOptions()) async throws -> VaultLab {
        let lab = try Lab(definition, options)
        let discovery = "\(lab.addresses.origin(of: .idp))/.well-known/openid-configuration"
        _ = try await lab.aws(
            "/identities/CreateOauth2CredentialProvider",
            [
                "name": "machine", "credentialProviderVendor": "CustomOauth2",
                "oauth2ProviderConfigInput": [
                    "customOauth2ProviderConfig": [
                        "oauthDiscovery": [
                            "authorizationServerMetadata": [
                                "issuer": .string(discovery),
                                "authorizationEndpoint": .string("\(lab.addresses.origin(of: .mcp))/authorize"),
                                "tokenEndpoint": .string("\(lab.addresses.origin(of: .mcp))/token"),
                            ]
                        ], "clientId": "machine", "clientSecret": "agentcore-local-secret",
                    ]
                ],
            ])
        _ = try await lab.aws("/identities/CreateWorkloadIdentity", ["name": "machine"])
        let answer = try await lab.aws("/identities/GetWorkloadAccessToken", ["workloadName": "machine"])
        lab.network.connect(.mcp, AtOnce())
        return VaultLab(lab: lab, endpoint: "", token: answer["workloadAccessToken"]?.string ?? "")
    }

    /// `GetResourceOauth2Token` for one scope.
    func ask(_ scope: String) async throws {
        let answer = try await lab.aws(
            "/identities/oauth2/token",
            [
                "workloadIdentityToken": .string(token), "resourceCredentialProviderName": "machine",
                "scopes": [.string(scope)], "oauth2Flow": "M2M",
            ])
        guard answer["accessToken"] != nil else { throw BenchFailure("no token: \(answer.text)") }
    }
}

extension Lab {
    func aws(_ path: String, _ input: JSONValue) async throws -> JSONValue {
        let request = Request(
            .post, addresses.origin(of: .aws) + path, headers: [.contentType: "application/json"], body: input.bytes)
        let response = try await network.send(request, from: .outside)
        guard (200..<300).contains(response.status), let json = response.json else {
            throw BenchFailure("\(path) was answered \(response.status): \(response.bodyText)")
        }
        return json
    }

    /// The provider `github`, of the default lab's application.
    func makeGithubProvider() async throws -> JSONValue {
        try await aws(
            "/identities/CreateOauth2CredentialProvider",
            [
                "name": "github", "credentialProviderVendor": "GithubOauth2",
                "oauth2ProviderConfigInput": [
                    "githubOauth2ProviderConfig": [
                        "clientId": "Ov23liagentcorelocal", "clientSecret": "agentcore-local-secret",
                    ]
                ],
            ])
    }
}
