import AuthorizationServer
import HTTPTypes
import Kernel
import OAuthCore
import TestSupport
import Testing

/// What is over is let go, and nothing before anybody could tell the difference.
struct GrowthTests {
    private static let own = "client_id=\(Bench.client)&client_secret=\(Bench.secret)"
    private static let form: HTTPFields = [.contentType: "application/x-www-form-urlencoded"]
    private static let device = "urn:ietf:params:oauth:grant-type:device_code"
    private static let authorize: Form = [
        "response_type": "code", "code_challenge": Bench.challenge, "code_challenge_method": "S256",
    ]
    /// Longer than any of the profile's lives, and than a browser is known.
    private static let longestLife = Span.minutes(40 * 24 * 60)

    private func refreshed(_ bench: Bench, _ answer: JSONValue?, client: String = Bench.client) async -> JSONValue? {
        await bench.token(
            ["grant_type": "refresh_token", "refresh_token": answer?["refresh_token"]?.string], client: client
        ).json
    }

    /// A code by a request that was pushed, from a browser nobody knows yet.
    private func pushedCode(_ bench: Bench) async throws -> String {
        var asked = Self.authorize
        for (name, value) in [("redirect_uri", Bench.callback), ("scope", "repo"), ("prompt", "consent")] {
            asked.append(name, value)
        }
        let pushed = await bench.send(.post, "/oauth/par", headers: Self.form, body: "\(Self.own)&\(asked.encoded)")
        let name = percentEncoded(try #require(pushed.json?["request_uri"]?.string))
        var browser = Walker(bench: bench)
        let landed = try await browser.walk(
            "/login/oauth/authorize?client_id=\(Bench.client)&request_uri=\(name)", as: "alice")
        return try #require(Form(parsing: URLParts(landed)?.query ?? "")["code"])
    }

    private func redeem(_ bench: Bench, _ code: String) async -> Response {
        await bench.token([
            "grant_type": "authorization_code", "code": code, "redirect_uri": Bench.callback,
            "code_verifier": Bench.verifier,
        ])
    }

    /// A device whose user types its code and allows it.
    private func allowedDevice(_ bench: Bench) async throws -> JSONValue? {
        let begun = await bench.send(.post, "/oauth/device", headers: Self.form, body: "\(Self.own)&scope=repo")
        let typed = try #require(begun.json?["user_code"]?.string)
        var browser = Walker(bench: bench)
        let page = try await browser.signIn(from: browser.open("/device?user_code=\(typed)"), as: "alice")
        var decision = Walker.hidden(page)
        decision.append("decision", "approve")
        #expect(await browser.submit("/device", decision).status == 200)
        let code = try #require(begun.json?["device_code"]?.string)
        return await bench.token(["grant_type": Self.device, "device_code": code]).json
    }

    @Test func everyGrantAgainAndAgain() async throws {
        let bench = try Bench(vendor: try ProfileFile.strict())
        _ = try bench.server.putApplication(clientID: Bench.client, ["expiringTokens": true])
        let grown = try await bench.store.growth { _ in
            let first = await redeem(bench, try await pushedCode(bench)).json
            #expect(await refreshed(bench, first)?["access_token"] != nil)
            let device = try await allowedDevice(bench)
            #expect(device?["access_token"] != nil, "\(device?.text ?? "")")
            bench.pass(Self.longestLife)
        }
        #expect(grown == [])
    }

    /// An authorization that is renewed for years is one authorization.
    @Test func linesOfRefreshTokensForYears() async throws {
        let bench = try Bench()
        _ = try await bench.accessToken(client: Bench.client)
        var lines = [try await bench.accessToken(client: Bench.app), try await bench.accessToken(client: Bench.app)]
        let grown = try await bench.store.growth(after: 400) { _ in
            for place in lines.indices {
                lines[place] = try #require(await refreshed(bench, lines[place], client: Bench.app))
                _ = try #require(lines[place]["access_token"])
            }
            // Others come and go: what is renewed does not stand in their way. One code is never used.
            _ = try await bench.code(client: Bench.app)
            _ = try await bench.accessToken(client: Bench.app)
            bench.pass(.minutes(24 * 60))
        }
        #expect(grown == [])
    }

    /// RFC 6749 section 4.1.2, however long the first use's tokens live and however many codes came since.
    @Test(arguments: [Bench.client, Bench.app])
    func aUsedCodeIsKnownAsLongAsItsTokensLive(_ client: String) async throws {
        let bench = try Bench(chosen: ["github.codeReplay": "revoke"])
        let code = try await bench.code(client: client)
        var last = await bench.token(["code": code], client: client).json
        for _ in 0..<150 {
            // One without end, one that is renewed; more of the same user and scopes would end the first.
            if client == Bench.app { last = await refreshed(bench, last, client: client) }
            let other = try await bench.code("gist", client: client)
            _ = await bench.token(["code": other], client: client)
            bench.pass(.minutes(7 * 24 * 60))
            if client == Bench.app { last = await refreshed(bench, last, client: client) }
        }
        let token = try #require(last?["access_token"]?.string)
        #expect(await bench.user(token).status == 200)
        #expect(await bench.token(["code": code], client: client).json?["error"] == "bad_verification_code")
        #expect(await bench.user(token).status == 401)
    }

    /// Of what is over the newest hundred answer as ever: the words of an expired code are not those of an unknown one.
    @Test func theNewestOfWhatIsOverAreKept() async throws {
        let bench = try Bench(vendor: try ProfileFile.strict())
        var codes: [String] = []
        for _ in 0..<101 {
            let begun = await bench.send(.post, "/oauth/device", headers: Self.form, body: Self.own)
            codes.append(try #require(begun.json?["device_code"]?.string))
            bench.pass(.minutes(16))
        }
        bench.pass(.minutes(60))
        let begun = await bench.send(.post, "/oauth/device", headers: Self.form, body: Self.own)
        codes.append(try #require(begun.json?["device_code"]?.string))
        var errors: [String] = []
        for code in codes {
            let answer = await bench.token(["grant_type": Self.device, "device_code": code])
            errors.append(answer.json?["error"]?.string ?? "")
        }
        let expired = [String](repeating: "expired_token", count: 99)
        #expect(errors == ["invalid_grant", "invalid_grant"] + expired + ["authorization_pending"])
    }
}
