import AWSCore
import ControlPlane
import Kernel
import Testing

/// How much a target may have, and how many are worked on at a time.
struct LimitTests {
    private func lambda(_ gateway: String, name: String = "orders", _ tools: [JSONValue]) -> JSONObject {
        [
            "gatewayIdentifier": .string(gateway), "name": .string(name),
            "targetConfiguration": [
                "mcp": [
                    "lambda": [
                        "lambdaArn": "arn:aws:lambda:us-east-1:111122223333:function:orders",
                        "toolSchema": ["inlinePayload": .array(tools)],
                    ]
                ]
            ],
            "credentialProviderConfigurations": [["credentialProviderType": "GATEWAY_IAM_ROLE"]],
        ]
    }

    private func tool(_ name: String = "get", description: String = "Gets", type: String = "object") -> JSONValue {
        [
            "name": .string(name), "description": .string(description), "inputSchema": ["type": .string(type)],
        ]
    }

    /// Status and reason after the work.
    private func outcome(_ lab: ControlLab, _ input: JSONObject) async throws -> (String?, String?) {
        let id = try await lab.ok("CreateGatewayTarget", input)["targetId"]?.string ?? ""
        await lab.advance(.milliseconds(50))
        let name: JSONObject = [
            "gatewayIdentifier": input["gatewayIdentifier"] ?? .null, "targetId": .string(id),
        ]
        let target = try await lab.ok("GetGatewayTarget", name)
        return (target["status"]?.string, target["statusReasons"]?[0]?.string)
    }

