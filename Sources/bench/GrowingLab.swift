import HTTPTypes
import Harness
import Kernel

/// A lab that is filled. Its journal keeps little, so that memory is of what is there and not of what happened.
struct GrowingLab {
    private let lab: Lab
    private let gateway: String
    private let targetIDs = TargetIDs()

    init(_ definition: LabDefinition) async throws {
        lab = try Lab(definition, Self.options)
        let made = try await lab.aws("/gateways/", try JSONValue(parsing: ConsentedSite.gatewayBody("growth")))
        gateway = made["gatewayId"]?.string ?? ""
        await lab.advance(by: .seconds(1))
        _ = try await lab.aws("/identities/CreateWorkloadIdentity", ["name": "growth"])
    }

    static var options: LabOptions {
        var options = LabOptions()
        options.journalKeep = 1_000
        return options
    }

    private final class TargetIDs { var all: [String] = [] }

    func createTarget(_ number: Int) async throws {
        let schema = #"{"tools":[{"name":"get_me","inputSchema":{"type":"object"}}]}"#
        let made = try await lab.aws(
            "/gateways/\(gateway)/targets/",
            [
                "name": .string("t\(number)"),
                "targetConfiguration": [
                    "mcp": [
                        "mcpServer": [
                            "endpoint": "https://mcp.example.com/mcp",
                            "mcpToolSchema": ["inlinePayload": .string(schema)],
                        ]
                    ]
                ],
            ])
        if targetIDs.all.count < 100 { targetIDs.all.append(made["targetId"]?.string ?? "") }
    }

    func getTarget(_ place: Int) async throws {
        let url = lab.addresses.origin(of: .aws) + "/gateways/\(gateway)/targets/\(targetIDs.all[place])/"
        guard try await lab.network.send(Request(.get, url), from: .outside).status == 200 else {
            throw BenchFailure("the target was not found")
        }
    }

    @discardableResult
    func workloadToken(_ user: String) async throws -> JSONValue {
        let input: JSONValue = ["workloadName": "growth", "userId": .string(user)]
        let answer = try await lab.aws("/identities/GetWorkloadAccessTokenForUserId", input)
        return answer["workloadAccessToken"] ?? .null
    }

    func opaqueToken() async throws {
        let url = lab.addresses.origin(of: .github) + "/oauth/token"
        let body = "grant_type=client_credentials&client_id=Ov23liagentcorelocal&client_secret=agentcore-local-secret"
        let request = Request(
            .post, url, headers: [.contentType: Form.mediaType], body: Array(body.utf8))
        let response = try await lab.network.send(request, from: .outside)
        guard response.status == 200 else { throw BenchFailure("no token: \(response.status) \(response.bodyText)") }
    }

    func makeProvider() async throws {
        _ = try await lab.makeGithubProvider()
        let app = "\(lab.addresses.origin(of: .app))/callback"
        _ = try await lab.aws(
            "/identities/UpdateWorkloadIdentity",
            ["name": "growth", "allowedResourceOauth2ReturnUrls": [.string(app)]])
    }

    func openSession(_ user: String) async throws {
        let answer = try await lab.aws(
            "/identities/oauth2/token",
            [
                "workloadIdentityToken": try await workloadToken(user), "resourceCredentialProviderName": "github",
                "scopes": ["read:user"], "oauth2Flow": "USER_FEDERATION",
                "resourceOauth2ReturnUrl": .string("\(lab.addresses.origin(of: .app))/callback"),
            ])
        guard answer["authorizationUrl"] != nil else { throw BenchFailure("no session: \(answer.text)") }
    }
}
