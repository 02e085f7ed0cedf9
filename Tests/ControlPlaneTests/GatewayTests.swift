import AWSCore
import ControlPlane
import HTTPTypes
import Kernel
import TestSupport
import Testing

struct GatewayTests {
    @Test func aGatewayIsCreatedAndReadyAfterItsWork() async throws {
        let lab = ControlLab()
        let created = try await lab.ok("CreateGateway", Sample.gateway)
        let id = try #require(created["gatewayId"]?.string)
        #expect(id.hasPrefix("demo-gw-"))
        #expect(created["status"] == "CREATING")
        #expect(created["createdAt"] == "2026-11-20T10:00:00Z")
        #expect(
            created["gatewayUrl"]?.string
                == "https://\(id).gateway.bedrock-agentcore.us-east-1.amazonaws.com/mcp")
        #expect(created["authorizerConfiguration"] == Sample.gateway["authorizerConfiguration"])
        await lab.advance(.milliseconds(50))
        let got = try await lab.ok("GetGateway", ["gatewayIdentifier": .string(id)])
        #expect(got["status"] == "READY")
        #expect(got["updatedAt"] == "2026-11-20T10:00:00.050Z")
        #expect(lab.trace("gateway \(id)") == ["CREATING", "READY"])
    }

    @Test func aGatewayHasAWorkloadIdentityOfItsOwn() async throws {
        let lab = ControlLab()
        let id = try await lab.ready()
        let got = try await lab.ok("GetWorkloadIdentity", ["name": .string(id)])
        #expect(got["allowedResourceOauth2ReturnUrls"] == [])
        #expect(got["createdTime"] == 1795168800.0)
        let refused = try await lab.refusal("DeleteWorkloadIdentity", ["name": .string(id)])
        #expect(refused.code == "ValidationException")
    }

    @Test func aNameIsTakenOnce() async throws {
        let lab = ControlLab()
        _ = try await lab.ready()
        let refused = try await lab.refusal("CreateGateway", Sample.gateway)
        #expect(refused.status == 409)
        #expect(refused.message.contains("already exists"))
        let other = try await lab.call("CreateGateway", Sample.gateway, account: "123456789012")
        #expect(other.status == 202)
        let flipped = ControlLab(["errors.duplicateName": "ValidationException"])
        _ = try await flipped.ready()
        #expect(try await flipped.refusal("CreateGateway", Sample.gateway).reason == "ResourceConflict")
    }

    /// Same token and same body: the same answer. Another body: refused (ledger `client-token`).
    @Test func aClientTokenMakesACreateRepeatable() async throws {
        let lab = ControlLab()
        var input = Sample.gateway
        input["clientToken"] = "b7d872ff-87c7-49c7-bb29-99ff1a2bdb3a"
        let first = try await lab.ok("CreateGateway", input)
        #expect(try await lab.ok("CreateGateway", input) == first)
        input["description"] = "another"
        let refused = try await lab.refusal("CreateGateway", input)
        #expect(refused.reason == "IdempotentParameterMismatchException")
        #expect(try await lab.ok("ListGateways")["items"]?.array?.count == 1)
    }

    /// What is remembered goes back and forth with the store (ledger `client-token-life`).
    @Test func aClientTokenIsRememberedAcrossSnapshots() async throws {
        let lab = ControlLab()
        var input = Sample.gateway
        input["clientToken"] = "b7d872ff-87c7-49c7-bb29-99ff1a2bdb3a"
        let before = lab.store.picture()
        let first = try await lab.ok("CreateGateway", input)
        let after = lab.store.picture()
        try lab.store.restore(before)
        let second = try await lab.ok("CreateGateway", input)
        #expect(second["gatewayId"] != first["gatewayId"])
        try lab.store.restore(after)
        #expect(try await lab.ok("CreateGateway", input) == first)
        await lab.advance(.minutes(8 * 60))
        #expect(try await lab.refusal("CreateGateway", input).message.contains("already exists"))
    }

    /// Ledger `client-token-gone`.
    @Test(arguments: [("new", false), ("replay", true)])
    func aClientTokenAfterTheGatewaysEnd(choice: String, isSame: Bool) async throws {
        let lab = ControlLab(["clientToken.gone": choice])
        var input = Sample.gateway
        input["clientToken"] = "b7d872ff-87c7-49c7-bb29-99ff1a2bdb3a"
        let first = try await lab.ok("CreateGateway", input)
        await lab.advance(.milliseconds(50))
        _ = try await lab.ok("DeleteGateway", ["gatewayIdentifier": first["gatewayId"] ?? .null])
        #expect(try await lab.ok("CreateGateway", input) == first)
        await lab.advance(.milliseconds(50))
        #expect(try await lab.ok("CreateGateway", input)["gatewayId"] == first["gatewayId"] ? isSame : !isSame)
    }

    /// Ledger `rule-targets`.
    @Test func rulesHoldTheirGatewayAndItsTargets() async throws {
        let lab = ControlLab()
        let id = try await lab.ready()
        let name: JSONObject = ["gatewayIdentifier": .string(id)]
        let rule = name.merging([
            "priority": 1, "actions": [["routeToTarget": ["staticRoute": ["targetName": "github"]]]],
        ])
        #expect(try await lab.refusal("CreateGatewayRule", rule).code == "ResourceNotFoundException")
        let target = try await lab.ok("CreateGatewayTarget", Sample.target(id, payload: Sample.payload))
        let routed = name.merging(["targetId": target["targetId"] ?? .null])
        let made = try await lab.ok("CreateGatewayRule", rule)
        #expect(try await lab.refusal("DeleteGatewayTarget", routed).code == "ConflictException")
        let ruleName = name.merging(["ruleId": made["ruleId"] ?? .null])
        let other: JSONObject = ["actions": [["routeToTarget": ["staticRoute": ["targetName": "none"]]]]]
        #expect(try await lab.refusal("UpdateGatewayRule", ruleName.merging(other)).status == 404)
        _ = try await lab.ok("DeleteGatewayRule", ruleName)
        _ = try await lab.ok("DeleteGatewayTarget", routed)
        await lab.advance(.milliseconds(50))
        let bundle: JSONValue = [
            "bundleArn": "arn:aws:bedrock-agentcore:us-east-1:111122223333:configuration-bundle/b-abcdefghij",
            "bundleVersion": "b7d872ff-87c7-49c7-bb29-99ff1a2bdb3a",
        ]
        let override: JSONValue = [["configurationBundle": ["staticOverride": bundle]]]
        let last = try await lab.ok("CreateGatewayRule", rule.merging(["actions": override]))
        let refused = try await lab.refusal("DeleteGateway", name)
        #expect(refused.code == "ValidationException" && refused.message.contains("has rules associated with it"))
        _ = try await lab.ok("DeleteGatewayRule", name.merging(["ruleId": last["ruleId"] ?? .null]))
        _ = try await lab.ok("DeleteGateway", name)
        #expect(try await lab.refusal("CreateGatewayRule", rule.merging(["actions": override])).status == 409)
    }

    @Test func anUpdateReplacesEverything() async throws {
        let lab = ControlLab()
        let id = try await lab.ready(["description": "old", "exceptionLevel": "DEBUG"])
        var input = Sample.gateway
        input["gatewayIdentifier"] = .string(id)
        let updated = try await lab.ok("UpdateGateway", input)
        #expect(updated["status"] == "UPDATING")
        #expect(updated["description"] == nil)
        #expect(updated["exceptionLevel"] == nil)
        #expect(try await lab.refusal("UpdateGateway", input).status == 409)
        await lab.advance(.milliseconds(50))
        #expect(lab.trace("gateway \(id)") == ["CREATING", "READY", "UPDATING", "READY"])
    }

    @Test(
        arguments: [
            ("name", "Other"), ("authorizerType", "NONE"),
            ("protocolConfiguration", ["mcp": ["supportedVersions": ["2025-06-18"]]]),
            ("protocolConfiguration", ["mcp": ["searchType": "SEMANTIC"]]),
            ("protocolConfiguration", ["mcp": ["supportedVersions": ["1999-01-01"]]]),
        ] as [(String, JSONValue)])
    func someMembersAreFixedAtCreation(member: String, value: JSONValue) async throws {
        let lab = ControlLab()
        let id = try await lab.ready()
        var input = Sample.gateway
        input["gatewayIdentifier"] = .string(id)
        input[member] = value
        #expect(try await lab.refusal("UpdateGateway", input).code == "ValidationException")
        #expect(lab.trace("gateway \(id)") == ["CREATING", "READY"])
    }

    @Test func aGatewayIsDeletedAfterItsTargets() async throws {
        let lab = ControlLab()
        let id = try await lab.ready()
        let name: JSONObject = ["gatewayIdentifier": .string(id)]
        let target = try await lab.ok("CreateGatewayTarget", Sample.target(id, payload: Sample.payload))
        let refused = try await lab.refusal("DeleteGateway", name)
        #expect(refused.code == "ValidationException")
        #expect(
            refused.message.contains(
                "has targets associated with it. Delete all targets before deleting the gateway."))
        _ = try await lab.ok("DeleteGatewayTarget", name.merging(["targetId": target["targetId"] ?? .null]))
        await lab.advance(.milliseconds(50))
        #expect(try await lab.ok("DeleteGateway", name)["status"] == "DELETING")
        #expect(try await lab.ok("GetGateway", name)["status"] == "DELETING")
        #expect(try await lab.refusal("DeleteGateway", name).status == 409)
        await lab.advance(.milliseconds(50))
        #expect(try await lab.refusal("GetGateway", name).code == "ResourceNotFoundException")
        #expect(try await lab.refusal("GetWorkloadIdentity", ["name": .string(id)]).status == 404)
    }

    @Test func listsHavePages() async throws {
        let lab = ControlLab()
        for number in 1...5 { _ = try await lab.ok("CreateGateway", Sample.gateway.merging(["name": "gw\(number)"])) }
        var names: [String] = []
        var input: JSONObject = ["maxResults": 2]
        for _ in 0..<3 {
            let page = try await lab.ok("ListGateways", input)
            names += page["items"]?.array?.compactMap { $0["name"]?.string } ?? []
            input["nextToken"] = page["nextToken"]
        }
        #expect(names == ["gw1", "gw2", "gw3", "gw4", "gw5"])
        #expect(input["nextToken"] == nil)
        for token in ["nonsense", "Z2F0ZXdheXM", ""] {
            #expect(try await lab.refusal("ListGateways", ["nextToken": .string(token)]).status == 400)
        }
        #expect(try await lab.ok("ListGateways", account: "123456789012")["items"] == [])
    }

    @Test func quotasAreAPaymentMatter() async throws {
        var quotas = AWSSettings.Quotas()
        quotas.gateways = 1
        let lab = ControlLab(quotas: quotas)
        _ = try await lab.ok("CreateGateway", Sample.gateway)
        let refused = try await lab.refusal("CreateGateway", Sample.gateway.merging(["name": "two"]))
        #expect(refused.status == 402)
        #expect(refused.code == "ServiceQuotaExceededException")
    }

    @Test func whatIsNotSupportedIsNamed() async throws {
        let lab = ControlLab()
        // Whatever the contract has of this service is there.
        let known = Checkout.contract.operations.filter { $0.service == .control }.map(\.name)
        #expect(Set(known) == Set(ControlPlane.operationNames))
        let stray = try await lab.network.send(Request(.post, "\(ControlLab.origin)/nowhere"), from: Party("admin"))
        #expect(stray.status == 400)
        #expect(stray.json?["message"]?.string?.contains("Operation POST /nowhere") == true)
        #expect(stray.header(.contentType) == "application/json")
    }

    @Test func aGatewayWithoutItsAuthorizerConfigurationIsRefused() async throws {
        let lab = ControlLab()
        var input = Sample.gateway
        input["authorizerConfiguration"] = nil
        #expect(try await lab.refusal("CreateGateway", input).reason == "FieldValidationFailed")
        #expect(try await lab.ok("ListGateways")["items"] == [])
    }
}
