import AWSCore
import HTTPTypes
import IdentityService
import Kernel
import Testing

@Suite struct ReturnURLTests {
    /// E65, Q14 and the text for a URL that is not on the list.
    @Test func anAgentRegistersItsURL() async throws {
        let lab = try Fixture()
        let bare = try await lab.ask(lab.workloadToken("bare"))
        #expect(
            bare.message
                == "You must register and use at least one ResourceOauth2ReturnUrl on your workload identity "
                + "to use this flow"
        )
        let token = try await lab.workloadToken()
        let missing = try await lab.ask(token, ["resourceOauth2ReturnUrl": .null])
        #expect(missing.message == "You must provide a ResourceOauth2ReturnUrl to proceed with this flow")
        for url in [
            Fixture.returnURL + "/", "https://APP.example.com/callback", Fixture.returnURL + "?x=1",
            "https://evil.test",
        ] {
            let answer = try await lab.ask(token, ["resourceOauth2ReturnUrl": .string(url)])
            #expect(answer.status == 400)
            #expect(answer.message == "Callback URL \(url) is not registered for AgentIdentity agent")
        }
        let uri = try #require(try await lab.ask(token).json?["sessionUri"])
        let poll = try await lab.ask(token, ["sessionUri": uri, "resourceOauth2ReturnUrl": .null])
        #expect(poll.message == "You must provide a ResourceOauth2ReturnUrl to proceed with this flow")
        // For want of any list, and for each URL that is not on it.
        #expect(lab.brokenRules == Array(repeating: "registered-return-url", count: 5))
    }

    @Test(
        arguments: [
            ("list", nil, 200), ("list", [], 200), ("strict", nil, 400), ("strict", [], 400),
            ("list", ["https://x.test"], 400), ("off", ["https://x.test"], 200),
        ]
            as [(String, [String]?, Int)])
    func aGatewaysIdentity(manner: String, list: [String]?, status: Int) async throws {
        let lab = try Fixture(chosen: ["returnUrl.enforce": manner])
        try lab.setList(list)
        let token = try await lab.workloadToken("gw-abcdefghij")
        #expect(try await lab.ask(token, byService: true).status == status)
    }

    /// U6: what a target returns to by itself needs no place on a list that somebody set.
    @Test(arguments: [("list", 200), ("strict", 400)])
    func aTargetsOwnURL(manner: String, status: Int) async throws {
        let lab = try Fixture(chosen: ["returnUrl.enforce": manner])
        try lab.setList(["https://x.test"])
        let token = try await lab.workloadToken("gw-abcdefghij")
        let address = TargetAddress(gateway: GatewayID("gw-abcdefghij"), target: TargetID("T1"))
        // In its own name, while the target is not kept yet.
        #expect(try await lab.ask(token, byService: true, notify: address).status == status)
        #expect(try await lab.ask(token, byService: true).status == 400)
        let oauth: JSONObject = ["providerArn": "arn:x", "defaultReturnUrl": .string(Fixture.returnURL)]
        let target = TargetRecord(
            id: address.target, gateway: address.gateway, name: "t", state: .init(.ready), createdAt: lab.clock.now,
            configuration: [:], credentials: [["credentialProvider": ["oauthCredentialProvider": .object(oauth)]]])
        try lab.store.write { $0.save(target) }
        #expect(try await lab.ask(token, byService: true).status == status)
        let longer: JSONObject = ["resourceOauth2ReturnUrl": .string(Fixture.returnURL + "/")]
        #expect(try await lab.ask(token, longer, byService: true).status == 400)
        // An agent's identity has no targets.
        #expect(try await lab.ask(lab.workloadToken(), longer).status == 400)
    }

    @Test func aReturnURLKeepsItsQuery() async throws {
        let lab = try Fixture(off: ["registered-return-url"])
        let answer = try await lab.ask(
            lab.workloadToken(), ["resourceOauth2ReturnUrl": "https://app.example.com/back?tab=1"])
        let sent = try await lab.openURL(of: answer)
        let back = try await lab.callback(["code": "c", "state": sent["state"] ?? ""])
        #expect(back.header(.location)?.hasPrefix("https://app.example.com/back?tab=1&session_id=urn") == true)
    }

    @Test func polling() async throws {
        let lab = try Fixture()
        let token = try await lab.workloadToken()
        let uri = try await lab.consent(token)
        let poll: JSONObject = ["sessionUri": .string(uri)]
        #expect(try await lab.ask(token, poll).json == ["sessionUri": .string(uri), "sessionStatus": "IN_PROGRESS"])
        #expect(try await lab.ask(lab.workloadToken(user: "bob"), poll).status == 403)
        lab.clock.addDelay(.minutes(10))
        #expect(try await lab.ask(token, poll).json?["sessionStatus"] == "FAILED")
    }
}

extension Fixture {
    /// The list of return URLs of the gateway's identity.
    fileprivate func setList(_ list: [String]?) throws {
        try store.write { transaction in
            let id = WorkloadName("gw-abcdefghij").of("000000000000")
            guard var workload = transaction.find(WorkloadIdentityRecord.self, id) else { return }
            workload.allowedReturnURLs = list
            transaction.save(workload)
        }
    }
}
