import HTTPTypes
import InboundProvider
import Kernel
import OAuthCore
import Testing

struct TokenTests {
    @Test(arguments: ["inbound-ed25519", "inbound-rs256"])
    func tokensLookLikeCognitos(_ keys: String) async throws {
        let fixture = try Fixture(keys: keys)
        let response = await fixture.redeem(await fixture.code())
        #expect(response.status == 200 && response.header(.cacheControl) == "no-store")
        let body = try #require(response.json)
        #expect(body["token_type"] == "Bearer" && body["expires_in"] == 3600)
        #expect(body["scope"] == "openid email gw/read")
        let access = try #require(await fixture.claims(body["access_token"]))
        let now = fixture.clock.now.seconds
        let fixed: JSONObject = [
            "iss": .string(Fixture.issuer), "sub": "s-alice", "client_id": "web", "token_use": "access",
            "scope": "openid email gw/read", "auth_time": .int(now), "iat": .int(now), "exp": .int(now + 3600),
            "username": "alice", "version": 2,
        ]
        for member in fixed.members { #expect(access[member.name] == member.value, "\(member.name)") }
        #expect(access["aud"] == nil && access["jti"] != nil && access["origin_jti"] != nil)
        let id = try #require(await fixture.claims(body["id_token"]))
        #expect(id["aud"] == "web" && id["token_use"] == "id" && id["nonce"] == "n-1" && id["client_id"] == nil)
        #expect(id["cognito:username"] == "alice" && id["email"] == "alice@example.com" && id["name"] == nil)
        #expect(id["jti"] != access["jti"] && id["origin_jti"] == access["origin_jti"])
        let header = try #require(DecodedToken(body["access_token"]?.string ?? "")?.header)
        #expect(header["typ"] == nil && header["kid"] != nil)
    }

    @Test("A refreshed ID token has no nonce: OpenID Connect Core section 12.2")
    func aNonceIsForTheFirstAnswer() async throws {
        let fixture = try Fixture()
        let first = await fixture.signedIn()
        let second = try #require(await fixture.refresh(first["refresh_token"]?.string ?? "").json)
        #expect(await fixture.claims(first["id_token"])?["nonce"] == "n-1")
        let claims = try #require(await fixture.claims(second["id_token"]))
        #expect(claims["nonce"] == nil && claims["sub"] == "s-alice")
    }

    @Test func birthsNameTheirParents() async throws {
        let fixture = try Fixture()
        let first = await fixture.signedIn()
        _ = await fixture.refresh(first["refresh_token"]?.string ?? "")
        let births = fixture.births
        #expect(
            births.map(\.kind) == [
                "authorization_code", "access_token", "id_token", "refresh_token", "access_token", "id_token",
                "refresh_token",
            ])
        #expect(births[1].parent == births[0].id && births[3].parent == births[0].id)
        #expect(births[4].parent == births[3].id)
        #expect(births[6].expires == births[3].expires)
    }

    @Test("oidc-01") func noIDTokenWithoutOpenID() async throws {
        let fixture = try Fixture()
        let body = await fixture.redeem(await fixture.code([("scope", "gw/read")])).json
        #expect(body?["access_token"] != nil && body?["id_token"] == nil)
    }

    @Test("Each by its own error: 6749-14 6749-16 6749-17 6749-24") func badRedemptions()
        async throws
    {
        let fixture = try Fixture()
        let rows: [([(String, String?)], String)] = [
            ([("code", "nothing")], "invalid_grant"), ([("code", nil)], "invalid_request"),
            ([("client_id", "other")], "invalid_grant"), ([("redirect_uri", nil)], "invalid_grant"),
            ([("redirect_uri", "https://app.test/callback/")], "invalid_grant"),
            ([("grant_type", nil)], "invalid_request"), ([("grant_type", "password")], "unsupported_grant_type"),
            ([("grant_type", "client_credentials")], "unauthorized_client"),
            ([("client_id", nil)], "invalid_client"), ([("client_id", "nobody")], "invalid_client"),
            ([("client_secret", "guess")], "invalid_client"),
        ]
        let code = await fixture.code()
        for (changes, error) in rows {
            let response = await fixture.redeem(code, changes)
            #expect(response.status == 400 && response.error == error, "\(changes)")
        }
        #expect(await fixture.redeem(code).status == 200, "none of them burnt the code")
        let late = await fixture.code()
        _ = fixture.clock.advance(towards: fixture.clock.now + .minutes(10))
        #expect(await fixture.redeem(late).error == "invalid_grant")
    }

