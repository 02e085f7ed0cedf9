import AWSCore
import HTTPTypes
import IdentityService
import Kernel
import Testing

@Suite struct CompletionTests {
    private func expectRefusal(_ answer: Response) {
        #expect(answer.status == 403)
        #expect(answer.errorType == "AccessDeniedException")
        #expect(answer.message == "Invalid or expired session")
    }

    /// E60: unknown, not yet consented, used, superseded and expired are one answer.
    @Test func oneTextForAll() async throws {
        let lab = try Fixture()
        let token = try await lab.workloadToken()
        expectRefusal(try await lab.complete(Fixture.session + "unknown"))
        let early = try await lab.ask(token)
        expectRefusal(try await lab.complete(early.json?["sessionUri"]?.string ?? ""))
        let older = try await lab.consent(token)
        let newer = try await lab.consent(token)
        #expect(lab.transitions(of: older).last == "SUPERSEDED")
        expectRefusal(try await lab.complete(older))
        #expect(try await lab.complete(newer).status == 200)
        expectRefusal(try await lab.complete(newer))
        let late = try await lab.consent(lab.workloadToken(user: "bob"))
        await lab.advance(.minutes(10))
        #expect(lab.transitions(of: late).last == "FAILED")
        expectRefusal(try await lab.complete(late, user: "bob"))
        #expect(lab.github.received.count == 1)
    }

    /// Ledger `access-token-form`: what cannot be sent as it came is no token.
    @Test(arguments: [
        ("gho_a b", false), ("gho_a\r\nX-Evil: 1", false), ("gho_\u{1}", false), ("gho_\u{e9}", false),
        ("00D!a.b-c_d~e+f/g=|", true),
    ])
    func aTokenThatIsNoWordIsNotKept(_ token: String, isKept: Bool) async throws {
        let lab = try Fixture()
        lab.github.answers { _ in .json(200, ["access_token": .string(token), "token_type": "bearer"]) }
        let workload = try await lab.workloadToken()
        let uri = try await lab.consent(workload)
        #expect(try await lab.complete(uri).status == (isKept ? 200 : 400))
        #expect(lab.transitions(of: uri).last == (isKept ? "BOUND" : "FAILED"))
        #expect(try await lab.ask(workload).json?["accessToken"]?.string == (isKept ? token : nil))
    }

    @Test func theClockCountsWithoutItsAlarm() async throws {
        let lab = try Fixture()
        let uri = try await lab.consent(lab.workloadToken())
        // Time moves and nobody rings.
        lab.clock.addDelay(.minutes(10))
        expectRefusal(try await lab.complete(uri))
        #expect(lab.transitions(of: uri).last == "FAILED")
        #expect(lab.brokenRules == ["session-lifetime"])
    }

    @Test func aClockThatIsSlowWaits() async throws {
        let lab = try Fixture()
        lab.clock.setSkew(.seconds(-90), of: .aws)
        let uri = try await lab.consent(lab.workloadToken())
        await lab.advance(.seconds(520))
        #expect(lab.transitions(of: uri).last == "CODE_RECEIVED")
        await lab.advance(.seconds(100))
        #expect(lab.transitions(of: uri).last == "FAILED")
    }

    /// E61, E62.
    @Test(arguments: [("token", 403), ("sub", 200)])
    func aFreshTokenOfTheSameUser(mode: String, status: Int) async throws {
        let lab = try Fixture(chosen: ["binding.mode": mode])
        let first = try await lab.jwt("alice-sub", serial: 1)
        let answer = try await lab.call(
            "GetWorkloadAccessTokenForJWT", ["workloadName": "agent", "userToken": .string(first)])
        let token = try #require(answer.json?["workloadAccessToken"]?.string)
        let uri = try await lab.consent(token)
        func complete(_ identifier: JSONValue) async throws -> Response {
            try await lab.call(
                "CompleteResourceTokenAuth", ["sessionUri": .string(uri), "userIdentifier": identifier])
        }
        expectRefusal(try await complete(["userId": "alice-sub"]))
        expectRefusal(try await complete(["userToken": .string(try await lab.jwt("bob-sub"))]))
        let fresh = try await complete(["userToken": .string(try await lab.jwt("alice-sub", serial: 2))])
        #expect(fresh.status == status)
        if mode == "token" { #expect(try await complete(["userToken": .string(first)]).status == 200) }
    }

    @Test func withoutTheRuleAnybodyCompletes() async throws {
        let lab = try Fixture(off: ["session-binding"])
        let uri = try await lab.consent(lab.workloadToken())
        #expect(try await lab.complete(uri, user: "mallory").status == 200)
    }

    /// E64.
    @Test(
        arguments: [
            ["sessionUri": "nonsense", "userIdentifier": ["userId": "alice"]],
            ["sessionUri": "urn:ietf:params:oauth:request_uri:x", "userIdentifier": [:]],
            ["userIdentifier": ["userId": "alice"]],
        ] as [JSONObject])
    func badInput(_ input: JSONObject) async throws {
        let answer = try await Fixture().call("CompleteResourceTokenAuth", input)
        #expect(answer.status == 400 && answer.errorType == "ValidationException")
    }

    @Test func aRefusedCodeEndsTheSession() async throws {
        let lab = try Fixture()
        lab.github.answers { _ in .json(200, ["error": "bad_verification_code", "error_description": "secret words"]) }
        let uri = try await lab.consent(lab.workloadToken())
        let answer = try await lab.complete(uri)
        #expect(answer.status == 400 && answer.errorType == "ValidationException")
        #expect(answer.message == "The authorization code could not be exchanged: bad_verification_code")
        #expect(lab.transitions(of: uri).last == "FAILED")
    }

    @Test func aProviderMadeAnewIsAnother() async throws {
        let lab = try Fixture()
        let uri = try await lab.consent(lab.workloadToken())
        try lab.store.write { $0.remove(CredentialProviderRecord.self, ProviderName("github").of("000000000000")) }
        expectRefusal(try await lab.complete(uri))
        #expect(lab.transitions(of: uri).last == "FAILED" && lab.github.received.isEmpty)
    }

    /// The second of two calls at once finds the session claimed.
    @Test func onlyOneOfTwoExchanges() async throws {
        let lab = try Fixture()
        let uri = try await lab.consent(lab.workloadToken())
        async let one = lab.complete(uri)
        async let other = lab.complete(uri)
        let statuses = [try await one.status, try await other.status].sorted()
        #expect(statuses == [200, 403] && lab.github.received.count == 1)
    }
}