    @Test(arguments: [(256, "object", nil), (257, "object", "256"), (3, "array", "object"), (3, "string", "object")])
    func aFunctionsToolsAreAsOthersAre(length: Int, type: String, fault: String?) async throws {
        let lab = ControlLab()
        let tools = [tool(String(repeating: "a", count: length), type: type)]
        let (status, reason) = try await outcome(lab, lambda(try await lab.ready(), tools))
        #expect(status == (fault == nil ? "READY" : "FAILED"))
        if let fault { #expect(reason?.contains(fault) == true) }
    }

    @Test func aFunctionTakesAnythingWhereTheLabSaysSo() async throws {
        let lab = ControlLab(["lambda.inputSchema": "any"])
        let input = lambda(try await lab.ready(), [tool(type: "array")])
        #expect(try await outcome(lab, input).0 == "READY")
    }

    @Test func aFunctionsSchemaHasTheSizeOfOthers() async throws {
        let lab = ControlLab()
        let text = String(repeating: "a", count: 600_000)
        let input = lambda(try await lab.ready(), [tool("one", description: text), tool("two", description: text)])
        let refused = try await lab.refusal("CreateGatewayTarget", input)
        #expect(refused.code == "ValidationException")
        #expect(refused.message.contains("1048576 bytes"))
    }

    @Test(arguments: [(256, "READY"), (257, "FAILED")])
    func aDocumentsNamesAreAsLongAsOthers(length: Int, expected: String) async throws {
        let lab = ControlLab()
        let gateway = try await lab.ready()
        let id = String(repeating: "a", count: length)
        let document =
            #"{"openapi":"3.0.0","servers":[{"url":"https://api.example.com"}],"paths":{"/x":{"get":{"operationId":"#
            + "\"\(id)\"" + #","responses":{}}}}}"#
        var input = Sample.target(gateway, credentials: nil)
        input["targetConfiguration"] = ["mcp": ["openApiSchema": ["inlinePayload": .string(document)]]]
        #expect(try await outcome(lab, input).0 == expected)
    }

    /// Nine at once, and a change of one that is READY (ledger `target-operations`).
    @Test func fiveTargetsAreWorkedOnAtATime() async throws {
        let lab = ControlLab()
        let gateway = try await lab.ready()
        let ready = try await lab.ok(
            "CreateGatewayTarget", Sample.target(gateway, name: "ready", payload: Sample.payload))
        let inputs = (1...9).map { lambda(gateway, name: "t\($0)", [tool()]) }
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for input in inputs { group.addTask { try await lab.call("CreateGatewayTarget", input).status } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(statuses.sorted() == [202, 202, 202, 202, 202, 409, 409, 409, 409])
        let name: JSONObject = ["gatewayIdentifier": .string(gateway), "targetId": ready["targetId"] ?? .null]
        let update = Sample.target(gateway, name: "ready", credentials: nil).merging(name)
        let asked = lab.identity.bodies.count
        for input in [update, Sample.target(gateway, name: "ready").merging(name)] {
            let refused = try await lab.refusal("UpdateGatewayTarget", input)
            #expect(refused.code == "ConflictException")
            #expect(refused.message.contains("not ready"))
        }
        #expect(lab.identity.bodies.count == asked)
        await lab.advance(.milliseconds(50))
        #expect(try await lab.call("UpdateGatewayTarget", update).status == 202)
    }

    @Test func aSynchronizationIsOneOfTheFive() async throws {
        let lab = ControlLab(["errors.targetOperations": "ThrottlingException"])
        let gateway = try await lab.ready()
        let first = try await lab.ok("CreateGatewayTarget", Sample.target(gateway, credentials: nil))
        let id = first["targetId"]?.string ?? ""
        try lab.store.write { transaction in
            guard let target = transaction.find(TargetRecord.self, TargetID(id)) else { return }
            _ = try transaction.apply(.crawlSucceeded, to: target, cause: "test", at: lab.clock.now)
        }
        for number in 1...5 {
            _ = try await lab.ok("CreateGatewayTarget", lambda(gateway, name: "t\(number)", [tool()]))
        }
        let sync: JSONObject = ["gatewayIdentifier": .string(gateway), "targetIdList": [.string(id)]]
        #expect(try await lab.refusal("SynchronizeGatewayTargets", sync).code == "ThrottlingException")
        await lab.advance(.milliseconds(50))
        #expect(try await lab.call("SynchronizeGatewayTargets", sync).status == 202)
    }

    /// A portal's provider is known by its whole ARN too.
    @Test(arguments: [("us-east-1", 202), ("eu-west-1", 404)])
    func aPortalNamesAProviderOfItsRegion(region: String, status: Int) async throws {
        let lab = ControlLab()
        let gateway = try await lab.ready()
        let vault = "arn:aws:bedrock-agentcore:\(region):000000000000:token-vault/default"
        let input: JSONObject = [
            "name": "portal", "executionRoleArn": "arn:aws:iam::111122223333:role/portal",
            "idpConfig": [
                "credentialProviderArn": .string("\(vault)/oauth2credentialprovider/github-provider"),
                "scopes": ["openid"],
            ],
            "sources": [["identifier": .string(gateway), "type": "agentcore-gateway"]],
        ]
        #expect(try await lab.call("CreateConsentPortal", input).status == status)
    }

    /// And so is its gateway, by its id or its whole ARN.
    @Test(arguments: [
        ("", 202), ("arn:aws:bedrock-agentcore:us-east-1:000000000000:gateway/", 202),
        ("arn:aws:bedrock-agentcore:us-east-1:111122223333:gateway/", 404),
        ("arn:aws:bedrock-agentcore:eu-west-1:000000000000:gateway/", 404),
        ("arn:aws-cn:bedrock-agentcore:us-east-1:000000000000:gateway/", 404),
    ])
    func aPortalNamesAGatewayByItsWholeARN(prefix: String, status: Int) async throws {
        let lab = ControlLab()
        let gateway = try await lab.ready()
        let vault = "arn:aws:bedrock-agentcore:us-east-1:000000000000:token-vault/default"
        let input: JSONObject = [
            "name": "portal", "executionRoleArn": "arn:aws:iam::111122223333:role/portal",
            "idpConfig": [
                "credentialProviderArn": .string("\(vault)/oauth2credentialprovider/github-provider"),
                "scopes": ["openid"],
            ],
            "sources": [["identifier": .string(prefix + gateway), "type": "agentcore-gateway"]],
        ]
        #expect(try await lab.call("CreateConsentPortal", input).status == status)
    }
}
