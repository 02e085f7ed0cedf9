import HTTPTypes
import Kernel
import OAuthCore
import Testing

struct AuthorizeTests {
    @Test("Metadata and keys: 8414-05 oidc-05") func metadataNamesItsEndpoints() async throws {
        let fixture = try Fixture()
        let json = try #require(await fixture.send(.get, "/.well-known/openid-configuration").json)
        let metadata = try AuthorizationServerMetadata(json: json)
        #expect(metadata.issuer == Fixture.issuer && metadata.issParameterSupported)
        #expect(metadata.codeChallengeMethods == ["S256"])
        let keys = await fixture.send(.get, "/.well-known/jwks.json")
        #expect(keys.json == fixture.signer.publicKeys)
    }

    @Test("Forms are answered by 303, pages cannot be framed and send no Referer: 9700-07 9700-08 9700-09")
    func signInLeadsToTheRedirectURI() async throws {
        let fixture = try Fixture()
        let page = await fixture.authorize()
        #expect(page.status == 200)
        #expect(page.header(.contentSecurityPolicy)?.contains("frame-ancestors 'none'") == true)
        #expect(page.header(fieldName("Referrer-Policy")) == "no-referrer")
        #expect(page.header(.cacheControl) == "no-store")
        #expect(page.bodyText.contains("name=\"username\"") && page.bodyText.contains("value=\"sign-in\""))
        let before = fixture.cookie
        let wrong = await fixture.signIn(page, password: "bob")
        #expect(wrong.status == 403 && fixture.births.isEmpty)
        let done = await fixture.signIn(wrong)
        #expect(done.status == 303)
        #expect(fixture.cookie != before, "the session gets a new id at the sign-in")
        let location = try #require(done.header(.location))
        #expect(location.hasPrefix("https://app.test/callback?code="))
        #expect(location.contains("&state=a+b%26c&iss="))
        #expect(fixture.answer(done)["iss"] == Fixture.issuer)
        let again = await fixture.authorize([("state", nil)])
        #expect(again.status == 302, "no second sign-in")
        #expect(fixture.answer(again)["state"] == nil)
    }

    @Test("The state comes back to the byte: 6749-12", arguments: ["a%20b", "a+b", "%ff%FE", "%2B%2b", "x'y(z)", "é"])
    func stateComesBackAsItWasSent(_ state: String) async throws {
        let fixture = try Fixture()
        let query = Fixture.parameters([("state", nil), ("prompt", "none")]).encoded
        let response = await fixture.send(.get, "/oauth2/authorize?\(query)&state=\(state)")
        let expected = state == "é" ? "%C3%A9" : state
        #expect(response.header(.location)?.contains("&state=\(expected)&iss=") == true)
    }

    struct Row: Sendable, CustomTestStringConvertible {
        let id: String
        let changes: [(String, String?)]
        let error: String
        var testDescription: String { "\(id): \(error)" }
        init(_ id: String, _ error: String, _ changes: (String, String?)...) {
            (self.id, self.changes, self.error) = (id, changes, error)
        }
    }

    /// Requirements of RFC 6749, RFC 7636, RFC 9700 and OpenID Connect by their ids in the ledger.
    static let refused = [
        Row("6749-02", "page", ("client_id", nil)), Row("6749-02", "page", ("client_id", "nobody")),
        Row("6749-09", "page", ("client_id", "")), Row("6749-04", "page", ("redirect_uri", nil)),
        Row("6749-03", "page", ("redirect_uri", "https://evil.test/callback")),
        Row("6749-03", "page", ("redirect_uri", "https://app.test/callback/")),
        Row("6749-03", "page", ("redirect_uri", "callback")),
        Row("6749-03", "page", ("redirect_uri", "https://app.test/callback#x")),
        Row("9700-01", "page", ("redirect_uri", "http://127.0.0.1:5000/other")),
        Row("6749-05", "invalid_request", ("response_type", nil)),
        Row("6749-09", "invalid_request", ("response_type", "")),
        Row("9700-03", "unsupported_response_type", ("response_type", "token")),
        Row("6749-06", "unsupported_response_type", ("response_type", "code id_token")),
        Row("6749-10", "invalid_scope", ("scope", "openid gw/write")),
        Row("6749-10", "invalid_scope", ("scope", "op\"enid")),
        Row("7636-02", "invalid_request", ("code_challenge", nil), ("code_challenge_method", nil)),
        Row("7636-01", "invalid_request", ("code_challenge_method", nil)),
        Row("7636-02", "invalid_request", ("code_challenge", nil)),
        Row("7636-01", "invalid_request", ("code_challenge_method", "plain")),
        Row("7636-03", "invalid_request", ("code_challenge", "short")),
        Row("oidc-03", "login_required", ("prompt", "none")),
        Row("oidc-03", "invalid_request", ("prompt", "none login")),
        Row("oidc-01", "invalid_request", ("max_age", "soon")),
        Row("oidc-01", "request_not_supported", ("request", "x")),
        Row("oidc-01", "request_uri_not_supported", ("request_uri", "urn:x")),
        Row("oidc-03", "page", ("response_mode", "fragment")),
    ]

