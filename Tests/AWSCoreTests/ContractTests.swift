import AWSCore
import HTTPTypes
import Kernel
import TestSupport
import Testing

/// Inputs against the constraints of the model.
struct ContractTests {
    private let contract = Checkout.contract
    static let gateway: JSONObject = [
        "name": "demo", "roleArn": "arn:aws:iam::111122223333:role/gw", "authorizerType": "NONE",
    ]
    static let target: JSONObject = [
        "gatewayIdentifier": "demo-ab12cd34ef", "name": "github",
        "targetConfiguration": ["mcp": ["mcpServer": ["endpoint": "https://api.githubcopilot.com/mcp"]]],
    ]

    private func read(_ operation: String, _ input: JSONObject, manner: Contract.Manner = .strict) throws
        -> Contract.Input
    {
        let request = try contract.request(for: operation, input: input, origin: "https://aws.example")
        let (found, path) = try contract.operation(for: request)
        #expect(found.name == operation)
        return try contract.read(found, request: request, path: path, manner: manner)
    }

    private func faults(_ operation: String, _ input: JSONObject) -> [String: String] {
        do {
            _ = try read(operation, input)
            return [:]
        } catch let error as AWSError {
            #expect(error.code == .validation)
            #expect(error.reason == .fieldValidationFailed)
            return Dictionary(error.fieldList.map { ($0.name, $0.message) }) { $0 + " " + $1 }
        } catch {
            Issue.record("\(error)")
            return [:]
        }
    }

    @Test func everyOperationCanBeBuiltAndFoundAgain() throws {
        let labels: JSONObject = [
            "gatewayIdentifier": "demo-ab12cd34ef", "targetId": "T4RG3T0001", "ruleId": "r", "rateLimitId": "l",
            "resourceArn": "arn:aws:bedrock-agentcore:us-east-1:111122223333:gateway/demo-ab12cd34ef",
        ]
        for operation in contract.operations {
            let request = try contract.request(for: operation.name, input: labels, origin: "https://aws.example")
            #expect(try contract.operation(for: request).0 == operation)
        }
        #expect(contract.operations.count > 50)
        #expect(contract.version == "1.44.5")
    }

    /// What a client sends that puts an empty name into a path (ledger `aws-empty-label`).
    @Test func anEmptyNameInAPathIsABrokenConstraint() {
        let names: JSONObject = [
            "gatewayIdentifier": "demo-ab12cd34ef", "targetId": "T4RG3T0001", "ruleId": "r", "rateLimitId": "l",
        ]
        for operation in contract.operations where operation.uri.contains("{") {
            for hole in operation.uri.pieces(by: "/") where hole.hasPrefix("{") {
                let name = String(hole.dropFirst().dropLast())
                var input = names
                input[name] = ""
                #expect(faults(operation.name, input)[name] != nil, "\(operation.name) \(name)")
            }
        }
    }

    @Test func membersComeFromPathQueryAndBody() throws {
        let input = try read("ListGateways", ["maxResults": 5, "nextToken": "a+b&c/%"])
        #expect(input.members["maxResults"] == 5)
        #expect(input.members["nextToken"] == "a+b&c/%")
        // Encoded on the way and back again, before its pattern was looked at.
        #expect(faults("ListGateways", ["nextToken": "a b"]) != [:])
        let target = try read("CreateGatewayTarget", Self.target)
        #expect(target.members == Self.target)
        let arn = "arn:aws:bedrock-agentcore:us-east-1:111122223333:gateway/demo-ab12cd34ef"
        let tags = try read("UntagResource", ["resourceArn": .string(arn), "tagKeys": ["a", "b"]])
        #expect(tags.members["resourceArn"] == .string(arn))
        #expect(tags.members["tagKeys"] == ["a", "b"])
    }

    /// A caller knows the model's names, the wire another for one of them.
    @Test func aMemberInsideHasItsNameOfTheWire() throws {
        let domains: JSONValue = ["defaultDomain": "a.example.com", "alternateDomains": ["b.example.com"]]
        let input = try read("CreateGateway", Self.gateway.merging(["domainOverride": domains]))
        #expect(input.members["domainOverride"]?["default"] == "a.example.com")
        #expect(input.unknown.isEmpty)
    }

    /// A member that belongs in the path does not count in the body.
    @Test func aBodyCannotNameAnotherGateway() throws {
        var request = try contract.request(for: "CreateGatewayTarget", input: Self.target, origin: "https://a.example")
        request.body = Array(#"{"gatewayIdentifier":"other-ab12cd34ef","targetConfiguration":{}}"#.utf8)
        request.head.path = "/gateways/demo-ab12cd34ef/targets"
        let (operation, path) = try contract.operation(for: request)
        let error = #expect(throws: AWSError.self) {
            try contract.read(operation, request: request, path: path)
        }
        #expect(error?.fieldList.map(\.name) == ["targetConfiguration"])
    }

