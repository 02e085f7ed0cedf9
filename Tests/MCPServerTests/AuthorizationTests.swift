import HTTPTypes
import Kernel
import MCPServer
import Testing

struct AuthorizationTests {
    @Test func withoutTokenThereIsAChallenge() async throws {
        let fixture = try Fixture()
        let response = await fixture.post(["jsonrpc": "2.0", "id": 1, "method": "ping"], token: nil)
        #expect(response.status == 401 && response.header(.contentType)?.hasPrefix("text/plain") == true)
        #expect(
            response.challenge == """
                Bearer error="invalid_request", error_description="No access token was provided in this request", \
                resource_metadata="\(Fixture.metadata)"
                """)
        let slash = await fixture.post([], token: nil, path: "/mcp/")
        #expect(slash.challenge?.contains("resource_metadata=\"\(Fixture.metadata)/\"") == true)
        #expect(fixture.calls.isEmpty)
    }

    @Test(arguments: [
        "Bearer ", "Bearer eyJhbGciOiJSUzI1NiJ9.e30.x", "Basic YTpi", "token gho_alice", "GitHub-Bearer gho_alice",
        "Bearer ghr_x", "Bearer \(String(repeating: "A", count: 40))", "Bearer \(String(repeating: "a", count: 39))",
        "Bearer gho_\(String(repeating: "a", count: 100_000))",
    ])
    func whatIsNoGitHubTokenIsABadRequest(_ header: String) async throws {
        let fixture = try Fixture()
        let response = await fixture.post([], token: header)
        #expect(response.status == 400 && response.challenge == nil)
        #expect(fixture.calls.isEmpty, "nobody is asked about it")
    }

    @Test(arguments: ["Bearer gho_unknown", "bearer ghp_unknown", "gho_unknown", String(repeating: "0a", count: 20)])
    func unknownTokensAreInvalid(_ header: String) async throws {
        let fixture = try Fixture()
        let response = await fixture.post(["jsonrpc": "2.0", "id": 1, "method": "ping"], token: header)
        #expect(response.status == 401)
        #expect(response.challenge == "Bearer error=\"invalid_token\", resource_metadata=\"\(Fixture.metadata)\"")
        #expect(fixture.notes == ["mcp-token-checked"])
        #expect(!response.bodyText.contains("unknown"))
    }

    @Test func theRuleCanBeTurnedOff() async throws {
        let fixture = try Fixture(off: ["mcp-token-checked"])
        #expect(await fixture.request("ping", token: "Bearer ghu_unknown").status == 200)
    }

    @Test func anAuthorizationServerThatIsDownIsNoVerdict() async throws {
        let fixture = try Fixture()
        #expect(await fixture.request("ping", token: "Bearer gho_down").status == 503)
        #expect(await fixture.request("ping", token: "Bearer gho_broken").status == 503)
    }

    @Test func eachRequestAsksAgain() async throws {
        let fixture = try Fixture()
        for _ in 0..<2 { #expect(await fixture.request("ping", token: "bearer gho_alice").status == 200) }
        #expect(fixture.calls.map(\.path) == ["/user", "/user"])
        #expect(fixture.calls[0].header(.authorization) == "Bearer gho_alice")
    }

    @Test func missingScopesAreNamed() async throws {
        let fixture = try Fixture()
        let response = await fixture.call("get_teams")
        #expect(response.status == 403 && response.bodyText == "Forbidden: insufficient scopes\n")
        #expect(
            response.challenge == """
                Bearer error="insufficient_scope", scope="repo gist read:org", \
                resource_metadata="\(Fixture.metadata)", \
                error_description="Additional scopes required: read:org"
                """)
        #expect(fixture.notes == ["mcp-scope-challenge"])
        #expect(await fixture.call("list_issues", token: "gho_bare").status == 403)
        #expect(await fixture.call("get_me", token: "gho_bare").status == 200)
        #expect(await fixture.call("get_teams", token: "ghu_alice").status == 200, "an app's token is not challenged")
        #expect(await fixture.request("tools/list", token: "gho_bare").status == 200)
        let off = try Fixture(off: ["mcp-scope-challenge"])
        #expect(await off.call("get_teams").text == "at https://github.test")
    }

    @Test func metadata() async throws {
        let fixture = try Fixture()
        for path in ["/mcp", "/mcp/"] {
            let response = await fixture.server.respond(
                to: Request(.get, "\(Fixture.origin)/.well-known/oauth-protected-resource\(path)"))
            #expect(response.json?["resource"] == .string("https://mcp.test\(path)"))
            #expect(response.json?["authorization_servers"] == ["https://github.test/login/oauth"])
            #expect(response.json?["scopes_supported"] == ["repo", "read:org"])
            #expect(response.json?["bearer_methods_supported"] == ["header"])
        }
        for path in ["/.well-known/oauth-protected-resource", "/", "/mcp/x"] {
            #expect(await fixture.server.respond(to: Request(.get, Fixture.origin + path)).status == 404)
        }
    }
}