    @Test(arguments: refused)
    func refusals(_ row: Row) async throws {
        let fixture = try Fixture()
        let response = await fixture.authorize(row.changes)
        if row.error == "page" {
            #expect(response.status == 400 && response.header(.location) == nil)
        } else {
            #expect(response.status == 302)
            let answer = fixture.answer(response)
            #expect(answer["error"] == row.error && answer["state"] == "a b&c" && answer["iss"] == Fixture.issuer)
        }
        #expect(fixture.births.isEmpty, "\(row.id)")
    }

    @Test("No parameter twice: 6749-08") func twiceIsTooOften() async throws {
        let fixture = try Fixture()
        let query = Fixture.parameters().encoded
        for name in ["client_id", "redirect_uri"] {
            #expect(await fixture.send(.get, "/oauth2/authorize?\(query)&\(name)=x").status == 400)
        }
        let scope = await fixture.send(.get, "/oauth2/authorize?\(query)&scope=openid")
        #expect(fixture.answer(scope)["error"] == "invalid_request")
        // RFC 8707 section 2 lets this one stand more than once.
        let places = "resource=https://a.test&resource=https://b.test"
        #expect(await fixture.send(.get, "/oauth2/authorize?\(query)&\(places)").status == 200)
        let flood = String(repeating: "&x=1", count: 2000)
        #expect(await fixture.send(.get, "/oauth2/authorize?\(query)\(flood)").status == 400)
        let long = String(repeating: "x", count: 20_000)
        #expect(await fixture.send(.get, "/oauth2/authorize?\(query)&x=\(long)").status == 414)
    }

    @Test("A loopback port is free: 9700-01") func loopbackPortsAreFree() async throws {
        let fixture = try Fixture()
        let code = await fixture.code([("redirect_uri", "http://127.0.0.1:49152/callback")])
        let response = await fixture.redeem(code, [("redirect_uri", "http://127.0.0.1:49152/callback")])
        #expect(response.status == 200)
    }

    @Test func promptAndAgeAskAgain() async throws {
        let fixture = try Fixture()
        _ = await fixture.code()
        #expect(await fixture.authorize([("prompt", "none")]).status == 302)
        #expect(await fixture.authorize([("prompt", "login")]).status == 200)
        _ = fixture.clock.advance(towards: fixture.clock.now + .minutes(5))
        #expect(await fixture.authorize([("max_age", "60")]).status == 200)
        #expect(await fixture.authorize([("max_age", "600")]).status == 302)
        _ = fixture.clock.advance(towards: fixture.clock.now + .minutes(60))
        #expect(await fixture.authorize().status == 200, "the session ended")
    }

    @Test func aFormIsGoodInItsOwnBrowserAndForTenMinutes() async throws {
        let fixture = try Fixture()
        let page = await fixture.authorize()
        let mine = fixture.cookie
        fixture.cookie = nil
        #expect(await fixture.signIn(page).status == 403)
        #expect(fixture.notes == ["inbound-form-binding"])
        fixture.cookie = "idp-session=guess"
        #expect(await fixture.signIn(page).status == 403)
        fixture.cookie = mine
        _ = fixture.clock.advance(towards: fixture.clock.now + .minutes(10))
        #expect(await fixture.signIn(page).status == 400)
        let careless = try Fixture(off: ["inbound-form-binding"])
        let other = await careless.authorize()
        careless.cookie = nil
        #expect(await careless.signIn(other).status == 303)
    }

    @Test func rulesCanBeTurnedOff() async throws {
        let redirect = try Fixture(off: ["inbound-redirect-exact"])
        #expect(await redirect.authorize([("redirect_uri", "https://evil.test/x")]).status == 200)
        let proof = try Fixture(off: ["inbound-pkce-required"])
        #expect(await proof.authorize([("code_challenge", nil), ("code_challenge_method", nil)]).status == 200)
        let scope = try Fixture(off: ["inbound-scope-limit"])
        #expect(await scope.authorize([("scope", "openid gw/write")]).status == 200)
        let on = try Fixture()
        _ = await on.authorize([("redirect_uri", "https://evil.test/x")])
        _ = await on.authorize([("code_challenge", nil), ("code_challenge_method", nil)])
        #expect(on.notes == ["inbound-redirect-exact", "inbound-pkce-required"])
    }

    @Test func methodsAndPaths() async throws {
        let fixture = try Fixture()
        let token = await fixture.send(.get, "/oauth2/token")
        #expect(token.status == 405 && token.header(.allow) == "POST")
        #expect(await fixture.send(.delete, "/oauth2/authorize").status == 405)
        #expect(await fixture.send(.get, "/nothing").status == 404)
        #expect(await fixture.send(.post, "/oauth2/authorize", Fixture.parameters()).status == 200)
        #expect(await fixture.send(.post, "/login", ["form": "x"]).status == 400)
    }
}
