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

    /// Ledger `iam-own-resources`.
    @Test(arguments: [("one", "passed 000000000000"), ("other", "403 AccessDeniedException")])
    func aPolicyForOneRoleAllowsThatRole(role: String, outcome: String) async throws {
        let lab = try AccountLab(["iam": "enforce"])
        func ask(_ action: String, _ members: (String, String)...) -> Request {
            var form = Form()
            form.append("Action", action)
            for (name, value) in members { form.append(name, value) }
            return Request(.post, "https://iam.amazonaws.com/", body: Array(form.encoded.utf8))
        }
        for name in ["one", "other"] {
            let made = ask(
                "CreateRole", ("RoleName", name), ("Path", "/team/"), ("AssumeRolePolicyDocument", "{}"))
            #expect(await lab.accounts.respond(to: made).status == 200)
        }
        let signed = SigV4.sign(
            ask("GetRole", ("RoleName", role)), SigV4.Credentials(keyID: "AKIASYNC", secret: Secret("sync-secret")),
            region: "us-east-1", service: "iam", at: lab.clock.now)
        #expect(lab.outcome(signed) == outcome)
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

    /// Even a root user: a policy of his own account says nothing about another's gateway.
    @Test(arguments: [
        ("sigv4", "verify", true), ("iam", "enforce", true), ("accounts.apart", "always", true),
        ("iam", "report", false), ("sigv4", "off", false),
    ])
    func aGatewayIsCalledFromItsOwnAccount(_ name: String, _ choice: String, _ isRefused: Bool) throws {
        let lab = try AccountLab([name: choice])
        let call = SigV4.sign(
            Request(.post, "\(AccountLab.origin)/mcp"), .init(keyID: "AKIAROOT", secret: Secret("root-secret")),
            region: "us-east-1", service: "bedrock-agentcore", at: lab.clock.now)
        #expect(lab.gate.refusal(of: call, toInvoke: lab.gateway(of: "000000000000")) == nil)
        let refusal = lab.gate.refusal(of: call, toInvoke: lab.gateway(of: "111122223333"))
        #expect(lab.stoppedBy == (isRefused ? ["account-boundary"] : []))
        #expect(refusal?.status == (isRefused ? 403 : nil))
        guard isRefused else { return }
        let resource = "arn:aws:bedrock-agentcore:us-east-1:111122223333:gateway/gw-abcdefghij"
        let action = "bedrock-agentcore:InvokeGateway"
        #expect(
            refusal?.json?["message"]?.string
                == "User: arn:aws:iam::000000000000:root is not authorized to perform: \(action) on resource: "
                + "\(resource) because no resource-based policy allows the \(action) action")
    }

    /// An ARN names the account that has the resource, also where the service asks as a role of another.
    @Test func whatTheServiceAsksForIsOfTheGatewaysAccount() throws {
        let lab = try AccountLab(["iam": "report"])
        let gateway = lab.gateway(of: "111122223333")
        try lab.store.write { $0.save(gateway) }
        let asked: JSONValue = ["workloadName": .string(gateway.id.rawValue)]
        let path = "\(AccountLab.origin)/identities/GetWorkloadAccessToken"
        let request = lab.service.request(path, asked)
        #expect(lab.outcome(request) == "passed 000000000000")
        lab.gate.remember(.json(200, ["workloadAccessToken": "t"]), to: request)
        let input: JSONValue = ["workloadIdentityToken": "t", "resourceCredentialProviderName": "key"]
        #expect(lab.outcome(lab.service.request("\(AccountLab.origin)/identities/api-key", input)).hasPrefix("passed"))
        let resources = (lab.gate.report["principals"]?.array ?? []).flatMap { principal in
            (principal["policy"]?["Statement"]?.array ?? []).compactMap { $0["Resource"]?.string }
        }
        #expect(resources.count >= 5)
        #expect(resources.allSatisfy { $0.contains(":111122223333:") }, "\(resources)")
    }

    /// Tags, resource policies and secrets are named by ARN, and an ARN names an account (ledger `account-boundary`).
    @Test(arguments: [
        (["sigv4": "verify"], "403 AccessDeniedException"), (["iam": "enforce"], "403 AccessDeniedException"),
        (["accounts.apart": "always"], "403 AccessDeniedException"), (["iam": "report"], "passed 000000000000"),
    ])
    func whatAnotherAccountHasIsRefusedByItsARN(_ chosen: [String: String], _ outcome: String) throws {
        let lab = try AccountLab(chosen)
        func ask(_ account: String, _ operation: String = "ListTagsForResource") throws -> Request {
            let arn = "arn:aws:bedrock-agentcore:us-east-1:\(account):gateway/gw-abcdefghij"
            return try lab.signed(operation, ["resourceArn": .string(arn)], key: "AKIAROOT", secret: "root-secret")
        }
        #expect(try lab.outcome(ask("000000000000")) == "passed 000000000000")
        for operation in ["ListTagsForResource", "GetResourcePolicy"] {
            #expect(try lab.outcome(ask("111122223333", operation)) == outcome)
        }
        guard outcome != "passed 000000000000" else { return }
        let words = "is not authorized to perform: bedrock-agentcore:ListTagsForResource on resource: "
        #expect(try lab.message(ask("111122223333")).contains(words))
        #expect(lab.stoppedBy == Array(repeating: "account-boundary", count: 3))
        let free = try AccountLab(chosen, off: ["account-boundary"])
        #expect(try free.outcome(ask("111122223333")) == "passed 000000000000")
    }

    /// A secret is asked for by its name or its ARN, and a policy names ARNs.
    @Test func aSecretsPolicyNamesTheSecret() throws {
        let lab = try AccountLab(["iam": "enforce"])
        func ask(_ id: String) -> String {
            let headers: HTTPFields = [fieldName("X-Amz-Target"): "secretsmanager.GetSecretValue"]
            let url = "https://secretsmanager.us-east-1.amazonaws.com/"
            let input: JSONValue = ["SecretId": .string(id)]
            let request = Request(.post, url, headers: headers, body: input.bytes)
            let keys = SigV4.Credentials(keyID: "AKIASYNC", secret: Secret("sync-secret"))
            return lab.outcome(
                SigV4.sign(request, keys, region: "us-east-1", service: "secretsmanager", at: lab.clock.now))
        }
        let arn = "arn:aws:secretsmanager:us-east-1:000000000000:secret:"
        #expect(ask("app/db") == "passed 000000000000" && ask("\(arn)app/db-a1b2c3") == "passed 000000000000")
        #expect(ask("other") == "403 AccessDeniedException")
        let foreign = "arn:aws:secretsmanager:us-east-1:111122223333:secret:app/db-a1b2c3"
        #expect(ask(foreign) == "403 AccessDeniedException")
    }

    /// Where a provider's secret is the caller's own, it is that one which is read (ledger `external-secret`).
    @Test(arguments: [
        ("app/key", "arn:aws:secretsmanager:us-east-1:000000000000:secret:app/key-??????"),
        ("arn:aws:secretsmanager:us-east-1:000000000000:secret:app/key-a1b2c3", nil),
    ])
    func anExternalSecretIsTheOneThatIsAskedFor(_ id: String, _ resource: String?) throws {
        let lab = try AccountLab(["iam": "report"])
        let reference: JSONValue = ["secretId": .string(id), "jsonKey": "k"]
        try lab.store.write { transaction in
            transaction.save(
                APIKeyProviderRecord(
                    name: ProviderName("key"), account: "000000000000", apiKey: Secret(""),
                    secretSource: SecretSource.external, secretSuffix: "abcdef",
                    configuration: ["apiKeySecretConfig": reference], createdAt: lab.clock.now))
        }
        let input: JSONObject = ["workloadIdentityToken": "t", "resourceCredentialProviderName": "key"]
        _ = try lab.outcome(lab.signed("GetResourceApiKey", input))
        let missing = (lab.gate.report["principals"]?.array ?? []).flatMap { $0["notAllowed"]?.array ?? [] }
        let used = (lab.gate.report["principals"]?.array ?? []).flatMap { principal in
            (principal["policy"]?["Statement"]?.array ?? []).compactMap { $0["Resource"]?.string }
        }
        #expect(used.contains(resource ?? id))
        #expect(!missing.contains { $0["action"] == "secretsmanager:GetSecretValue" })
        #expect(!used.contains { $0.contains("bedrock-agentcore-identity") })
    }

    /// The same where a consent is completed: the session tells which provider's secret is read.
    @Test func aCompletionAsksForTheExternalSecret() throws {
        let lab = try AccountLab(["iam": "report"])
        let reference: JSONValue = ["secretId": "app/client", "jsonKey": "k"]
        let configuration: JSONObject = [
            "customOauth2ProviderConfig": ["clientSecretSource": "EXTERNAL", "clientSecretConfig": reference]
        ]
        try lab.store.write { transaction in
            transaction.save(
                CredentialProviderRecord(
                    name: ProviderName("idp"), account: "000000000000", vendor: "CustomOauth2", clientID: "c",
                    clientSecret: nil, discovery: .url("https://idp.test/"), authenticationMethod: nil,
                    callbackID: "b", secretSuffix: "abcdef", configuration: configuration, createdAt: lab.clock.now))
        }
        let asked: JSONObject = [
            "workloadIdentityToken": "t", "resourceCredentialProviderName": "idp", "scopes": [],
            "oauth2Flow": "USER_FEDERATION",
        ]
        let uri = "urn:ietf:params:oauth:request_uri:s1"
        lab.gate.remember(
            .json(200, ["authorizationUrl": "https://a.test/", "sessionUri": .string(uri)]),
            to: try lab.signed("GetResourceOauth2Token", asked))
        for session in [uri, "\(uri)0"] {
            let input: JSONObject = ["sessionUri": .string(session), "userIdentifier": ["userId": "u"]]
            _ = try lab.outcome(lab.signed("CompleteResourceTokenAuth", input))
        }
        let used = (lab.gate.report["principals"]?.array ?? []).flatMap { principal in
            (principal["policy"]?["Statement"]?.array ?? []).compactMap { $0["Resource"]?.string }
        }
        #expect(used.contains("arn:aws:secretsmanager:us-east-1:000000000000:secret:app/client-??????"))
        // Of a session that began unseen nobody knows the provider.
        #expect(used.contains { $0.hasSuffix("bedrock-agentcore-identity!default/oauth2/*") })
    }

    /// A signature in the query string acts in its key's account as one in the header does.
    @Test(arguments: [("AKIAOTHER", "111122223333"), ("AKIAROOT", "000000000000"), ("222233334444", "222233334444")])
    func aPresignedRequestActsInItsAccount(_ key: String, _ account: String) throws {
        let lab = try AccountLab(["accounts.apart": "always"])
        let query = [
            "X-Amz-Algorithm=AWS4-HMAC-SHA256",
            "X-Amz-Credential=\(key)%2F20261120%2Fus-east-1%2Fbedrock-agentcore%2Faws4_request",
            "X-Amz-Date=20261120T100000Z", "X-Amz-Expires=60", "X-Amz-SignedHeaders=host", "X-Amz-Signature=0",
        ]
        let request = Request(.get, "\(AccountLab.origin)/gateways/?\(query.joined(separator: "&"))")
        #expect(lab.outcome(request) == "passed \(account)")
        #expect(AWSNames.account(of: Request(.get, "\(AccountLab.origin)/gateways/?x=1")) == "000000000000")
    }
}
