import AuthorizationServer
import HTTPTypes
import Kernel
import OAuthCore
import Testing

/// Requirements that need more than one request, or a server with other members: each by its id.
struct RequirementTableTests {
    private static let authorize: Form = [
        "response_type": "code", "code_challenge": Bench.challenge, "code_challenge_method": "S256",
    ]
    private static let own = "client_id=\(Bench.client)&client_secret=\(Bench.secret)"
    private static let form: HTTPFields = [.contentType: "application/x-www-form-urlencoded"]

    private func bench(_ changes: JSONObject = [:], documents: [String: JSONValue] = [:]) throws -> Bench {
        try Bench(vendor: try ProfileFile.strict(changes), documents: documents)
    }

    /// What a client reads at its redirect URI.
    private func query(_ landed: String) -> Form { Form(parsing: URLParts(landed)?.query ?? "") }

    @Test("6749-11: who says no is answered with access_denied, state and iss")
    func denial() async throws {
        let bench = try bench()
        var browser = Walker(bench: bench)
        let landed = try await browser.walk(
            bench.authorizePath("repo", Self.authorize), as: "alice", decision: "deny")
        let answer = query(landed)
        #expect(landed.hasPrefix(Bench.callback) && answer["error"] == "access_denied" && answer["code"] == nil)
        #expect(answer["state"] == "s1" && answer["iss"] == "https://github.test/oauth")
    }

    @Test(
        "6749-13: a server that cannot go on says so by a redirect",
        arguments: [
            "server_error", "temporarily_unavailable",
        ])
    func failure(_ error: String) async throws {
        let failing = try bench(["authorizationFails": .string(error)])
        var browser = Walker(bench: failing)
        let landed = try await browser.walk(failing.authorizePath("repo", Self.authorize), as: "alice")
        #expect(landed.hasPrefix(Bench.callback))
        #expect(query(landed)["error"] == error && query(landed)["state"] == "s1")
        // Where it may not redirect there is a page all the same.
        let stranger = await failing.send(
            .get, failing.authorizePath("repo", ["redirect_uri": "https://evil.test/"]))
        #expect(stranger.status == 400 && stranger.header(.location) == nil)
    }

    @Test("6749-26: a refresh may ask for what was granted, whatever includes it, and for no more")
    func refreshedScopes() async throws {
        let bench = try bench()
        func refresh(_ token: String, _ scope: String) async -> Response {
            await bench.token(["grant_type": "refresh_token", "refresh_token": token, "scope": scope])
        }
        let code = try await bench.code("read write", Self.authorize)
        let first = await bench.token([
            "grant_type": "authorization_code", "code": code, "redirect_uri": Bench.callback,
            "code_verifier": Bench.verifier,
        ])
        #expect(first.json?["scope"] == "write")
        var token = try #require(first.json?["refresh_token"]?.string)
        for (asked, answered) in [("read", "read"), ("read write", "write"), ("write", "write"), ("", "write")] {
            let answer = await refresh(token, asked)
            #expect(answer.status == 200 && answer.json?["scope"]?.string == answered, "\(asked)")
            token = try #require(answer.json?["refresh_token"]?.string)
        }
        for wider in ["read gist", "everything", "write openid"] {
            let answer = await refresh(token, wider)
            #expect(answer.status == 400 && answer.json?["error"] == "invalid_scope", "\(wider)")
        }
    }

