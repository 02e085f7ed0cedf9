import Control
import HTTPTypes
import Harness
import Kernel
import Testing

/// `/_local/consent` where nobody asks the robot, and where the way leads out of the lab.
struct ConsentCallTests {
    /// An agent's way to a provider, with or without asking anew.
    private struct Agent {
        let lab: ControlledLab
        let workload: JSONValue

        init(_ lab: ControlledLab, vendor: String, member: String) async throws {
            self.lab = lab
            let app = "\(lab.lab.addresses.origin(of: .app))/callback"
            let client: JSONValue = ["clientId": "Ov23liagentcorelocal", "clientSecret": "agentcore-local-secret"]
            _ = try await lab.aws(
                .post, "/identities/CreateOauth2CredentialProvider",
                [
                    "name": "provider", "credentialProviderVendor": .string(vendor),
                    "oauth2ProviderConfigInput": .object([member: client]),
                ])
            _ = try await lab.aws(
                .post, "/identities/CreateWorkloadIdentity",
                ["name": "agent", "allowedResourceOauth2ReturnUrls": [.string(app)]])
            let answer = try await lab.aws(
                .post, "/identities/GetWorkloadAccessTokenForUserId", ["workloadName": "agent", "userId": "alice"])
            workload = try #require(answer["workloadAccessToken"])
        }

        func link() async throws -> String {
            let app = "\(lab.lab.addresses.origin(of: .app))/callback"
            let answer = try await lab.aws(
                .post, "/identities/oauth2/token",
                [
                    "workloadIdentityToken": workload, "resourceCredentialProviderName": "provider",
                    "scopes": ["repo"], "oauth2Flow": "USER_FEDERATION", "forceAuthentication": true,
                    "resourceOauth2ReturnUrl": .string(app),
                ])
            return try #require(answer["authorizationUrl"]?.string)
        }

        func consent(_ decision: String? = nil) async throws -> Response {
            var body: JSONObject = ["url": .string(try await link()), "user": "alice"]
            body["decision"] = decision.map { .string($0) }
            return await lab.call(.post, "/_local/consent", .object(body))
        }
    }

    @Test func aDecisionThatNobodyAskedForIsRefused() async throws {
        let agent = try await Agent(ControlledLab(), vendor: "GithubOauth2", member: "githubOauth2ProviderConfig")
        #expect(try await agent.consent().status == 200)
        for decision in ["deny", "narrow-scopes", "abandon", "expire"] {
            let response = try await agent.consent(decision)
            #expect(response.status == 409)
            #expect(response.json?["error"]?["message"]?.string?.contains("on which to \(decision)") == true)
        }
        // GitHub knows that she agreed: there is nothing to do, and it is done.
        for decision in [nil, "approve", "wrong-account"] {
            #expect(try await agent.consent(decision).status == 200, "\(decision ?? "none")")
        }
    }

    /// Teams let the robot answer their own program's questions: its callback is no party of the lab.
    @Test(arguments: ["http://127.0.0.1:9/cb", "http://cb.test/path", "com.example.cb://back/cb"])
    func aCodeForAProgramOutsideIsNoRefusal(_ callback: String) async throws {
        let lab = try ControlledLab()
        let application: JSONValue = ["callbacks": [["url": .string(callback)]]]
        _ = try await lab.json(.put, "/_local/applications/shop", application)
        let asked: Form = ["client_id": "shop", "redirect_uri": callback, "scope": "repo"]
        let url = asked.added(to: "\(lab.lab.addresses.origin(of: .github))/login/oauth/authorize")
        func consent(_ decision: String?, _ url: String) async -> Response {
            var body: JSONObject = ["url": .string(url), "user": "alice"]
            body["decision"] = decision.map { .string($0) }
            return await lab.call(.post, "/_local/consent", .object(body))
        }
        // Asked for the first time she can refuse, and does.
        let denied = await consent("deny", url)
        #expect(denied.status == 200 && denied.json?["landed"]?.string?.contains("error=access_denied") == true)
        for decision in [nil, "approve", "double-click", "back", "wrong-account"] {
            let response = await consent(decision, url)
            #expect(response.status == 200 && response.json?["status"] == .null, "\(decision ?? "none")")
            #expect(response.json?["landed"]?.string?.hasPrefix("\(callback)?code=") == true)
        }
        for decision in ["deny", "narrow-scopes", "abandon", "expire", "revoke"] {
            let response = await consent(decision, url)
            #expect(response.status == 409, "\(decision)")
            let message = response.json?["error"]?["message"]?.string
            #expect(message?.contains("on which to \(decision); the walk ended at \(callback) with a code") == true)
        }
        // Nobody was asked either where the server refuses by itself.
        let refused = await consent("deny", url + "&code_challenge=short")
        #expect(refused.status == 409 && refused.bodyText.contains("with the error invalid_request"))
    }

