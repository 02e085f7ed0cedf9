import AWSCore
import AccountServices
import HTTPTypes
import Kernel
import Testing

/// Who gets in where signatures are verified and policies enforced.
struct AccessGateTests {
    private let target: JSONObject = ["gatewayIdentifier": "gw-abcdefghij", "targetIdList": ["ABCDEFGHIJ"]]

    @Test func aLabThatAsksNothingLetsEverybodyIn() throws {
        let lab = try AccountLab([:])
        #expect(lab.gate.isOpen)
        #expect(lab.outcome(Request(.get, "\(AccountLab.origin)/gateways/")) == "passed 000000000000")
    }

    @Test func aGoodSignatureActsInItsAccount() throws {
        let lab = try AccountLab(["sigv4": "verify"])
        #expect(try lab.outcome(lab.signed("ListGateways")) == "passed 000000000000")
        #expect(lab.stoppedBy.isEmpty)
    }

    @Test(arguments: [
        (Span.seconds(-301), "403 InvalidSignatureException"), (.seconds(-300), "passed 000000000000"),
        (.seconds(300), "passed 000000000000"), (.seconds(301), "403 InvalidSignatureException"),
    ])
    func aSignatureIsGoodForFiveMinutes(_ shift: Span, _ outcome: String) throws {
        let lab = try AccountLab(["sigv4": "verify"])
        #expect(try lab.outcome(lab.signed("ListGateways", at: shift)) == outcome)
    }

    @Test func everyWayASignatureIsNoGoodHasItsOwnError() throws {
        let lab = try AccountLab(["sigv4": "verify"])
        let good = try lab.signed("SynchronizeGatewayTargets", target)
        var changed = good
        changed.body = Array(#"{"targetIdList":["ZBCDEFGHIJ"]}"#.utf8)
        #expect(lab.outcome(changed) == "403 InvalidSignatureException")
        var hashed = good
        hashed.head.headerFields[fieldName("X-Amz-Content-Sha256")] = SigV4.hexDigest([])
        #expect(lab.outcome(hashed) == "403 InvalidSignatureException")
        #expect(try lab.outcome(lab.signed("ListGateways", secret: "x")) == "403 InvalidSignatureException")
        #expect(try lab.outcome(lab.signed("ListGateways", key: "AKIANO")) == "403 UnrecognizedClientException")
        var undated = good
        undated.head.headerFields[fieldName("X-Amz-Date")] = nil
        #expect(lab.outcome(undated) == "400 IncompleteSignatureException")
        let none = Request(.get, "\(AccountLab.origin)/gateways/")
        #expect(lab.outcome(none) == "403 MissingAuthenticationTokenException")
        #expect(Set(lab.stoppedBy) == ["signature-verified"])
    }

    @Test func whereARuleIsOffNothingIsRefusedByIt() throws {
        let lab = try AccountLab(["sigv4": "verify"], off: ["signature-verified"])
        #expect(lab.outcome(Request(.get, "\(AccountLab.origin)/gateways/")) == "passed 000000000000")
    }

    @Test func pagesForPeopleNeedNoSignature() throws {
        let lab = try AccountLab(["sigv4": "verify", "iam": "enforce"])
        let page = Request(.get, "\(AccountLab.origin)\(AWSNames.authorizePath)?request_uri=x")
        #expect(lab.outcome(page) == "passed 000000000000")
    }

    @Test func aRoleCanDoWhatItsPolicyAllowsAndNothingElse() throws {
        let lab = try AccountLab(["iam": "enforce"])
        #expect(try lab.outcome(lab.signed("SynchronizeGatewayTargets", target)) == "passed 000000000000")
        let refused = try lab.signed("GetGateway", ["gatewayIdentifier": "gw-abcdefghij"])
        #expect(lab.outcome(refused) == "403 AccessDeniedException")
        let resource = "arn:aws:bedrock-agentcore:us-east-1:000000000000:gateway/gw-abcdefghij"
        let action = "bedrock-agentcore:GetGateway"
        #expect(
            lab.message(refused)
                == "User: \(AccountLab.synchronizer) is not authorized to perform: \(action) on resource: \(resource) "
                + "because no identity-based policy allows the \(action) action")
        #expect(Set(lab.stoppedBy) == ["policy-enforced"])
    }

    @Test func theReportIsThePolicyThatWouldHaveBeenEnough() throws {
        let lab = try AccountLab(["iam": "report"])
        #expect(try lab.outcome(lab.signed("SynchronizeGatewayTargets", target)) == "passed 000000000000")
        let get = try lab.signed("GetGateway", ["gatewayIdentifier": "gw-abcdefghij"])
        #expect(lab.outcome(get) == "passed 000000000000")
        #expect(lab.outcome(get) == "passed 000000000000")
        #expect(try lab.outcome(lab.signed("GetTokenVault", key: "AKIAROOT")) == "passed 000000000000")
        let report = lab.gate.report
        #expect(report["mode"] == "report")
        let principals = report["principals"]?.array ?? []
        try #require(principals.count == 2)
        let resource: JSONValue = "arn:aws:bedrock-agentcore:us-east-1:000000000000:gateway/gw-abcdefghij"
        #expect(principals[0]["principal"] == .string(AccountLab.synchronizer))
        #expect(
            principals[0]["policy"]?["Statement"] == [
                [
                    "Effect": "Allow",
                    "Action": ["bedrock-agentcore:GetGateway", "bedrock-agentcore:SynchronizeGatewayTargets"],
                    "Resource": resource,
                ]
            ])
        #expect(principals[0]["notAllowed"] == [["action": "bedrock-agentcore:GetGateway", "resource": resource]])
        #expect(principals[1]["principal"] == "arn:aws:iam::000000000000:root")
        #expect(principals[1]["notAllowed"] == [])
        #expect(lab.stoppedBy.isEmpty)
    }

    @Test func aBrokenRequestIsNotAQuestionOfPermission() throws {
        let lab = try AccountLab(["iam": "enforce"])
        var broken = try lab.signed("SynchronizeGatewayTargets", target)
        broken.body = Array("{".utf8)
        #expect(lab.outcome(broken) == "passed 000000000000")
        #expect(lab.outcome(Request(.get, "\(AccountLab.origin)/nothing/here")) == "passed 000000000000")
    }
}
