import AuthorizationServer
import HTTPTypes
import Kernel
import Testing

struct AuthorizeTests {
    @Test
    func `a first request leads over sign-in and consent to a code`() async throws {
        let bench = try Bench()
        var browser = Walker(bench: bench)
        let path = bench.authorizePath("repo gist", ["state": "a b/%+~é"])
        let landed = try await browser.walk(path, as: "alice")
        let parts = try #require(URLParts(landed))
        let answer = Form(parsing: parts.query ?? "")
        #expect(landed.hasPrefix(Bench.callback + "?code="))
        #expect(answer["code"]?.wholeMatch(of: /[0-9a-f]{20}/) != nil)
        #expect(answer["state"] == "a b/%+~é")
        #expect(landed.contains("&state=a+b%2F%25%2B~%C3%A9&"))
        #expect(answer["iss"] == "https://github.test/login/oauth")
        // Covered by the grant: no page any more.
        let again = await browser.open(path)
        #expect(again.status == 302)
        #expect(again.header(.location)?.hasPrefix(Bench.callback + "?code=") == true)
    }

    struct Row: Sendable, CustomTestStringConvertible {
        let name: String
        let change: Form
        let status: Int
        /// Of the redirect; nil for a page.
        var error: String?
        var profile: String?
        var testDescription: String { name }
    }

    static let rows: [Row] = [
        Row(name: "unknown client", change: ["client_id": "nobody"], status: 404),
        Row(name: "empty client", change: ["client_id": ""], status: 404),
        Row(name: "unknown client before all else", change: ["client_id": "x", "redirect_uri": "y"], status: 404),
        Row(name: "parameter twice", change: ["state": "1", "state": "2"], status: 400),
        Row(name: "another path", change: ["redirect_uri": "https://aws.test/other"], status: 400),
        Row(name: "not a URL", change: ["redirect_uri": "javascript:alert(1)"], status: 400),
        Row(
            name: "plain", change: ["code_challenge": Form.challenge, "code_challenge_method": "plain"], status: 302,
            error: "invalid_request"),
        Row(name: "no method", change: ["code_challenge": Form.challenge], status: 302, error: "invalid_request"),
        Row(
            name: "short challenge", change: ["code_challenge": "abc", "code_challenge_method": "S256"], status: 302,
            error: "invalid_request"),
        Row(name: "long query", change: ["login": Form.long], status: 414),
        Row(
            name: "strict: no response type",
            change: ["code_challenge": Form.challenge, "code_challenge_method": "S256"], status: 302,
            error: "invalid_request", profile: "strict"),
        Row(
            name: "strict: response type token", change: ["response_type": "token"], status: 302,
            error: "unsupported_response_type", profile: "strict"),
        Row(
            name: "strict: no challenge", change: ["response_type": "code"], status: 302, error: "invalid_request",
            profile: "strict"),
        Row(
            name: "strict: unknown scope",
            change: [
                "response_type": "code", "code_challenge": Form.challenge, "code_challenge_method": "S256",
                "scope": "fly",
            ], status: 302, error: "invalid_scope", profile: "strict"),
    ]

    @Test(arguments: rows)
    func `a wrong request is refused before sign-in`(_ row: Row) async throws {
        let bench = try Bench(profile: row.profile)
        var browser = Walker(bench: bench)
        let response = await browser.open(bench.authorizePath("repo", row.change))
        #expect(response.status == row.status)
        guard let error = row.error else {
            #expect(response.header(.location) == nil)
            #expect(response.header(.contentSecurityPolicy)?.contains("frame-ancestors 'none'") == true)
            return
        }
        let location = try #require(response.header(.location))
        let answer = Form(parsing: URLParts(location)?.query ?? "")
        #expect(location.hasPrefix(Bench.callback + "?error="))
        #expect(answer["error"] == error)
        #expect(answer["state"] == "s1")
        #expect(answer["iss"] == "https://github.test/login/oauth")
    }