    @Test(
        arguments: [
            ("name", nil, "Member must not be null"),
            ("name", .null, "Member must not be null"),
            ("name", 7, "Member must be a string"),
            ("name", "bad name!!", "Member must satisfy regular expression pattern: ([0-9a-zA-Z][-]?){1,48}"),
            ("description", "", "Member must have length greater than or equal to 1"),
            (
                "description", .string(String(repeating: "x", count: 201)),
                "Member must have length less than or equal to 200"
            ),
            (
                "authorizerType", "BOGUS",
                "Member must satisfy enum value set: [CUSTOM_JWT, AWS_IAM, NONE, AUTHENTICATE_ONLY]"
            ),
            ("clientToken", "abc", "Member must have length greater than or equal to 33"),
            ("protocolConfiguration", "MCP", "Member must be a structure"),
            ("protocolConfiguration", [:], "Member must have exactly one of: [mcp]"),
            ("tags", ["a": .null], "Member must not be null"),
            ("interceptorConfigurations", [], "Member must have length greater than or equal to 1"),
            ("interceptorConfigurations", "x", "Member must be a list"),
        ] as [(String, JSONValue?, String)])
    func aGatewayThatBreaksOneConstraint(member: String, value: JSONValue?, message: String) {
        var input = Self.gateway
        input[member] = value
        let found = faults("CreateGateway", input)
        #expect(found.first { $0.key.hasPrefix(member) }?.value == message)
    }

    @Test func deepMembersAreNamedByTheirPath() {
        var input = Self.target
        input["targetConfiguration"] = [
            "mcp": ["mcpServer": ["endpoint": "http://x.example"], "lambda": [:]]
        ]
        input["credentialProviderConfigurations"] = [[:], [:]]
        let found = faults("CreateGatewayTarget", input)
        #expect(found["targetConfiguration.mcp"]?.hasPrefix("Member must have exactly one of: [openApiSchema,") == true)
        #expect(
            found["targetConfiguration.mcp.mcpServer.endpoint"]
                == "Member must satisfy regular expression pattern: https://.*")
        #expect(found["targetConfiguration.mcp.lambda.lambdaArn"] == "Member must not be null")
        #expect(found["credentialProviderConfigurations"] == "Member must have length less than or equal to 1")
        #expect(
            found["credentialProviderConfigurations.1.member.credentialProviderType"] == "Member must not be null")
    }

    /// The words of https://github.com/cloud-custodian/cloud-custodian/pull/9944.
    @Test func numbersHaveBounds() {
        #expect(
            faults("ListGateways", ["maxResults": 5000])["maxResults"]
                == "Member must have value less than or equal to 1000")
        #expect(
            faults("ListGateways", ["maxResults": 0])["maxResults"]
                == "Member must have value greater than or equal to 1")
        #expect(faults("ListGateways", ["maxResults": "many"])["maxResults"] == "Member must be an integer")
        let two: JSONObject = ["gatewayIdentifier": "demo-ab12cd34ef", "targetIdList": ["T4RG3T0001", "T4RG3T0002"]]
        #expect(
            faults("SynchronizeGatewayTargets", two)["targetIdList"]
                == "Member must have length less than or equal to 1")
    }

    @Test func severalFaultsStandInOneMessage() {
        let error = AWSError.invalid([.init("a", "Member must not be null"), .init("b.c", "Member must be a list")])
        #expect(
            error.message
                == """
                2 validation errors detected: Value at 'a' failed to satisfy constraint: Member must not be null; \
                Value at 'b.c' failed to satisfy constraint: Member must be a list
                """)
        #expect(error.response.status == 400)
        #expect(error.response.header(AWSError.typeHeader) == "ValidationException")
        #expect(error.response.json?["reason"] == "FieldValidationFailed")
        #expect(error.response.json?["fieldList"]?[1]?["name"] == "b.c")
    }

    /// Member names go into the journal, values never.
    @Test func unknownMembersAreIgnoredAndTold() throws {
        var input = Self.gateway
        input["colour"] = "blue"
        input["authorizerConfiguration"] = [
            "customJWTAuthorizer": ["discoveryUrl": "https://i.example/.well-known/openid-configuration", "x": 1],
            "__type": "a",
        ]
        let result = try read("CreateGateway", input)
        #expect(result.unknown == ["authorizerConfiguration.customJWTAuthorizer.x", "colour"])
        #expect(result.members["colour"] == nil)
        #expect(result.members["authorizerConfiguration"]?["customJWTAuthorizer"]?["x"] == nil)
    }

    @Test func secretsAreNeverRepeated() {
        let secret = String(repeating: "s3cret", count: 500)
        let error = #expect(throws: AWSError.self) {
            try read(
                "CreateOauth2CredentialProvider",
                [
                    "name": "p", "credentialProviderVendor": "GithubOauth2",
                    "oauth2ProviderConfigInput": [
                        "githubOauth2ProviderConfig": ["clientId": "", "clientSecret": .string(secret)]
                    ],
                ])
        }
        #expect(error?.fieldList.count == 2)
        #expect(error?.response.bodyText.contains("s3cret") == false)
    }
}
