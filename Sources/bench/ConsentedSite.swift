import Foundation
import Kernel

/// A served lab in which Alice consented: whatever is asked of it from now on is answered at once.
struct ConsentedSite {
    private let served: Neighbour
    let read: Question
    let gateways: Question
    let keys: Question
    let discovery: Question
    let list: Question
    let call: Question
    private let tokenURL: String

    static let aws = [
        "Content-Type": "application/json",
        "Authorization": "AWS4-HMAC-SHA256 Credential=000000000000/20261121/us-east-1/bedrock-agentcore/aws4_request, "
            + "SignedHeaders=host, Signature=0",
    ]

    static func gatewayBody(_ name: String) -> String {
        """
        {"name":"\(name)","roleArn":"arn:aws:iam::000000000000:role/gateway","protocolType":"MCP",\
        "authorizerType":"NONE"}
        """
    }

    /// Makes the provider, the gateway and the target by the AWS API, and lets Alice consent.
    init(_ served: Neighbour) throws {
        self.served = served
        let talk = Talk(served)
        let id = try Self.gateway(talk, idp: served.url("", at: 2))
        _ = try talk.post(6, "/_local/clock", ["advance": "1s"])
        try Self.addTarget(to: id, talk, app: served.url("", at: 5), mcp: served.url("", at: 4))
        let signedIn = try talk.post(6, "/_local/sign-in", ["user": "alice", "client": "web"])
        let token = signedIn["accessToken"]?.string ?? ""
        let url = served.url("/gateways/\(id)/mcp", at: 1)
        let fields = [
            "Content-Type": "application/json", "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": "2025-11-25", "Authorization": "Bearer \(token)",
        ]
        call = Question(
            method: "POST", url: url, fields: fields,
            body: #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"github___get_me","arguments":{}}}"#)
        list = Question(
            method: "POST", url: url, fields: fields, body: #"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#)
        try Self.consent(talk, call)
        guard try talk.ask(list)["result"]?["tools"]?.array?.isEmpty == false else { throw BenchFailure("no tools") }
        read = Question(url: served.url("/gateways/\(id)/"), fields: Self.aws)
        gateways = Question(url: served.url("/gateways/"), fields: Self.aws)
        let metadata = try talk.get(2, "/.well-known/openid-configuration")
        discovery = Question(url: served.url("/.well-known/openid-configuration", at: 2))
        keys = Question(url: metadata["jwks_uri"]?.string ?? "")
        tokenURL = metadata["token_endpoint"]?.string ?? ""
    }

    private static func gateway(_ talk: Talk, idp: String) throws -> String {
        let gateway = try talk.aws(
            "/gateways/",
            [
                "name": "bench", "roleArn": "arn:aws:iam::000000000000:role/gateway", "protocolType": "MCP",
                "protocolConfiguration": ["mcp": ["supportedVersions": ["2025-11-25"]]], "authorizerType": "CUSTOM_JWT",
                "authorizerConfiguration": [
                    "customJWTAuthorizer": [
                        "discoveryUrl": .string("\(idp)/.well-known/openid-configuration"), "allowedClients": ["web"],
                    ]
                ],
            ])
        return gateway["gatewayId"]?.string ?? ""
    }

    /// A target with its schema, and the provider that it takes users' tokens from.
    private static func addTarget(to gateway: String, _ talk: Talk, app: String, mcp: String) throws {
        let provider = try talk.aws(
            "/identities/CreateOauth2CredentialProvider",
            [
                "name": "github", "credentialProviderVendor": "GithubOauth2",
                "oauth2ProviderConfigInput": [
                    "githubOauth2ProviderConfig": [
                        "clientId": "Ov23liagentcorelocal", "clientSecret": "agentcore-local-secret",
                    ]
                ],
            ])
        let schema = #"{"tools":[{"name":"get_me","inputSchema":{"type":"object"}}]}"#
        _ = try talk.aws(
            "/gateways/\(gateway)/targets/",
            [
                "name": "github",
                "targetConfiguration": [
                    "mcp": [
                        "mcpServer": [
                            "endpoint": .string("\(mcp)/mcp"), "mcpToolSchema": ["inlinePayload": .string(schema)],
                        ]
                    ]
                ],
                "credentialProviderConfigurations": [
                    [
                        "credentialProviderType": "OAUTH",
                        "credentialProvider": [
                            "oauthCredentialProvider": [
                                "providerArn": provider["credentialProviderArn"] ?? .null,
                                "grantType": "AUTHORIZATION_CODE", "scopes": ["read:user"],
                                "defaultReturnUrl": .string("\(app)/callback"),
                            ]
                        ],
                    ]
                ],
            ])
    }

    /// The first call asks for it, and the second one has its token.
    private static func consent(_ talk: Talk, _ call: Question) throws {
        let asked = try talk.ask(call)
        guard let url = asked["error"]?["data"]?["elicitations"]?[0]?["url"]?.string else {
            throw BenchFailure("nobody was asked for consent: \(asked.text)")
        }
        _ = try talk.post(6, "/_local/consent", ["url": .string(url), "user": "alice", "decision": "approve"])
        guard try talk.ask(call)["result"] != nil else { throw BenchFailure("the vault has no token") }
    }

    /// A token for a client of its own.
    func token(client: String) -> Question {
        Question(
            method: "POST", url: tokenURL, fields: ["Content-Type": Form.mediaType],
            body: "grant_type=client_credentials&client_id=\(client)&client_secret=agentcore-local-secret")
    }

    /// One call after the other to a served lab.
    struct Talk {
        private let served: Neighbour
        init(_ served: Neighbour) { self.served = served }

        func aws(_ path: String, _ input: JSONValue) throws -> JSONValue {
            let fields = ConsentedSite.aws.map { "\($0.key): \($0.value)" }
            return try say("POST", 0, path, fields, input.text)
        }

        func post(_ place: Int, _ path: String, _ input: JSONValue) throws -> JSONValue {
            try say("POST", place, path, ["Content-Type: application/json"], input.text)
        }

        func get(_ place: Int, _ path: String) throws -> JSONValue { try say("GET", place, path, [], "") }

        func ask(_ question: Question) throws -> JSONValue {
            guard let parts = URLParts(question.url) else { throw BenchFailure("no URL: \(question.url)") }
            let place = (parts.port ?? served.port) - served.port
            return try say(
                question.method, place, parts.target, question.fields.map { "\($0.key): \($0.value)" }, question.body)
        }

        private func say(
            _ method: String, _ place: Int, _ path: String, _ fields: [String], _ body: String
        ) throws -> JSONValue {
            let answer = try WireClient(port: served.port + place).call(method, path, fields, body)
            guard (200..<300).contains(answer.status), let json = try? JSONValue(parsing: Array(answer.body)) else {
                throw BenchFailure(
                    "\(path) was answered \(answer.status): \(String(decoding: answer.body, as: UTF8.self))")
            }
            return json
        }
    }
}