    @Test(arguments: [
        ("https://a.test/cb", false, "https://a.test/cb", true),
        ("https://a.test/cb", false, "https://a.test/cb/", false),
        ("https://a.test/cb", false, "https://a.test/cb?x=1", false),
        ("https://a.test/cb", false, "https://a.test/cb/x", false),
        ("https://a.test/cb", false, "https://x.a.test/cb", false),
        ("https://a.test/cb", true, "https://a.test/cb/x", true),
        ("https://a.test/cb", true, "https://x.a.test/cb/x", true),
        ("https://a.test/cb", true, "https://a.test/cb/../evil", false),
        ("https://a.test/cb", true, "https://a.test/cb%2f..%2fevil", false),
        ("https://a.test/cb", true, "https://a.test/cbevil", false),
        ("https://a.test/cb", true, "https://a.test:8080/cb", false),
        ("https://a.test/cb", true, "http://a.test/cb", false),
        ("https://a.test/cb", true, "https://a.test@evil.test/cb", false),
        ("https://a.test/cb", true, "https://a.test/cb#x", false),
        ("http://127.0.0.1/cb", false, "http://127.0.0.1:49152/cb", true),
        ("http://127.0.0.1/cb", false, "http://localhost:1/cb", false),
    ])
    func `redirect URIs match as each callback is registered`(
        _ row: (registered: String, wildcard: Bool, asked: String, matches: Bool)
    ) async throws {
        let bench = try Bench()
        let callbacks: JSONValue = [["url": .string(row.registered), "wildcard": .bool(row.wildcard)]]
        _ = try bench.server.putApplication(clientID: Bench.client, ["callbacks": callbacks])
        let response = await bench.send(.get, bench.authorizePath("repo", ["redirect_uri": row.asked]))
        #expect(response.status == (row.matches ? 302 : 400))
        #expect(bench.notes == (row.matches ? [] : ["registered-redirect-uri"]))
    }

    @Test
    func `a mismatch may be answered as documented, and the rule may be off`() async throws {
        let path = try Bench().authorizePath("repo", ["redirect_uri": "https://evil.test/"])
        let documented = try Bench(chosen: ["github.redirectMismatch": "redirect"])
        let location = await documented.send(.get, path).header(.location)
        #expect(location?.hasPrefix("https://aws.test/identities/oauth2/callback?error=redirect_uri_mismatch") == true)
        let open = try Bench(off: ["registered-redirect-uri"])
        var browser = Walker(bench: open)
        #expect(try await browser.walk(path, as: "alice").hasPrefix("https://evil.test/?code="))
    }

    @Test
    func `without redirect URI the first callback is used`() async throws {
        let bench = try Bench()
        var browser = Walker(bench: bench)
        let landed = try await browser.walk("/login/oauth/authorize?client_id=\(Bench.client)", as: "alice")
        #expect(landed.hasPrefix("https://aws.test/identities/oauth2/callback?code="))
        #expect(!landed.contains("state="))
    }

    @Test
    func `profiles before 2026-08 send no iss and no metadata`() async throws {
        for name in ["2025-07", "2024"] {
            let bench = try Bench(profile: name)
            var browser = Walker(bench: bench)
            #expect(try await !browser.walk(bench.authorizePath(), as: "alice").contains("iss="))
            let metadata = await bench.send(.get, "/login/oauth/.well-known/openid-configuration")
            #expect(metadata.status == 404)
        }
    }

    @Test
    func `both metadata documents are the same`() async throws {
        let bench = try Bench()
        let one = await bench.send(.get, "/.well-known/oauth-authorization-server/login/oauth")
        let other = await bench.send(.get, "/login/oauth/.well-known/openid-configuration")
        #expect(one == other)
        #expect(one.json?["issuer"] == "https://github.test/login/oauth")
        #expect(one.json?["token_endpoint"] == "https://github.test/login/oauth/access_token")
        #expect(one.json?["code_challenge_methods_supported"] == ["S256"])
        #expect(one.json?["registration_endpoint"] == nil)
    }
}

extension Form {
    static let challenge = Bench.challenge
    static let long = String(repeating: "x", count: 9000)
}
