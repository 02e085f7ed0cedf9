import AuthorizationServer
import HTTPTypes
import Kernel
import OAuthCore
import Testing

struct RFCTests {
    private static let token = "/login/oauth/access_token"

    @Test(arguments: RFCRow.authorization + RFCRow.tokens + RFCRow.further)
    func `the strict server answers as its RFC says`(_ row: RFCRow) async throws {
        let bench = try Bench(vendor: try ProfileFile.strict())
        let answer = try await answer(to: row, bench)
        #expect(answer.status == row.status)
        // RFC 9110 section 15.5.2.
        if row.status == 401 { #expect(answer.header(.wwwAuthenticate)?.hasPrefix("Basic ") == true) }
        guard answer.status == 302 else {
            #expect(row.error == nil || answer.json?["error"]?.string == row.error)
            if row.error != nil { #expect(answer.header(.cacheControl)?.contains("no-store") == true) }
            return
        }
        let landed = try #require(answer.header(.location))
        let query = Form(parsing: URLParts(landed)?.query ?? "")
        #expect(query["error"] == row.error)
        // `6749-12` and `9207-01`: every answer to the client has its state and who gives it.
        guard row.error != nil else { return }
        #expect(landed.hasPrefix(Bench.callback) && query["state"] == "s1")
        #expect(query["iss"] == "https://github.test/oauth")
    }

    private func answer(to row: RFCRow, _ bench: Bench) async throws -> Response {
        switch row.ask {
        case .authorize(let changes): return try await opened(path(changes), row, bench)
        case .authorizeAnd(let more): return try await opened(path([:]) + more, row, bench)
        case .token(let changes): return await bench.token(try await redemption(bench, changes))
        case .tokenTwice:
            let parameters = try await redemption(bench, [:])
            let first = await bench.token(parameters)
            let second = await bench.token(parameters)
            // `6749-15`: what the first one gave is dead.
            let access = try #require(first.json?["access_token"]?.string)
            #expect(await bench.user(access).status == 401)
            return second
        case .tokenAfter(let span):
            let parameters = try await redemption(bench, [:])
            bench.pass(span)
            return await bench.token(parameters)
        case .raw(let method, let path, let type, let body):
            var headers: HTTPFields = [:]
            headers[.contentType] = type
            return await bench.send(method, path, headers: headers, body: body)
        case .basic(let more):
            return await bench.send(
                .post, Self.token,
                headers: [
                    .authorization: ClientAuthentication.basic(id: Bench.client, secret: "wrong"),
                    .contentType: RFCRow.form,
                ], body: "grant_type=authorization_code&code=x\(more)")
        }
    }

    /// `A11`: no error leads to the client before somebody signed in (RFC 9700 section 4.11.2).
    private func opened(_ path: String, _ row: RFCRow, _ bench: Bench) async throws -> Response {
        var browser = Walker(bench: bench)
        let answer = await browser.open(path)
        guard row.error != nil else { return answer }
        #expect(answer.header(.location)?.hasPrefix("https://github.test/login?") == true)
        return try await browser.signIn(from: answer, as: "alice")
    }

    private func path(_ changes: [String: String?]) -> String {
        var all: [String: String?] = [
            "response_type": "code", "client_id": Bench.client, "redirect_uri": Bench.callback, "scope": "repo",
            "state": "s1", "code_challenge": Bench.challenge, "code_challenge_method": "S256",
        ]
        all.merge(changes) { $1 }
        let form = Form(all.sorted { $0.key < $1.key }.compactMap { name, value in value.map { .init(name, $0) } })
        return "/login/oauth/authorize?\(form.encoded)"
    }

    private func redemption(_ bench: Bench, _ changes: [String: String?]) async throws -> [String: String?] {
        let code = try await bench.code(
            "repo",
            ["response_type": "code", "code_challenge": Bench.challenge, "code_challenge_method": "S256"])
        var all: [String: String?] = [
            "grant_type": "authorization_code", "code": code, "redirect_uri": Bench.callback,
            "code_verifier": Bench.verifier,
        ]
        all.merge(changes) { $1 }
        return all
    }

    @Test(arguments: ProfileFile.shelf.names)
    func `every profile of the vendors' files can be read`(_ name: String) throws {
        _ = try ProfileFile.shelf.profile(named: name)
        #expect(throws: VendorProfileProblem.self) {
            _ = try ProfileFile.shelf.profile(named: name, changes: ["colour": "red"])
        }
    }

    private func vendor(_ name: String) throws -> Bench {
        try Bench(vendor: ProfileFile.shelf.profile(named: name))
    }

    /// `8414-05`: a vendor that is an OpenID provider says so in full; a server that is none promises nothing.
    @Test(arguments: [
        ("google", "", "/oauth2/v3/certs"), ("microsoft", "/common/v2.0", "/common/discovery/v2.0/keys"),
        ("salesforce", "", "/id/keys"), ("atlassian", "", "/.well-known/jwks.json"),
        ("linkedin", "/oauth", "/oauth/openid/jwks"), ("okta", "/oauth2/default", "/oauth2/default/v1/keys"),
        ("auth0", "", "/.well-known/jwks.json"), ("cognito", "", "/.well-known/jwks.json"),
        ("strict", "/oauth", nil), ("generic", "/oauth", nil), ("github", "/login/oauth", nil),
    ])
    func `metadata have what OpenID Discovery wants of an OpenID provider`(
        _ row: (vendor: String, path: String, keys: String?)
    ) async throws {
        let bench = try vendor(row.vendor)
        let answer = await bench.send(.get, "\(row.path)/.well-known/openid-configuration")
        let document = try #require(answer.json?.object)
        #expect(document["scopes_supported"]?.strings?.contains("openid") == (row.keys != nil))
        guard let keys = row.keys else {
            for name in ["jwks_uri", "subject_types_supported", "id_token_signing_alg_values_supported"] {
                #expect(document[name] == nil, "\(name)")
            }
            return
        }
        #expect(document["jwks_uri"]?.string == "https://github.test\(keys)")
        #expect(["public", "pairwise"].contains(document["subject_types_supported"]?[0]?.string))
        #expect(document["id_token_signing_alg_values_supported"] == ["RS256"])
        #expect(await bench.send(.get, keys).json == ["keys": []])
    }

    @Test
    func `Microsoft's errors name their numbers beside the text`() async throws {
        let bench = try vendor("microsoft")
        let rows: [(Form, Int64)] = [
            (["client_id": "nobody", "client_secret": "x", "grant_type": "authorization_code", "code": "x"], 700_016),
            (["client_id": Bench.client, "client_secret": "x", "grant_type": "authorization_code"], 7_000_215),
            (["client_id": Bench.client, "client_secret": Bench.secret], 900_144),
        ]
        for (form, number) in rows {
            let answer = await bench.send(
                .post, "/common/oauth2/v2.0/token", headers: [.contentType: RFCRow.form], body: form.encoded)
            let description = answer.json?["error_description"]?.string
            #expect(answer.json?["error_codes"] == [.int(number)] && answer.json?["trace_id"] != nil)
            #expect(description?.hasPrefix("AADSTS\(number): ") == true, "\(description ?? "none")")
        }
    }

    @Test
    func `a token is reset and a leaked one ends`() async throws {
        let bench = try Bench()
        let token = try #require(try await bench.accessToken()["access_token"]?.string)
        let headers: HTTPFields = [
            .authorization: ClientAuthentication.basic(id: Bench.client, secret: Bench.secret)
        ]
        let reset = await bench.send(
            .patch, "/applications/\(Bench.client)/token", headers: headers,
            body: #"{"access_token":"\#(token)"}"#)
        let fresh = try #require(reset.json?["token"]?.string)
        #expect(reset.status == 200 && fresh != token)
        #expect(await bench.user(token).status == 401)
        #expect(await bench.user(fresh).status == 200)
        let leak = await bench.send(.post, "/credentials/revoke", body: #"{"credentials":["\#(fresh)","x"]}"#)
        #expect(leak.status == 202)
        #expect(await bench.user(fresh).status == 401)
        #expect(await bench.send(.post, "/credentials/revoke", body: "{}").status == 422)
    }
}
