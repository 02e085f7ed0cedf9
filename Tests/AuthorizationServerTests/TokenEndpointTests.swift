import AuthorizationServer
import HTTPTypes
import Kernel
import OAuthCore
import Testing

struct TokenEndpointTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let name: String
        let change: [String: String?]
        var status = 200
        let error: String
        var testDescription: String { name }
    }

    static let rows: [Row] = [
        Row(name: "unknown client", change: ["client_id": "nobody"], status: 404, error: "Not Found"),
        Row(name: "no client", change: ["client_id": nil], status: 404, error: "Not Found"),
        Row(name: "wrong secret", change: ["client_secret": "x"], error: "incorrect_client_credentials"),
        Row(name: "no secret", change: ["client_secret": nil], error: "incorrect_client_credentials"),
        Row(
            name: "wrong secret and code", change: ["client_secret": "", "code": "x"],
            error: "incorrect_client_credentials"),
        Row(name: "unknown code", change: ["code": "00000000000000000000"], error: "bad_verification_code"),
        Row(name: "no code", change: ["code": nil], error: "bad_verification_code"),
        Row(name: "another client's code", change: ["client_id": Bench.app], error: "bad_verification_code"),
        Row(
            name: "another redirect URI", change: ["redirect_uri": "https://aws.test/x"], error: "redirect_uri_mismatch"
        ),
        Row(
            name: "redirect URI before verifier", change: ["redirect_uri": "x", "code_verifier": nil],
            error: "redirect_uri_mismatch"),
        Row(name: "no verifier", change: ["code_verifier": nil], error: "bad_verification_code"),
        Row(
            name: "wrong verifier", change: ["code_verifier": "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXX"],
            error: "bad_verification_code"),
        Row(
            name: "unknown refresh token", change: ["grant_type": "refresh_token", "refresh_token": "ghr_x"],
            error: "bad_refresh_token"),
        Row(name: "no refresh token", change: ["grant_type": "refresh_token"], error: "bad_refresh_token"),
        Row(name: "another grant", change: ["grant_type": "password"], error: "unsupported_grant_type"),
    ]

    @Test(arguments: rows)
    func `a wrong request is refused with GitHub's name and status`(_ row: Row) async throws {
        let bench = try Bench()
        let code = try await bench.code("repo", ["code_challenge": Bench.challenge, "code_challenge_method": "S256"])
        var parameters: [String: String?] = ["code": code, "code_verifier": Bench.verifier]
        parameters.merge(row.change) { $1 }
        let answer = await bench.token(parameters)
        #expect(answer.status == row.status)
        #expect(answer.json?["error"]?.string == row.error)
        if row.status == 200 {
            #expect(
                answer.json?["error_uri"]?.string?.hasPrefix("https://docs.github.com/apps/managing-oauth-apps/")
                    == true)
            #expect(answer.json?["error_description"] != nil)
        }
        #expect(!answer.bodyText.contains(code))
    }

    @Test
    func `three formats of one answer, and of one refusal`() async throws {
        let bench = try Bench()
        func answer(_ accept: String?, _ code: String) async -> (String?, String) {
            let answer = await bench.token(["code": code], accept: accept)
            return (answer.header(.contentType), answer.bodyText)
        }
        for accept in [nil, "*/*", "text/html", "application/x-www-form-urlencoded"] {
            let (type, body) = await answer(accept, try await bench.code("repo gist"))
            #expect(type == "application/x-www-form-urlencoded; charset=utf-8")
            #expect(body.wholeMatch(of: /access_token=gho_\w{36}&scope=repo%2Cgist&token_type=bearer/) != nil)
        }
        let (type, body) = await answer("application/json", try await bench.code("repo gist"))
        #expect(type == "application/json; charset=utf-8")
        #expect(try JSONValue(parsing: body)["scope"] == "repo,gist")
        let xml = await answer("text/plain, application/xml;q=0.9", try await bench.code("repo gist"))
        #expect(xml.0 == "application/xml; charset=utf-8")
        #expect(xml.1.hasPrefix("<OAuth><access_token>gho_") && xml.1.hasSuffix("</token_type></OAuth>"))
        #expect(await answer(nil, "x").1.hasPrefix("error=bad_verification_code&error_description=The+code+passed"))
        #expect(await answer("application/xml", "x").1.hasPrefix("<OAuth><error>bad_verification_code</error>"))
        #expect(await bench.send(.get, "/login/oauth/access_token").status == 404)
    }

    @Test(arguments: ["form", "query", "json", "basic"])
    func `credentials are taken wherever they stand`(_ place: String) async throws {
        let bench = try Bench()
        let code = try await bench.code()
        let all: Form = ["client_id": Bench.client, "client_secret": Bench.secret, "code": code]
        var headers: HTTPFields = [.accept: "application/json"]
        var (path, body) = ("/login/oauth/access_token", "")
        switch place {
        case "query": path += "?\(all.encoded)"
        case "json":
            headers[.contentType] = "application/json"
            body = JSONValue.object(JSONObject(all.pairs.map { .init($0.name, .string($0.value)) })).text
        case "basic":
            headers[.authorization] = ClientAuthentication.basic(id: Bench.client, secret: Bench.secret)
            body = "code=\(code)"
        default: body = all.encoded
        }
        #expect(await bench.send(.post, path, headers: headers, body: body).json?["access_token"] != nil)
    }

    @Test
    func `broken bodies are refused without harm`() async throws {
        let bench = try Bench()
        for body in ["{", "[]", "{\"client_id\":5}", "%%%=%&&&=", String(repeating: "a=b&", count: 50_000)] {
            let answer = await bench.send(
                .post, "/login/oauth/access_token", headers: [.contentType: "application/json"], body: body)
            #expect(answer.status == 404)
            #expect(await bench.send(.post, "/login/oauth/access_token", body: body).status == 404)
        }
    }

    @Test
    func `a code dies after ten minutes`() async throws {
        let bench = try Bench()
        let (early, late) = (try await bench.code(), try await bench.code())
        bench.pass(.seconds(599))
        #expect(await bench.token(["code": early]).json?["access_token"] != nil)
        bench.pass(.seconds(1))
        #expect(await bench.token(["code": late]).json?["error"] == "bad_verification_code")
        #expect(bench.notes == ["authorization-code-lifetime"])
    }

    @Test(arguments: [(nil, [:], 200), ("strict", [:], 401), (nil, ["github.codeReplay": "revoke"], 401)])
    func `a replayed code is refused; by the RFC its tokens die`(
        _ row: (profile: String?, chosen: [String: String], after: Int)
    ) async throws {
        let bench = try Bench(profile: row.profile, chosen: row.chosen)
        let code = try await bench.code(
            "repo",
            ["response_type": "code", "code_challenge": Bench.challenge, "code_challenge_method": "S256"])
        let parameters: [String: String?] = [
            "grant_type": "authorization_code", "code": code, "code_verifier": Bench.verifier,
            "redirect_uri": Bench.callback,
        ]
        let token = try #require(await bench.token(parameters).json?["access_token"]?.string)
        #expect(await bench.user(token).status == 200)
        let replay = await bench.token(parameters)
        #expect(replay.status == (row.profile == nil ? 200 : 400))
        #expect(replay.json?["error"]?.string == (row.profile == nil ? "bad_verification_code" : "invalid_grant"))
        #expect(bench.notes == ["authorization-code-single-use"])
        #expect(await bench.user(token).status == row.after)
    }

    @Test
    func `a failed verifier burns the code unless the lab decides otherwise`() async throws {
        for keeps in [false, true] {
            let bench = try Bench(chosen: keeps ? ["github.failedVerifier": "keeps"] : [:])
            let code = try await bench.code(
                "repo", ["code_challenge": Bench.challenge, "code_challenge_method": "S256"])
            _ = await bench.token(["code": code, "code_verifier": "x"])
            let second = await bench.token(["code": code, "code_verifier": Bench.verifier])
            #expect((second.json?["access_token"] != nil) == keeps)
        }
    }

    @Test
    func `a verifier without challenge is a downgrade`() async throws {
        let bench = try Bench()
        let refused = await bench.token(["code": try await bench.code(), "code_verifier": Bench.verifier])
        #expect(refused.json?["error"] == "bad_verification_code")
        let ignoring = try Bench(profile: "2024")
        let accepted = await ignoring.token(["code": try await ignoring.code(), "code_verifier": "anything"])
        #expect(accepted.json?["access_token"] != nil)
    }

    @Test(arguments: [
        "authorization-code-single-use", "authorization-code-lifetime", "authorization-code-client-binding",
        "client-secret", "pkce-verifier", "pkce-s256-only",
    ])
    func `each rule that is off lets through what it stops`(_ rule: String) async throws {
        let bench = try Bench(off: [rule])
        let method = rule == "pkce-s256-only" ? "plain" : "S256"
        let verifier = rule == "pkce-s256-only" ? Bench.challenge : Bench.verifier
        let code = try await bench.code(
            "repo", ["code_challenge": Bench.challenge, "code_challenge_method": method])
        var parameters: [String: String?] = ["code": code, "code_verifier": verifier]
        switch rule {
        case "authorization-code-single-use": _ = await bench.token(parameters)
        case "authorization-code-lifetime": bench.pass(.minutes(60))
        case "authorization-code-client-binding": parameters["client_id"] = Bench.app
        case "client-secret": parameters["client_secret"] = "wrong"
        case "pkce-verifier": parameters["code_verifier"] = nil as String?
        default: break
        }
        #expect(await bench.token(parameters).json?["access_token"] != nil)
    }

    @Test
    func `strict refuses credentials in the query and by Basic with 401`() async throws {
        let bench = try Bench(profile: "strict")
        let query: Form = ["client_id": Bench.client, "client_secret": Bench.secret, "code": "x"]
        let inQuery = await bench.send(
            .post, "/login/oauth/access_token?\(query.encoded)",
            headers: [.contentType: "application/x-www-form-urlencoded"])
        #expect(inQuery.status == 400 && inQuery.json?["error"] == "invalid_request")
        let basic = await bench.send(
            .post, "/login/oauth/access_token",
            headers: [
                .authorization: ClientAuthentication.basic(id: Bench.client, secret: "x"),
                .contentType: "application/x-www-form-urlencoded",
            ], body: "grant_type=authorization_code&code=x")
        #expect(basic.status == 401 && basic.json?["error"] == "invalid_client")
        #expect(basic.header(.wwwAuthenticate)?.hasPrefix("Basic") == true)
        #expect(await bench.token(["code": "x"]).json?["error"] == "invalid_request")
    }
}
