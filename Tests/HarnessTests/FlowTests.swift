import HTTPTypes
import Harness
import Kernel
import Testing

/// Method 2 from the first gateway to the answered tool call, all by the control API and HTTP.
struct FlowTests {
    @Test func theFirstCallAsksForConsentAndTheSecondAnswers() async throws {
        let lab = try ControlledLab()
        let (url, token, gatewayURL) = try await lab.consentURL()
        let walk = try await lab.json(.post, "/_local/consent", ["url": .string(url), "user": "alice"])
        #expect(walk["status"] == 200, "\(walk.pretty)")
        #expect(walk["landed"]?.string?.hasPrefix("https://app.example.com/callback?session_id=") == true)
        #expect(walk["hops"]?.array?.last?["url"] == walk["landed"])
        let answered = try await lab.callTool(gatewayURL, token: token)
        #expect(answered["result"]?["isError"] == false, "\(answered.text)")
    }

    /// The same over served origins: only addresses differ.
    @Test func itRunsUnderServedOrigins() async throws {
        let lab = try ControlledLab { $0.addressing = .served(origins: LabFixture.served) }
        let (url, token, gatewayURL) = try await lab.consentURL()
        #expect(gatewayURL.hasPrefix("http://127.0.0.1:4581/gateways/"))
        #expect(url.hasPrefix("http://127.0.0.1:4580/identities/oauth2/authorize?"))
        let walk = try await lab.json(.post, "/_local/consent", ["url": .string(url), "user": "alice"])
        #expect(walk["status"] == 200, "\(walk.pretty)")
        let answered = try await lab.callTool(gatewayURL, token: token)
        #expect(answered["result"]?["isError"] == false, "\(answered.text)")
    }

    @Test func completionIsLeftToTheCaller() async throws {
        let lab = try ControlledLab()
        let (url, token, gatewayURL) = try await lab.consentURL()
        let ask: JSONValue = ["url": .string(url), "user": "alice", "complete": false]
        let landed = try #require(try await lab.json(.post, "/_local/consent", ask)["landed"]?.string)
        let session = try #require(Form(parsing: URLParts(landed)?.query ?? "")["session_id"])
        #expect(lab.lab.starter(ofSession: session) == .token(Secret(token)))
        let body: JSONValue = ["sessionUri": .string(session), "userIdentifier": ["userToken": .string(token)]]
        _ = try await lab.aws(.post, "/identities/CompleteResourceTokenAuth", body)
        let answered = try await lab.callTool(gatewayURL, token: token)
        #expect(answered["result"]?["isError"] == false, "\(answered.text)")
    }

    /// What a person can do on a consent page, and whether the tool answers afterwards.
    @Test(arguments: [
        (Decision.approve, true), (.deny, false), (.abandon, false), (.expire, false), (.doubleClick, true),
        (.back, true),
    ])
    func decisions(_ decision: Decision, grants: Bool) async throws {
        let lab = try ControlledLab()
        let (url, token, gatewayURL) = try await lab.consentURL()
        let walk = await lab.lab.consent(url: url, user: "alice", decision: decision)
        #expect(walk.hops.count > 1)
        let answer = try await lab.callTool(gatewayURL, token: token)
        #expect((answer["result"]?["isError"] == false) == grants, "\(decision): \(answer.text) \(walk)")
    }

    @Test func theWrongAccountIsAnotherUsersToken() async throws {
        let lab = try ControlledLab()
        let (url, token, gatewayURL) = try await lab.consentURL()
        let walk = await lab.lab.consent(url: url, user: "alice", decision: .wrongAccount)
        #expect(walk.status == 200, "\(walk)")
        let answer = try await lab.callTool(gatewayURL, token: token)
        #expect(answer.text.contains("mallory-gh"), "\(answer.text)")
    }

    @Test func narrowScopesLeaveTheFirst() async throws {
        let lab = try ControlledLab()
        let (url, _, _) = try await lab.consentURL()
        _ = await lab.lab.consent(url: url, user: "alice", decision: .narrowScopes)
        let tokens = try #require(try await lab.json(.get, "/_local/tokens").array)
        let github = tokens.first { $0["issuer"] == "github" && $0["kind"] == "access_token" }
        #expect(github?["scopes"] == ["repo"], "\(tokens)")
    }

    @Test func aServiceSignsItselfIn() async throws {
        let lab = try ControlledLab()
        let result = try await lab.json(.post, "/_local/sign-in", ["client": "service"])
        #expect(result["accessToken"]?.string?.isEmpty == false)
        #expect(result["expiresIn"] == 3600)
        #expect(result["idToken"] == JSONValue.null)
    }
}
