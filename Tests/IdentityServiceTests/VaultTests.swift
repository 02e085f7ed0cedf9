import AWSCore
import HTTPTypes
import IdentityService
import Kernel
import OAuthCore
import Testing

@Suite struct VaultTests {
    private func bound(_ lab: Fixture, provider: String = "github", scopes: [String] = ["repo"]) async throws -> String
    {
        let token = try await lab.workloadToken()
        let uri = try await lab.consent(token, provider: provider, scopes: scopes)
        #expect(try await lab.complete(uri).status == 200)
        return token
    }

    private func token(_ answer: Response) -> String? { answer.json?["accessToken"]?.string }

    @Test func aTokenIsItsUsersOwn() async throws {
        for (rule, expected) in [("", nil), ("vault-per-user", "gho_one")] as [(String, String?)] {
            let lab = try Fixture(off: [rule])
            _ = try await bound(lab)
            #expect(token(try await lab.ask(lab.workloadToken(user: "bob"))) == expected)
        }
    }

    @Test func scopesHaveToBeGranted() async throws {
        let lab = try Fixture()
        let workload = try await bound(lab, scopes: ["repo", "gist"])
        #expect(token(try await lab.ask(workload, scopes: ["repo"])) == "gho_one")
        // Implied by `repo` at GitHub.
        #expect(token(try await lab.ask(workload, scopes: ["public_repo"])) == "gho_one")
        // Asked for, but the answer names `repo` only.
        #expect(token(try await lab.ask(workload, scopes: ["repo", "gist"])) == nil)
        #expect(lab.brokenRules == ["vault-scope-match"])
    }

    @Test func anAnswerWithoutScopesGrantsWhatWasAsked() async throws {
        let lab = try Fixture()
        lab.github.answers { _ in .json(200, ["access_token": "ghu_one", "scope": ""]) }
        let workload = try await bound(lab, scopes: ["repo", "gist"])
        #expect(token(try await lab.ask(workload, scopes: ["gist"])) == "ghu_one")
    }

    @Test func exactScopes() async throws {
        let lab = try Fixture(chosen: ["vault.scopeKey": "exact"])
        lab.github.answers { _ in .json(200, ["access_token": "gho_one", "scope": "repo,gist"]) }
        let workload = try await bound(lab, scopes: ["repo", "gist"])
        #expect(token(try await lab.ask(workload, scopes: ["gist", "repo"])) == "gho_one")
        #expect(token(try await lab.ask(workload, scopes: ["gist"])) == nil)
    }

