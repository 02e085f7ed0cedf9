import AuthorizationServer
import HTTPTypes
import Kernel
import Testing

struct ApplicationTests {
    @Test
    func `an application is merged and shown without its secret`() throws {
        let bench = try Bench()
        try bench.server.seed()
        let changed = try bench.server.putApplication(
            clientID: Bench.client, ["secret": "new", "expiringTokens": true])
        #expect(changed["kind"] == "oauth-app")
        #expect(changed["expiringTokens"] == true)
        #expect(changed["callbacks"]?[0]?["url"] == "https://aws.test/identities/oauth2/callback")
        #expect(!changed.text.contains("new"))
        try bench.server.seed()
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