    /// The inbound provider asks nobody: there is nothing to refuse.
    @Test func aSignInIsNoConsent() async throws {
        let lab = try ControlledLab()
        let asked: Form = [
            "response_type": "code", "client_id": "web", "scope": "openid", "state": "s1",
            "redirect_uri": "http://127.0.0.1:9/callback",
            "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "code_challenge_method": "S256",
        ]
        let url = asked.added(to: "\(lab.lab.addresses.origin(of: .idp))/oauth2/authorize")
        for decision in Decision.allCases {
            let body: JSONValue = ["url": .string(url), "user": "alice", "decision": .string(decision.rawValue)]
            let response = await lab.call(.post, "/_local/consent", body)
            let isMade = [.approve, .doubleClick, .back].contains(decision)
            #expect(response.status == (isMade ? 200 : 409), "\(decision): \(response.bodyText)")
        }
    }

    @Test func aWayOutOfTheLabIsSaid() async throws {
        let agent = try await Agent(ControlledLab(), vendor: "GoogleOauth2", member: "googleOauth2ProviderConfig")
        for decision in [nil, "approve", "deny"] {
            let response = try await agent.consent(decision)
            #expect(response.status == 200 && response.json?["status"] == .null)
            #expect(response.json?["landed"]?.string?.hasPrefix("https://accounts.google.com/") == true)
            #expect(response.json?["hint"]?.string?.contains("--map accounts.google.com=") == true)
        }
        let stranger: JSONValue = ["url": "https://githab.com/login", "user": "alice"]
        let response = await agent.lab.call(.post, "/_local/consent", stranger)
        #expect(response.status == 200 && response.json?["status"] == .null)
        #expect(response.json?["hint"]?.string?.contains("githab.com; did you mean github.com?") == true)
    }

    /// A lab's own port under another name is no party's: a code would go astray, and cookies are of the other name.
    @Test func anotherNameOfAPartyIsSaid() async throws {
        let lab = try ControlledLab { $0.addressing = .served(origins: LabFixture.served) }
        let own = try #require(URLParts(lab.lab.addresses.origin(of: .aws)))
        for (host, hint) in [("localhost", "did you mean \(own.authority)?"), ("127.0.0.2", "did you mean")] {
            let url = "http://\(host):\(own.effectivePort ?? 0)/identities/oauth2/authorize?request_uri=x"
            let response = await lab.call(.post, "/_local/consent", ["url": .string(url), "user": "alice"])
            #expect(response.status == 200 && response.json?["status"] == .null)
            #expect(response.json?["hint"]?.string?.contains(hint) == true, "\(response.bodyText)")
        }
        let nobody: JSONValue = ["url": "http://127.0.0.1:9/x", "user": "alice"]
        let hint = await lab.call(.post, "/_local/consent", nobody).json?["hint"]?.string
        #expect(hint?.contains("no party of the lab has the host 127.0.0.1:9") == true)
    }

    /// A browser knows nothing of the hosts that a party stands for.
    @Test(arguments: [true, false]) func aMappedHostIsOpenedWhereItIsServed(_ isServed: Bool) async throws {
        let lab = try ControlledLab { options in
            options.hostMap = ["accounts.google.com": .github]
            if isServed { options.addressing = .served(origins: LabFixture.served) }
        }
        let agent = try await Agent(lab, vendor: "GoogleOauth2", member: "googleOauth2ProviderConfig")
        let request = Request(.get, try await agent.link())
        let location = try await lab.lab.network.send(request, from: Party("alice's browser")).header(.location)
        let origin = isServed ? "http://127.0.0.1:4583" : "https://accounts.google.com"
        #expect(location?.hasPrefix("\(origin)/o/oauth2/v2/auth?client_id=") == true, "\(location ?? "none")")
    }
}
