import AuthorizationServer
import HTTPTypes
import Kernel
import Testing

struct ApplicationTests {
    @Test
    func `an application is merged and shown without its secret`() throws {
        let bench = try Bench()
        let changed = try bench.server.putApplication(
            clientID: Bench.client, ["secret": "new", "expiringTokens": true])
        #expect(changed["kind"] == "oauth-app")
        #expect(changed["expiringTokens"] == true)
        #expect(changed["callbacks"]?[0]?["url"] == "https://aws.test/identities/oauth2/callback")
        #expect(!changed.text.contains("new"))
        #expect(try bench.server.putApplication(clientID: Bench.client, [:])["expiringTokens"] == true)
        let fresh = try bench.server.putApplication(clientID: "mine", ["kind": "github-app"])
        #expect(fresh["kind"] == "github-app" && fresh["callbacks"] == [])
    }

    @Test(arguments: [
        "[]", "{\"kind\":\"saml\"}", "{\"secret\":1}", "{\"callbacks\":{}}", "{\"callbacks\":[{\"url\":\"nowhere\"}]}",
        "{\"callbacks\":[{\"url\":\"https://a.test/#x\"}]}", "{\"expiringTokens\":\"yes\"}", "{\"colour\":1}",
        "{\"callbacks\":[{\"url\":\"https://a.test/\",\"wild\":true}]}", "{\"clientId\":\"other\"}",
    ])
    func `a wrong description is refused and changes nothing`(_ text: String) throws {
        let bench = try Bench()
        let before = try bench.server.putApplication(clientID: Bench.client, [:])
        #expect(throws: ApplicationProblem.self) {
            try bench.server.putApplication(clientID: Bench.client, try JSONValue(parsing: text))
        }
        #expect(try bench.server.putApplication(clientID: Bench.client, [:]) == before)
    }

    /// `Q7`, `Q9`, `github-offline-access`: what OAuth apps got in 2026 was not there before; GitHub Apps had it.
    @Test(arguments: ["2025-07", "2024"])
    func `an OAuth app of before 2026 has one wildcard callback and tokens without end`(_ name: String) async throws {
        let bench = try Bench(profile: name)
        let two: JSONValue = ["callbacks": [["url": "https://a.test/p"], ["url": "https://b.test/p"]]]
        #expect(throws: ApplicationProblem.self) { try bench.server.putApplication(clientID: Bench.client, two) }
        _ = try bench.server.putApplication(clientID: Bench.app, two)
        let one: JSONValue = ["callbacks": [["url": "https://a.test/p"]], "expiringTokens": true]
        let shown = try bench.server.putApplication(clientID: Bench.client, one)
        #expect(shown["callbacks"]?[0]?["wildcard"] == true && shown["expiringTokens"] == false)
        var browser = Walker(bench: bench)
        let path = bench.authorizePath("repo offline_access", ["redirect_uri": "https://x.a.test/p/x"])
        let landed = try await browser.walk(path, as: "alice")
        let code = try #require(Form(parsing: URLParts(landed)?.query ?? "")["code"])
        let answer = await bench.token(["code": code]).json?.object
        #expect(answer?["scope"] == "repo" && answer?["access_token"] != nil)
        #expect(answer?["refresh_token"] == nil && answer?["expires_in"] == nil)
        let app = bench.authorizePath(client: Bench.app, ["redirect_uri": "https://b.test/p/x"])
        #expect(await bench.send(.get, app).status == 400)
    }

    /// What was registered under a newer profile counts as an older one has it, and again afterwards.
    @Test func `an application counts as the profile of now has it`() async throws {
        let bench = try Bench()
        let two: JSONValue = [
            "callbacks": [["url": "https://a.test/p"], ["url": "https://b.test/p"]], "expiringTokens": true,
        ]
        _ = try bench.server.putApplication(clientID: Bench.client, two)
        func status(_ url: String) async -> Int {
            await bench.send(.get, bench.authorizePath("repo", ["redirect_uri": url])).status
        }
        #expect(await status("https://b.test/p") == 302)
        #expect(await status("https://a.test/p/x") == 400)
        let older: JSONObject = ["oauthApps": ["mayExpire": false, "oneWildcardCallback": true]]
        _ = try bench.server.changeProfile(to: nil, older)
        #expect(await status("https://b.test/p") == 400)
        #expect(await status("https://a.test/p/x") == 302)
        #expect(throws: ApplicationProblem.self) { try bench.server.putApplication(clientID: Bench.client, two) }
        #expect(try bench.server.putApplication(clientID: Bench.client, [:])["expiringTokens"] == false)
        _ = try bench.server.changeProfile(to: nil, [:])
        #expect(await status("https://b.test/p") == 302)
        #expect(try bench.server.putApplication(clientID: Bench.client, [:])["expiringTokens"] == true)
    }

    @Test func `an empty secret is told as such`() throws {
        #expect {
            try Bench().server.putApplication(clientID: Bench.client, ["secret": ""])
        } throws: { "\($0)" == "secret must not be empty" }
    }

    @Test
    func `a suspended application is told so`() async throws {
        let bench = try Bench()
        _ = try bench.server.putApplication(clientID: Bench.client, ["suspended": true])
        let answer = await bench.send(.get, bench.authorizePath())
        #expect(answer.header(.location)?.contains("error=application_suspended") == true)
    }

    @Test
    func `a profile with a slip of the pen is refused`() throws {
        #expect(throws: VendorProfileProblem.self) { try ProfileFile.profile("1999") }
        for (name, value) in [("proofkey", "ignored"), ("proofKey", "sometimes"), ("discovery", "yes")]
            as [(String, JSONValue)]
        {
            var object = try #require(ProfileFile.json.object)
            object[name] = value
            #expect(throws: VendorProfileProblem.self) { try VendorProfile(json: .object(object)) }
        }
    }

    @Test
    func `names of rules and unknowns are distinct`() {
        let names = AuthorizationServerSwitches.rules.map(\.name) + AuthorizationServerSwitches.unknowns.map(\.name)
        #expect(Set(names).count == names.count)
    }
}