    @Test func refreshedAndRotated() async throws {
        let lab = try Fixture()
        let workload = try await bound(lab, provider: "custom")
        lab.custom.answers { request in
            guard request.method == .post else { return Fixture.customServer(request) }
            let form = Form(parsing: String(decoding: request.body, as: UTF8.self))
            guard let old = form["refresh_token"] else { return .json(400, ["error": "invalid_request"]) }
            return .json(
                200,
                [
                    "access_token": .string("after-\(old)"), "expires_in": "3600",
                    "refresh_token": .string("next-\(old)"),
                ])
        }
        await lab.advance(.minutes(61))
        #expect(token(try await lab.ask(workload, provider: "custom")) == "after-refresh_one")
        #expect(token(try await lab.ask(workload, provider: "custom")) == "after-refresh_one")
        await lab.advance(.minutes(61))
        #expect(token(try await lab.ask(workload, provider: "custom")) == "after-next-refresh_one")
        #expect(
            lab.custom.tokenForms.map { $0["grant_type"] } == ["authorization_code", "refresh_token", "refresh_token"])
        #expect(lab.custom.received.last?.credentials("Basic") != nil)
    }

    /// E69: GitHub refuses with status 200.
    @Test func aRefusedRefreshAsksAgain() async throws {
        let lab = try Fixture()
        let workload = try await bound(lab, provider: "custom")
        lab.custom.answers { request in
            request.method == .post ? .json(200, ["error": "bad_refresh_token"]) : Fixture.customServer(request)
        }
        await lab.advance(.minutes(61))
        let answer = try await lab.ask(workload, provider: "custom")
        #expect(answer.json?["authorizationUrl"] != nil)
        _ = try await lab.ask(workload, provider: "custom")
        #expect(lab.custom.tokenForms.count == 2)
    }

    @Test func anUnreachableTokenEndpointKeepsTheRefreshToken() async throws {
        let lab = try Fixture()
        let workload = try await bound(lab, provider: "custom")
        lab.custom.answers { request in
            request.method == .post ? Response(503) : Fixture.customServer(request)
        }
        await lab.advance(.minutes(61))
        #expect(try await lab.ask(workload, provider: "custom").json?["authorizationUrl"] != nil)
        lab.custom.answers(Fixture.customServer)
        #expect(token(try await lab.ask(workload, provider: "custom")) == "custom_one")
    }

    @Test func expiredWithoutRefreshToken() async throws {
        for (rule, expected) in [("", nil), ("expired-token-not-served", "gho_one")] as [(String, String?)] {
            let lab = try Fixture(off: [rule])
            lab.github.answers { _ in .json(200, ["access_token": "gho_one", "expires_in": 60]) }
            let workload = try await bound(lab)
            await lab.advance(.seconds(59))
            #expect(token(try await lab.ask(workload)) == "gho_one")
            await lab.advance(.seconds(1))
            #expect(token(try await lab.ask(workload)) == expected)
        }
    }

    @Test func forcedAuthenticationDropsBothTokens() async throws {
        let lab = try Fixture()
        let workload = try await bound(lab, provider: "custom")
        let forced = try await lab.ask(workload, provider: "custom", ["forceAuthentication": true])
        #expect(forced.json?["authorizationUrl"] != nil)
        await lab.advance(.minutes(61))
        #expect(try await lab.ask(workload, provider: "custom").json?["authorizationUrl"] != nil)
        #expect(lab.custom.tokenForms.count == 1)
    }

    /// A18: the refresh token goes out once.
    @Test func oneRefreshAtATime() async throws {
        let lab = try Fixture()
        let workload = try await bound(lab, provider: "custom")
        await lab.advance(.minutes(61))
        async let one = lab.ask(workload, provider: "custom")
        async let other = lab.ask(workload, provider: "custom")
        let statuses = [try await one.status, try await other.status]
        #expect(statuses.contains(200) && statuses.allSatisfy { $0 == 200 || $0 == 429 })
        #expect(lab.custom.tokenForms.count == 2)
    }

    @Test func machineTokens() async throws {
        let lab = try Fixture()
        let answer = try await lab.call("GetWorkloadAccessToken", ["workloadName": "agent"])
        let workload = try #require(answer.json?["workloadAccessToken"]?.string)
        let extra: JSONObject = [
            "oauth2Flow": "M2M", "resourceOauth2ReturnUrl": .null,
            "customParameters": ["audience": "https://api.test", "grant_type": "password"],
        ]
        #expect(token(try await lab.ask(workload, provider: "custom", scopes: ["a", "b"], extra)) == "custom_one")
        #expect(token(try await lab.ask(workload, provider: "custom", scopes: ["b", "a"], extra)) == "custom_one")
        #expect(lab.custom.tokenForms.count == 1)
        let form = try #require(lab.custom.tokenForms.first)
        #expect(form.encoded == "grant_type=client_credentials&scope=a+b&audience=https%3A%2F%2Fapi.test")
        _ = try await lab.ask(workload, provider: "custom", scopes: ["a"], extra)
        #expect(lab.custom.tokenForms.count == 2)
        // A scope of the audience's name is no audience.
        _ = try await lab.ask(
            workload, provider: "custom", scopes: ["a", "audience", "https://api.test"],
            ["oauth2Flow": "M2M", "resourceOauth2ReturnUrl": .null])
        #expect(lab.custom.tokenForms.count == 3)
        lab.custom.answers { $0.method == .post ? .json(400, ["error": "invalid_scope"]) : Fixture.customServer($0) }
        let refused = try await lab.ask(workload, provider: "custom", scopes: ["c"], extra)
        #expect(refused.status == 400 && refused.message == "ClientCredentials response parse error")
    }

    @Test func aMachineTokenIsForItsAudience() async throws {
        for (rule, requests) in [("", 4), ("vault-audience-match", 1)] {
            let lab = try Fixture(off: [rule])
            let answer = try await lab.call("GetWorkloadAccessToken", ["workloadName": "agent"])
            let workload = try #require(answer.json?["workloadAccessToken"]?.string)
            let asked: [JSONObject] = [
                [:], ["customParameters": ["audience": "api-0"]], ["customParameters": ["audience": "api-1"]],
                ["resources": ["https://api.test/a", "https://api.test/b"]],
                ["resources": ["https://api.test/b", "https://api.test/a"]],
            ]
            for extra in asked + asked {
                let machine: JSONObject = ["oauth2Flow": "M2M", "resourceOauth2ReturnUrl": .null]
                #expect(try await lab.ask(workload, provider: "custom", machine.merging(extra)).status == 200)
            }
            #expect(lab.custom.tokenForms.count == requests)
            if rule.isEmpty {
                #expect(lab.custom.tokenForms.last?.all("resource") == ["https://api.test/a", "https://api.test/b"])
            }
        }
    }

    @Test func aRecreatedIdentityHasNothingOfTheOld() async throws {
        for (rule, status, isServed) in [("", 401, false), ("recreated-identity", 200, true)] {
            let lab = try Fixture(off: [rule])
            let old = try await bound(lab)
            let name = WorkloadName("agent")
            let anew = WorkloadIdentityRecord(
                name: name, account: "000000000000", isServiceLinked: false, birth: "another",
                allowedReturnURLs: [Fixture.returnURL], createdAt: lab.clock.now)
            try lab.store.write { $0.save(anew) }
            #expect(try await lab.ask(old).status == status)
            let answer = try await lab.ask(lab.workloadToken())
            #expect((token(answer) != nil) == isServed)
            #expect(lab.brokenRules.contains("recreated-identity") == !isServed)
        }
    }

    @Test func aSessionOfADeletedIdentityIsNotCompleted() async throws {
        for (rule, status) in [("", 403), ("recreated-identity", 200)] {
            let lab = try Fixture(off: [rule])
            let uri = try await lab.consent(lab.workloadToken())
            let id = WorkloadName("agent").of("000000000000")
            try lab.store.write { $0.remove(WorkloadIdentityRecord.self, id) }
            #expect(try await lab.complete(uri).status == status)
            #expect(lab.github.tokenForms.isEmpty == (status == 403))
        }
    }
}