    @Test("A wrong verifier burns the code: 7636-08") func wrongVerifierBurnsTheCode() async throws {
        for wrong in [nil, "x", Fixture.verifier + "x"] {
            let fixture = try Fixture()
            let code = await fixture.code()
            #expect(await fixture.redeem(code, [("code_verifier", wrong)]).error == "invalid_grant")
            #expect(await fixture.redeem(code).error == "invalid_grant")
            #expect(fixture.notes == ["inbound-code-proof"])
        }
        let off = try Fixture(off: ["inbound-code-proof"])
        #expect(await off.redeem(await off.code(), [("code_verifier", nil)]).status == 200)
    }

    @Test("A code used twice ends what it gave: 6749-15") func replayRevokesWhatTheCodeGave() async throws {
        let fixture = try Fixture()
        let code = await fixture.code()
        let body = await fixture.redeem(code).json
        let access = body?["access_token"]?.string ?? ""
        #expect(await fixture.userInfo(access).status == 200)
        #expect(await fixture.redeem(code).error == "invalid_grant")
        #expect(await fixture.userInfo(access).status == 401)
        #expect(await fixture.refresh(body?["refresh_token"]?.string ?? "").error == "invalid_grant")
        #expect(fixture.notes == ["inbound-code-single-use"] && fixture.revoked == 1)
        let off = try Fixture(off: ["inbound-code-single-use"])
        let twice = await off.code()
        #expect(await off.redeem(twice).status == 200)
        #expect(await off.redeem(twice).status == 200)
    }

