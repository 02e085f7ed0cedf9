import AuthorizationServer
import HTTPTypes
import Kernel
import OAuthCore
import Testing

struct TokenLifeTests {
    private func refreshed(_ bench: Bench, _ token: String, client: String = Bench.app) async -> JSONValue {
        let answer = await bench.token(["grant_type": "refresh_token", "refresh_token": token], client: client)
        return answer.json ?? nil
    }

    @Test
    func `a refresh kills the pair before it`() async throws {
        let bench = try Bench()
        let first = try await bench.accessToken(client: Bench.app)
        let (access, refresh) = (
            try #require(first["access_token"]?.string), try #require(first["refresh_token"]?.string)
        )
        bench.pass(.seconds(28_799))
        #expect(await bench.user(access).status == 200)
        bench.pass(.seconds(1))
        #expect(await bench.user(access).status == 401)
        let second = await refreshed(bench, refresh)
        let renewed = try #require(second["access_token"]?.string)
        #expect(await bench.user(renewed).status == 200)
        #expect(await refreshed(bench, refresh)["error"] == "bad_refresh_token")
        // GitHub only refuses: the good pair lives on.
        #expect(await bench.user(renewed).status == 200)
        let third = await refreshed(bench, try #require(second["refresh_token"]?.string))
        #expect(third["access_token"] != nil)
        #expect(await bench.user(renewed).status == 401)
    }

    @Test
    func `a refresh token is its client's and lives half a year`() async throws {
        let bench = try Bench()
        let first = try #require(try await bench.accessToken(client: Bench.app)["refresh_token"]?.string)
        #expect(await refreshed(bench, first, client: Bench.client)["error"] == "bad_refresh_token")
        bench.pass(.seconds(15_897_599))
        let second = try #require(await refreshed(bench, first)["refresh_token"]?.string)
        bench.pass(.seconds(15_897_600))
        let late = await refreshed(bench, second)
        #expect(late["error"] == "bad_refresh_token")
        #expect(late["error_uri"]?.string?.hasSuffix("#bad-verification-code") == true)
        #expect(bench.notes == ["refresh-token-client-binding"])
    }

    @Test
    func `by the RFC a reused refresh token ends its family`() async throws {
        let bench = try Bench(profile: "strict")
        _ = try bench.server.putApplication(clientID: Bench.client, ["expiringTokens": true])
        let code = try await bench.code(
            "repo",
            ["response_type": "code", "code_challenge": Bench.challenge, "code_challenge_method": "S256"])
        let first = await bench.token([
            "grant_type": "authorization_code", "code": code, "code_verifier": Bench.verifier,
            "redirect_uri": Bench.callback,
        ])
        let refresh = try #require(first.json?["refresh_token"]?.string)
        let second = await refreshed(bench, refresh, client: Bench.client)
        #expect(await refreshed(bench, refresh, client: Bench.client)["error"] == "invalid_grant")
        #expect(await bench.user(try #require(second["access_token"]?.string)).status == 401)
    }

    @Test
    func `offline_access gives an OAuth app expiring tokens`() async throws {
        let bench = try Bench()
        #expect(try await bench.accessToken("repo offline_access")["expires_in"] == 28_800)
        #expect(try await bench.accessToken("repo")["expires_in"] == nil)
    }

    @Test
    func `the eleventh token ends the oldest`() async throws {
        let bench = try Bench()
        var tokens: [String] = []
        let other = try #require(try await bench.accessToken("gist")["access_token"]?.string)
        for _ in 0..<11 { tokens.append(try #require(try await bench.accessToken()["access_token"]?.string)) }
        #expect(await bench.user(tokens[0]).status == 401)
        for token in tokens.dropFirst() + [other] { #expect(await bench.user(token).status == 200) }
    }

    @Test
    func `the user is shown with scopes and limits`() async throws {
        let bench = try Bench()
        let token = try #require(try await bench.accessToken("repo user:email")["access_token"]?.string)
        let answer = await bench.user(token)
        #expect(answer.json?["login"] == "alice-gh")
        #expect(answer.json?["id"] == 90_001)
        #expect(answer.json?["email"] == .some(nil))
        #expect(answer.header(fieldName("x-oauth-scopes")) == "repo, user:email")
        #expect(answer.header(fieldName("x-accepted-oauth-scopes")) == "user")
        #expect(answer.header(fieldName("x-ratelimit-limit")) == "5000")
        #expect(answer.header(fieldName("x-github-request-id")) != nil)
        let emails = await bench.send(.get, "/user/emails", headers: [.authorization: "token \(token)"])
        #expect(emails.json?[0]?["email"] == "alice@example.com")
        let narrow = try #require(try await bench.accessToken("gist")["access_token"]?.string)
        #expect(await bench.send(.get, "/user/emails", headers: [.authorization: "bearer \(narrow)"]).status == 404)
        let app = try #require(try await bench.accessToken(client: Bench.app)["access_token"]?.string)
        #expect(await bench.user(app).header(fieldName("x-oauth-scopes")) == nil)
    }

    @Test
    func `the API refuses in its own words`() async throws {
        let bench = try Bench()
        let none = await bench.send(.get, "/user")
        #expect(none.status == 401 && none.json?["message"] == "Requires authentication")
        for header in ["Bearer gho_x", "Bearer ", "Basic x"] {
            let answer = await bench.send(.get, "/user", headers: [.authorization: header])
            #expect(answer.status == 401)
        }
        let bad = await bench.user("gho_x")
        #expect(bad.json?["message"] == "Bad credentials" && bad.json?["status"] == "401")
        let missing = await bench.send(.get, "/nowhere")
        #expect(missing.status == 404 && missing.json?["message"] == "Not Found")
    }

    @Test(arguments: ["revoked-token-refused", "expired-token-refused"])
    func `a dead token passes only where its rule is off`(_ rule: String) async throws {
        for off in [[], [rule]] as [Set<String>] {
            let bench = try Bench(off: off)
            let token = try #require(try await bench.accessToken(client: Bench.app)["access_token"]?.string)
            if rule == "revoked-token-refused" {
                #expect(await manage(bench, .delete, "token", token, client: Bench.app).status == 204)
            } else {
                bench.pass(.minutes(60 * 9))
            }
            #expect(await bench.user(token).status == (off.isEmpty ? 401 : 200))
            #expect(bench.notes == (off.isEmpty ? [rule] : []))
        }
    }

    private func manage(
        _ bench: Bench, _ method: HTTPRequest.Method, _ what: String, _ token: String?,
        client: String = Bench.client, secret: String = Bench.secret
    ) async -> Response {
        await bench.send(
            method, "/applications/\(client)/\(what)",
            headers: [.authorization: ClientAuthentication.basic(id: client, secret: secret)],
            body: token.map { "{\"access_token\":\"\($0)\"}" } ?? "{}")
    }

    @Test
    func `an application checks and ends its own tokens`() async throws {
        let bench = try Bench()
        let token = try #require(try await bench.accessToken()["access_token"]?.string)
        let other = try #require(try await bench.accessToken("gist")["access_token"]?.string)
        let answer = await manage(bench, .post, "token", token)
        #expect(answer.status == 200)
        #expect(answer.json?["user"]?["login"] == "alice-gh")
        #expect(answer.json?["scopes"] == ["repo"])
        #expect(await manage(bench, .post, "token", "gho_x").status == 404)
        #expect(await manage(bench, .post, "token", token, client: Bench.app).status == 404)
        #expect(await manage(bench, .post, "token", token, secret: "x").status == 401)
        #expect(await manage(bench, .post, "token", nil).status == 422)
        #expect(await manage(bench, .delete, "token", token).status == 204)
        #expect(await bench.user(token).status == 401)
        #expect(await bench.user(other).status == 200)
        #expect(await manage(bench, .delete, "grant", other).status == 204)
        #expect(await bench.user(other).status == 401)
        var browser = Walker(bench: bench)
        let page = try await browser.signIn(from: await browser.open(bench.authorizePath()), as: "alice")
        #expect(page.status == 200)
    }

    @Test
    func `births name their parents`() async throws {
        let bench = try Bench()
        let first = try await bench.accessToken(client: Bench.app)
        _ = await refreshed(bench, try #require(first["refresh_token"]?.string))
        let births = bench.store.journal().compactMap { entry -> TokenBirth? in
            if case .token(.issued(let birth)) = entry.event { birth } else { nil }
        }
        #expect(
            births.map(\.kind) == [
                "authorization_code", "access_token", "refresh_token", "access_token", "refresh_token",
            ])
        #expect(births.map(\.parent) == [nil, births[0].id, births[0].id, births[2].id, births[2].id])
        #expect(births.allSatisfy { $0.user == "alice" })
        let moves = bench.store.journal().compactMap { entry -> String? in
            if case .transition(let move) = entry.event, move.subject.hasPrefix("code ") { move.to } else { nil }
        }
        #expect(moves == ["issued", "redeemed"])
    }
}