    @Test("6749-28: error and error_description keep to their characters")
    func characters() async throws {
        let bench = try bench()
        let rows: [String] = [
            "grant_type=%22%5C%C3%A9", "grant_type=authorization_code&code=%22&redirect_uri=%5C",
            "grant_type=refresh_token&refresh_token=%22%5C", "grant_type=authorization_code",
        ]
        for row in rows {
            let answer = await bench.send(
                .post, "/login/oauth/access_token", headers: Self.form, body: "\(Self.own)&\(row)")
            #expect(answer.status == 400)
            for name in ["error", "error_description"] {
                let text = try #require(answer.json?[name]?.string, "\(row)")
                let isLegal = text.utf8.allSatisfy { (0x20...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C }
                #expect(isLegal, "\(text)")
            }
        }
    }

    @Test("7636-07: a verifier for a code without a challenge is a downgrade")
    func downgrade() async throws {
        let bench = try bench(["proofKey": "enforced-if-sent"])
        let code = try await bench.code("repo", ["response_type": "code"])
        let answer = await bench.token([
            "grant_type": "authorization_code", "code": code, "redirect_uri": Bench.callback,
            "code_verifier": Bench.verifier,
        ])
        #expect(answer.status == 400 && answer.json?["error"] == "invalid_grant")
    }

    @Test("9700-02: a public client must send a challenge where a confidential one need not")
    func publicClients() async throws {
        let bench = try bench(["proofKey": "enforced-if-sent"])
        let metadata = #"{"redirect_uris":["https://a.test/cb"],"token_endpoint_auth_method":"none"}"#
        let made = await bench.send(
            .post, "/oauth/register", headers: [.contentType: "application/json"], body: metadata)
        let client = try #require(made.json?["client_id"]?.string)
        let path = "/login/oauth/authorize?response_type=code&client_id=\(client)&state=s"
        var browser = Walker(bench: bench)
        #expect(query(try await browser.walk(path, as: "alice"))["error"] == "invalid_request")
        let challenged = await bench.send(
            .get, "\(path)&code_challenge=\(Bench.challenge)&code_challenge_method=S256")
        #expect(challenged.header(.location)?.hasPrefix("https://github.test/login?") == true)
    }

    @Test("8707-03 7662-03: a token's audience is what was asked for, and introspection tells all about it")
    func audience() async throws {
        let bench = try bench()
        var asked = Self.authorize
        asked.append("resource", "https://mcp.test/mcp")
        let code = try await bench.code("repo", asked)
        let answer = await bench.token([
            "grant_type": "authorization_code", "code": code, "redirect_uri": Bench.callback,
            "code_verifier": Bench.verifier,
        ])
        let token = try #require(answer.json?["access_token"]?.string)
        let told = await bench.send(
            .post, "/oauth/introspect", headers: Self.form, body: "\(Self.own)&token=\(token)")
        let members = try #require(told.json?.object)
        #expect(members["active"] == true && members["aud"] == "https://mcp.test/mcp")
        for name in [
            "scope", "client_id", "username", "token_type", "exp", "iat", "nbf", "sub", "aud", "iss", "jti",
        ] { #expect(members[name] != nil, "\(name)") }
        #expect(members["iss"] == "https://github.test/oauth" && members["client_id"] == .string(Bench.client))
    }

    @Test("9126-05 9126-06: a pushed request lives as long as it says, and counts alone")
    func pushedRequests() async throws {
        let bench = try bench()
        var asked = Self.authorize
        for (name, value) in [("redirect_uri", Bench.callback), ("scope", "repo"), ("state", "pushed")] {
            asked.append(name, value)
        }
        let pushed = await bench.send(
            .post, "/oauth/par", headers: Self.form, body: "\(Self.own)&\(asked.encoded)")
        let life = try #require(pushed.json?["expires_in"]?.int)
        #expect(pushed.status == 201 && (5...600).contains(life))
        let name = percentEncoded(try #require(pushed.json?["request_uri"]?.string))
        let path = "/login/oauth/authorize?client_id=\(Bench.client)&request_uri=\(name)"
        var browser = Walker(bench: bench)
        // What stands beside the name is not looked at.
        let landed = try await browser.walk(
            "\(path)&scope=gist&state=other&redirect_uri=https://evil.test", as: "alice")
        #expect(landed.hasPrefix(Bench.callback) && query(landed)["state"] == "pushed")
        bench.pass(.seconds(life))
        let late = await browser.open(path)
        #expect(late.status == 400 && late.bodyText.contains("invalid_request_uri"))
    }

    @Test("9126-10: where requests must be pushed, one that was not is refused")
    func pushedRequestsOnly() async throws {
        let part: JSONValue = ["endpoint": "/oauth/par", "lifetimeSeconds": 60, "required": true]
        let bench = try bench(["pushedRequests": part])
        var browser = Walker(bench: bench)
        let landed = try await browser.walk(bench.authorizePath("repo", Self.authorize), as: "alice")
        #expect(query(landed)["error"] == "invalid_request")
        let metadata = await bench.send(.get, "/oauth/.well-known/openid-configuration")
        #expect(metadata.json?["require_pushed_authorization_requests"] == true)
    }

    @Test("9126-04: a client that pushes too often waits for the next hour")
    func pushedTooOften() async throws {
        let part: JSONValue = ["endpoint": "/oauth/par", "lifetimeSeconds": 60, "required": false, "perHour": 2]
        let bench = try bench(["pushedRequests": part])
        var asked = Self.authorize
        asked.append("redirect_uri", Bench.callback)
        var statuses: [Int] = []
        for span in [Span.zero, .zero, .zero, .minutes(60)] {
            bench.pass(span)
            let body = "\(Self.own)&\(asked.encoded)"
            statuses.append(await bench.send(.post, "/oauth/par", headers: Self.form, body: body).status)
        }
        #expect(statuses == [201, 201, 429, 201])
    }

    @Test("7591-04: without the initial access token nobody registers")
    func initialAccessToken() async throws {
        let bench = try bench(["registration": ["endpoint": "/oauth/register", "initialAccessToken": "first"]])
        let body = #"{"redirect_uris":["https://a.test/cb"]}"#
        for (sent, challenge) in [(nil, "Bearer realm="), ("Bearer wrong", #"error="invalid_token""#)]
            as [(String?, String)]
        {
            var headers: HTTPFields = [.contentType: "application/json"]
            headers[.authorization] = sent
            let answer = await bench.send(.post, "/oauth/register", headers: headers, body: body)
            #expect(answer.status == 401 && answer.header(.wwwAuthenticate)?.contains(challenge) == true)
        }
        let made = await bench.send(
            .post, "/oauth/register", headers: [.contentType: "application/json", .authorization: "Bearer first"],
            body: body)
        #expect(made.status == 201 && made.json?["client_secret_expires_at"] == 0)
    }

    @Test("7592-delete: what a client was given ends with it")
    func deletedClient() async throws {
        let bench = try bench()
        let metadata = """
            {"redirect_uris":["\(Bench.callback)"],"token_endpoint_auth_method":"client_secret_post",
             "grant_types":["authorization_code","refresh_token","client_credentials"]}
            """
        let made = await bench.send(
            .post, "/oauth/register", headers: [.contentType: "application/json"], body: metadata)
        let client = try #require(made.json?["client_id"]?.string)
        let own: [String: String?] = ["client_id": client, "client_secret": made.json?["client_secret"]?.string]
        let code = try await bench.code("repo", client: client, Self.authorize)
        let redeemed = own.merging([
            "grant_type": "authorization_code", "code": code, "redirect_uri": Bench.callback,
            "code_verifier": Bench.verifier,
        ]) { $1 }
        let user = try #require(await bench.token(redeemed).json?["access_token"]?.string)
        let machine = await bench.token(own.merging(["grant_type": "client_credentials"]) { $1 })
        #expect(machine.status == 200)
        _ = try await bench.code("repo", client: client, Self.authorize)
        let other = try await bench.code("repo", Self.authorize)
        #expect(await bench.user(user).status == 200)
        let token = made.json?["registration_access_token"]?.string ?? ""
        let path = URLParts(made.json?["registration_client_uri"]?.string ?? "")?.path ?? ""
        #expect(await bench.send(.delete, path, headers: [.authorization: "Bearer \(token)"]).status == 204)
        #expect(await bench.user(user).status == 401)
        let ended = bench.store.journal().compactMap { entry -> String? in
            switch entry.event {
            case .token(.revoked(_, "its client was deleted")): "token"
            case .transition(let moved) where moved.cause == "its client was deleted":
                "\(moved.subject.prefix { $0 != " " }) \(moved.to)"
            default: nil
            }
        }
        // The user's access token, the refresh token and the code that nobody redeemed; the machine's own token.
        #expect(
            ended.sorted() == [
                "code revoked", "consent revoked", "refresh revoked", "token", "token", "token",
            ])
        // Nobody else's.
        let kept = await bench.token([
            "grant_type": "authorization_code", "code": other, "redirect_uri": Bench.callback,
            "code_verifier": Bench.verifier,
        ])
        #expect(kept.status == 200)
    }

    @Test(
        "cimd-01 cimd-05: only an https URL with a clean path is a client's document",
        arguments: [
            ("https://client.test/app.json", 302), ("https://client.test/a/app.json?v=1", 302),
            ("https://client.test", 400), ("https://client.test/", 302), ("http://client.test/app.json", 400),
            ("https://client.test/app.json#part", 400), ("https://user@client.test/app.json", 400),
            ("https://client.test/a/../app.json", 400), ("https://client.test/./app.json", 400),
            ("https://client.test/%2e%2e/app.json", 400),
        ])
    func clientURLs(_ url: String, _ status: Int) async throws {
        // The server at the other end would describe any of them.
        let document: JSONValue = ["client_id": .string(url), "redirect_uris": ["https://client.test/cb"]]
        let bench = try bench(documents: [url: document])
        var asked = Self.authorize
        for (name, value) in [("client_id", url), ("redirect_uri", "https://client.test/cb")] {
            asked.append(name, value)
        }
        let answer = await bench.send(.get, "/login/oauth/authorize?\(asked.encoded)")
        #expect(answer.status == status)
        if status == 400 { #expect(answer.bodyText.contains("invalid_client")) }
        let metadata = await bench.send(.get, "/oauth/.well-known/openid-configuration")
        #expect(metadata.json?["client_id_metadata_document_supported"] == true)
    }

    @Test("8628-02 8628-03 8628-04: a device waits, is slowed down, is refused, and is too late")
    func devices() async throws {
        let bench = try bench()
        func start() async throws -> (device: String, user: String) {
            let answer = await bench.send(
                .post, "/oauth/device", headers: Self.form, body: "\(Self.own)&scope=repo")
            return (
                try #require(answer.json?["device_code"]?.string), try #require(answer.json?["user_code"]?.string)
            )
        }
        func poll(_ device: String) async -> Response {
            await bench.token([
                "grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": device,
            ])
        }
        func expect(_ response: Response, _ error: String) {
            #expect(response.status == 400 && response.json?["error"]?.string == error)
        }
        let first = try await start()
        expect(await poll(first.device), "authorization_pending")
        let hasty = await poll(first.device)
        expect(hasty, "slow_down")
        #expect(hasty.json?["interval"] == 10)
        var browser = Walker(bench: bench)
        for (decision, error) in [("deny", "access_denied"), ("approve", nil)] as [(String, String?)] {
            let one = try await start()
            var page = await browser.open("/device?user_code=\(one.user)")
            if page.status == 302 { page = try await browser.signIn(from: page, as: "alice") }
            _ = await browser.submit("/device", Walker.consent(page, decision: decision))
            bench.pass(.seconds(20))
            let answer = await poll(one.device)
            if let error { expect(answer, error) } else { #expect(answer.json?["access_token"] != nil) }
        }
        bench.pass(.seconds(900))
        expect(await poll(first.device), "expired_token")
    }

    @Test(
        "7523-02 7523-03: an assertion names the client twice and this server once",
        arguments: [
            ("shop", "shop", "https://github.test/login/oauth/access_token", 200),
            ("shop", "shop", "https://github.test/oauth", 200), ("shop", "shop", "https://github.test/oauth/par", 200),
            ("other", "shop", "https://github.test/oauth", 401), ("shop", "other", "https://github.test/oauth", 401),
            ("shop", "shop", "https://other.test/token", 401),
        ])
    func assertions(_ issuer: String, _ subject: String, _ audience: String, _ status: Int) async throws {
        let signer = try ProfileFile.signer()
        let document: JSONValue = [
            "client_id": "https://client.test/shop", "redirect_uris": ["https://client.test/cb"],
            "token_endpoint_auth_method": "private_key_jwt", "jwks": signer.publicKeys,
            "grant_types": ["authorization_code", "client_credentials"],
        ]
        let bench = try bench(documents: ["https://client.test/shop": document])
        // The first request makes the client known; its name is the document's address.
        _ = await bench.send(.get, "/login/oauth/authorize?client_id=https://client.test/shop")
        func named(_ short: String) -> JSONValue { .string("https://client.test/\(short)") }
        let now = bench.clock.now.seconds
        let assertion = try await signer.sign([
            "iss": named(issuer), "sub": named(subject), "aud": .string(audience), "jti": "one", "iat": .int(now),
            "exp": .int(now + 60),
        ])
        let answer = await bench.token([
            "client_id": nil, "client_secret": nil, "grant_type": "client_credentials",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": assertion,
        ])
        #expect(answer.status == status)
        if status == 401 { #expect(answer.json?["error"] == "invalid_client") }
    }
}