    /// An RS256 signature takes long enough for all the others to come meanwhile.
    @Test("Of many at once one is answered, and what it gave is revoked: 6749-15", arguments: [true, false])
    func oneOfManyAtOnceWins(isCode: Bool) async throws {
        let fixture = try Fixture(keys: "inbound-rs256")
        var form: Form = ["grant_type": "refresh_token", "client_id": "web"]
        if isCode {
            form = [
                "grant_type": "authorization_code", "client_id": "web", "code": await fixture.code(),
                "redirect_uri": "https://app.test/callback", "code_verifier": Fixture.verifier,
            ]
        } else {
            form.append("refresh_token", await fixture.signedIn()["refresh_token"]?.string)
        }
        let request = Request(
            .post, "\(Fixture.issuer)/oauth2/token", headers: [.contentType: Form.mediaType],
            body: Array(form.encoded.utf8))
        let answers = await withTaskGroup(of: Response.self) { [provider = fixture.provider] group in
            for _ in 0..<16 { group.addTask { await provider.respond(to: request) } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers.count { $0.status == 200 } == 1)
        #expect(answers.count { $0.error == "invalid_grant" } == 15)
        let winner = answers.first { $0.status == 200 }?.json
        #expect(await fixture.userInfo(winner?["access_token"]?.string ?? "").status == 401)
        #expect(await fixture.refresh(winner?["refresh_token"]?.string ?? "").error == "invalid_grant")
    }

    @Test("Refresh tokens rotate, reuse ends the family, scopes never grow: 6749-26 9700-04")
    func refreshRotatesAndReuseRevokes() async throws {
        let fixture = try Fixture()
        let first = await fixture.signedIn()["refresh_token"]?.string ?? ""
        #expect(await fixture.refresh(first, scope: "openid gw/write").error == "invalid_scope")
        #expect(await fixture.refresh(first, client: "other").error == "invalid_grant")
        let next = await fixture.refresh(first, scope: "gw/read")
        #expect(next.status == 200 && next.json?["scope"] == "gw/read" && next.json?["id_token"] == nil)
        let second = next.json?["refresh_token"]?.string ?? ""
        #expect(second != first)
        #expect(await fixture.refresh(first).error == "invalid_grant")
        #expect(await fixture.refresh(second).error == "invalid_grant", "victim and thief both lose")
        #expect(fixture.notes == ["inbound-refresh-rotation"] && fixture.revoked == 2)
        let off = try Fixture(off: ["inbound-refresh-rotation"])
        let kept = await off.signedIn()["refresh_token"]?.string ?? ""
        #expect(await off.refresh(kept).status == 200)
        #expect(await off.refresh(kept).status == 200)
    }

    @Test func refreshTokensExpire() async throws {
        let fixture = try Fixture()
        let token = await fixture.signedIn()["refresh_token"]?.string ?? ""
        _ = fixture.clock.advance(towards: fixture.clock.now + .seconds(2_592_000))
        #expect(await fixture.refresh(token).error == "invalid_grant")
    }

    @Test("A client for itself: 6749-27 6749-25") func clientCredentials() async throws {
        let fixture = try Fixture()
        let basic = ClientAuthentication.basic(id: "service", secret: "s3cret")
        let form: Form = ["grant_type": "client_credentials", "scope": "gw/read"]
        let response = await fixture.send(.post, "/oauth2/token", form, headers: [.authorization: basic])
        #expect(response.status == 200)
        #expect(response.json?["refresh_token"] == nil && response.json?["id_token"] == nil)
        let claims = try #require(await fixture.claims(response.json?["access_token"]))
        #expect(claims["sub"] == "service" && claims["client_id"] == "service" && claims["username"] == nil)
        #expect(claims["scope"] == "gw/read")
        let wide = await fixture.send(
            .post, "/oauth2/token", ["grant_type": "client_credentials", "scope": "openid"],
            headers: [.authorization: basic])
        #expect(wide.error == "invalid_scope")
        #expect(await fixture.userInfo(response.json?["access_token"]?.string ?? "").status == 403)
    }

    @Test("One way, Basic is form-encoded, never in the query: 6749-19 6749-20 6749-22 6749-23")
    func clientAuthentication() async throws {
        let fixture = try Fixture()
        let form: Form = ["grant_type": "client_credentials"]
        let wrong = ClientAuthentication.basic(id: "service", secret: "guess")
        let refused = await fixture.send(.post, "/oauth2/token", form, headers: [.authorization: wrong])
        #expect(refused.status == 401 && refused.error == "invalid_client")
        #expect(refused.header(.wwwAuthenticate)?.hasPrefix("Basic ") == true)
        let body: Form = ["grant_type": "client_credentials", "client_id": "service", "client_secret": "s3cret"]
        #expect(await fixture.send(.post, "/oauth2/token", body).status == 200)
        #expect(await fixture.send(.post, "/oauth2/token?client_secret=s3cret", body).error == "invalid_request")
        let both = await fixture.send(
            .post, "/oauth2/token", body,
            headers: [.authorization: ClientAuthentication.basic(id: "service", secret: "s3cret")])
        #expect(both.status == 400 && both.error == "invalid_request")
        let none: Form = ["grant_type": "client_credentials", "client_id": "service"]
        #expect(await fixture.send(.post, "/oauth2/token", none).error == "invalid_client")
        #expect(fixture.notes == ["inbound-client-secret", "inbound-client-secret"])
        let off = try Fixture(off: ["inbound-client-secret"])
        #expect(await off.send(.post, "/oauth2/token", none).status == 200)
    }

    @Test("A form and nothing twice: 6749-18 6749-08") func badBodies() async throws {
        let fixture = try Fixture()
        let json = await fixture.send(
            .post, "/oauth2/token", ["a": "b"], headers: [.contentType: "application/json"])
        #expect(json.status == 400 && json.error == "invalid_request")
        let twice: Form = ["grant_type": "refresh_token", "grant_type": "refresh_token", "client_id": "web"]
        #expect(await fixture.send(.post, "/oauth2/token", twice).error == "invalid_request")
        let huge: Form = ["x": String(repeating: "x", count: 6_000_000)]
        #expect(await fixture.send(.post, "/oauth2/token", huge).status == 413)
        #expect(await fixture.send(.post, "/login", huge).status == 413)
        #expect(fixture.store.journal().isEmpty)
    }

    @Test("Bearer use: 6750-01 6750-03 6750-05 2.1-01 oidc-02 oidc-04") func userInfo() async throws {
        let fixture = try Fixture()
        let body = await fixture.signedIn()
        let access = body["access_token"]?.string ?? ""
        let answer = await fixture.userInfo(access).json
        #expect(answer?["sub"] == "s-alice" && answer?["email"] == "alice@example.com" && answer?["name"] == nil)
        let nobody = await fixture.send(.get, "/oauth2/userInfo")
        #expect(nobody.status == 401 && nobody.header(.wwwAuthenticate)?.contains("error") == false)
        #expect(await fixture.userInfo("rubbish").status == 401)
        #expect(await fixture.userInfo(body["id_token"]?.string ?? "").status == 401)
        #expect(fixture.notes == ["inbound-token-use"])
        let inQuery = await fixture.send(.get, "/oauth2/userInfo?access_token=\(access)")
        #expect(inQuery.status == 401 && inQuery.header(.wwwAuthenticate)?.contains("error") == false)
        let beside = await fixture.send(
            .get, "/oauth2/userInfo?access_token=rubbish", headers: [.authorization: "Bearer \(access)"])
        #expect(beside.status == 200)
        _ = fixture.clock.advance(towards: fixture.clock.now + .seconds(3600))
        #expect(await fixture.userInfo(access).header(.wwwAuthenticate)?.contains("invalid_token") == true)
    }

    @Test("Revocation: 7009-01 7009-02 7009-03 7009-04 7009-05 7009-06") func revocation() async throws {
        let fixture = try Fixture()
        let body = await fixture.signedIn()
        let (access, refresh) = (body["access_token"]?.string ?? "", body["refresh_token"]?.string ?? "")
        func revoke(_ token: String?, client: String = "web", hint: String? = nil) async -> Response {
            var form: Form = ["client_id": client]
            form.append("token", token)
            form.append("token_type_hint", hint)
            return await fixture.send(.post, "/oauth2/revoke", form)
        }
        #expect(await revoke(nil).error == "invalid_request")
        #expect(await revoke("unknown").status == 200)
        #expect(await revoke(refresh, client: "other").error == "invalid_grant")
        #expect(await revoke(access, client: "other").error == "invalid_grant")
        #expect(await revoke(refresh, client: "nobody").error == "invalid_client")
        #expect(await revoke(body["id_token"]?.string).error == "unsupported_token_type")
        #expect(await fixture.userInfo(access).status == 200)
        #expect(await revoke(access, hint: "refresh_token").status == 200)
        #expect(await fixture.userInfo(access).status == 401)
        let next = await fixture.refresh(refresh).json
        #expect(await revoke(next?["refresh_token"]?.string).body.isEmpty)
        #expect(await fixture.userInfo(next?["access_token"]?.string ?? "").status == 401)
        #expect(await fixture.refresh(next?["refresh_token"]?.string ?? "").error == "invalid_grant")
    }

    @Test("oidc-05 oidc-06: keys may be kept for a while, and at_hash is by the algorithm of the key")
    func keysAndHashes() async throws {
        for (keys, length) in [("inbound-rs256", 22), ("inbound-ed25519", 43)] {
            let fixture = try Fixture(keys: keys)
            let answer = await fixture.send(.get, "/.well-known/jwks.json")
            #expect(answer.status == 200 && answer.header(.cacheControl) == "public, max-age=600")
            let body = await fixture.signedIn()
            let hash = AccessTokenHash.of(body["access_token"]?.string ?? "", signedBy: fixture.signer.algorithm)
            #expect(await fixture.claims(body["id_token"])?["at_hash"] == .string(hash) && hash.count == length)
        }
    }

    @Test func sameSeedSameTokens() async throws {
        let (one, other) = (try Fixture(), try Fixture())
        #expect(await one.signedIn() == other.signedIn())
    }
}
