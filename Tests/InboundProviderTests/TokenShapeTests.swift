import HTTPTypes
import InboundProvider
import Kernel
import OAuthCore
import TestSupport
import Testing

/// Tokens of other vendors than Cognito, by the files of the labs.
struct TokenShapeTests {
    static let vendors = ["auth0", "okta", "entra-v1", "entra-v2"]
    private static let subjects = [
        "auth0": "auth0|s-alice", "okta": "s-alice", "entra-v1": "pairwise-web-s-alice",
        "entra-v2": "pairwise-web-s-alice",
    ]
    private static let types = "urn:ietf:params:oauth:token-type:"

    private func fixture(_ vendor: String, off: Set<String> = []) throws -> Fixture {
        let file = try Checkout.mock("ready/directory/\(vendor).yaml.json")
        return try Fixture(off: off, with: ["tokens": try #require(file["is"]?["tokens"])])
    }

    private func claims(_ token: JSONValue?) -> JSONObject { DecodedToken(token?.string ?? "")?.claims ?? [:] }

    private func revoke(_ fixture: Fixture, _ token: JSONValue?, client: String = "web") async -> Response {
        await fixture.send(.post, "/oauth2/revoke", ["client_id": client, "token": token?.string ?? ""])
    }

    private func exchange(_ fixture: Fixture, _ token: JSONValue?, as type: String) async -> Response {
        await fixture.send(
            .post, "/oauth2/token",
            [
                "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange", "client_id": "exchange",
                "client_secret": "s3cret", "subject_token": token?.string ?? "",
                "subject_token_type": "\(Self.types)\(type)",
            ])
    }

    @Test("An ID token and UserInfo have one subject, and nothing of Cognito: oidc-01 oidc-04", arguments: vendors)
    func oneSubject(_ vendor: String) async throws {
        let fixture = try fixture(vendor)
        let body = try #require(await fixture.redeem(await fixture.code([("scope", "openid email profile")])).json)
        let told = await fixture.userInfo(body["access_token"]?.string ?? "")
        #expect(told.status == 200)
        let subject = JSONValue.string(try #require(Self.subjects[vendor]))
        let identity = claims(body["id_token"])
        #expect(identity["sub"] == subject && told.json?["sub"] == subject)
        #expect(identity["iss"] == claims(body["access_token"])["iss"] && identity["nonce"] == "n-1")
        let now = fixture.clock.now.seconds
        #expect(identity["iat"] == .int(now) && identity["exp"] == .int(now + 3600))
        #expect(identity["aud"] == "web" && identity["auth_time"] == .int(now))
        #expect(identity["name"] == "alice" && told.json?["name"] == "alice")
        #expect(identity["email"] == told.json?["email"] && (identity["email"] == nil) == (vendor == "entra-v1"))
        for name in ["token_use", "cognito:username", "origin_jti", "client_id"] {
            #expect(identity[name] == nil, "\(name)")
        }
        #expect((identity["at_hash"] == nil) == vendor.hasPrefix("entra"))
        #expect(told.json?["username"] == nil && told.json?["at_hash"] == nil)
        // What was not asked for is not told.
        let bare = try #require(await fixture.redeem(await fixture.code([("scope", "openid")])).json)
        #expect(claims(bare["id_token"])["name"] == nil && claims(bare["id_token"])["email"] == nil)
        #expect(claims(bare["id_token"])["sub"] == subject)
        let metadata = await fixture.send(.get, "/.well-known/openid-configuration").json
        #expect(metadata?["subject_types_supported"] == [vendor.hasPrefix("entra") ? "pairwise" : "public"])
    }

    @Test("An access token ends when its client says so: 7009-03 7009-04 7009-05", arguments: vendors)
    func revocation(_ vendor: String) async throws {
        let fixture = try fixture(vendor)
        let body = await fixture.signedIn()
        let access = body["access_token"]?.string ?? ""
        #expect(await revoke(fixture, body["access_token"], client: "other").error == "invalid_grant")
        #expect(await revoke(fixture, body["id_token"]).error == "unsupported_token_type")
        #expect(await fixture.userInfo(access).status == 200)
        #expect(await exchange(fixture, body["access_token"], as: "access_token").status == 200)
        #expect(await revoke(fixture, body["access_token"]).status == 200)
        #expect(await fixture.userInfo(access).status == 401)
        #expect(await exchange(fixture, body["access_token"], as: "access_token").error == "invalid_request")
        _ = fixture.clock.advance(towards: fixture.clock.now + .seconds(1))
        let next = await fixture.refresh(body["refresh_token"]?.string ?? "").json
        #expect(await fixture.userInfo(next?["access_token"]?.string ?? "").status == 200)
        let exchanged = await exchange(fixture, next?["access_token"], as: "access_token").json?["access_token"]
        #expect(await revoke(fixture, next?["refresh_token"]).status == 200)
        #expect(await fixture.userInfo(next?["access_token"]?.string ?? "").status == 401)
        // What was made of it ends with it.
        #expect(await exchange(fixture, exchanged, as: "access_token").error == "invalid_request")
        #expect(fixture.notes.allSatisfy { $0 == "exchange-subject-verified" })
    }

    @Test("An ID token is no access token: oidc-02 exchange-token-types", arguments: vendors)
    func identityOpensNothing(_ vendor: String) async throws {
        let fixture = try fixture(vendor)
        let body = await fixture.signedIn()
        #expect(await fixture.userInfo(body["id_token"]?.string ?? "").status == 401)
        #expect(await exchange(fixture, body["id_token"], as: "access_token").error == "invalid_request")
        #expect(await exchange(fixture, body["access_token"], as: "id_token").error == "invalid_request")
        #expect(fixture.notes == ["inbound-token-use", "exchange-token-type", "exchange-token-type"])
        for (token, type) in [("id_token", "id_token"), ("id_token", "jwt"), ("access_token", "jwt")] {
            let made = await exchange(fixture, body[token], as: type).json?["access_token"]
            #expect(claims(made)["sub"] == claims(body["access_token"])["sub"], "\(token) as \(type)")
        }
        let off = try self.fixture(vendor, off: ["inbound-token-use", "exchange-token-type"])
        let weak = await off.signedIn()
        #expect(await off.userInfo(weak["id_token"]?.string ?? "").status == 200)
        #expect(await exchange(off, weak["id_token"], as: "access_token").status == 200)
    }

    @Test("An ID token is worth no more than its grant: 8693-04", arguments: vendors)
    func identityOfADeadGrant(_ vendor: String) async throws {
        for off in [[], ["exchange-subject-verified"]] as [Set<String>] {
            let fixture = try fixture(vendor, off: off)
            let body = await fixture.signedIn()
            // In the same second Auth0's would be the same, to the byte.
            _ = fixture.clock.advance(towards: fixture.clock.now + .seconds(1))
            let other = await fixture.signedIn()
            let exchanged = await exchange(fixture, body["id_token"], as: "id_token")
            #expect(exchanged.status == 200)
            // It ends with the grant, as a token that an access token gave does.
            #expect(await revoke(fixture, body["refresh_token"]).status == 200)
            #expect(await fixture.userInfo(exchanged.json?["access_token"]?.string ?? "").status == 401)
            let late = await exchange(fixture, body["id_token"], as: "id_token")
            #expect(late.error == (off.isEmpty ? "invalid_request" : nil))
            #expect(await exchange(fixture, other["id_token"], as: "id_token").status == 200)
        }
    }

    @Test("A client's own token is for no user: 6750-04", arguments: vendors)
    func machines(_ vendor: String) async throws {
        let fixture = try fixture(vendor)
        let answer = await fixture.send(
            .post, "/oauth2/token",
            ["grant_type": "client_credentials", "client_id": "service", "client_secret": "s3cret"])
        #expect(await fixture.userInfo(answer.json?["access_token"]?.string ?? "").status == 403)
    }

    @Test func mistakesAreToldWhereTheyStand() {
        let rows: [(JSONValue, String)] = [
            (["identity": ["openid": ["sub": "x"]]], "tokens.identity"),
            (["user": ["sub": "x"], "identity": ["profile": ["name": "x"]]], "openid"),
            (["user": ["sub": "x"], "identity": ["openid": ["name": "x"]]], "sub"),
            (["user": ["sub": "x"], "identity": ["openid": ["sub": "x"], "email": 7]], "email"),
        ]
        for (tokens, part) in rows {
            do throws(DataMistake) {
                _ = try InboundProfile(json: ["tokens": tokens])
                Issue.record("\(tokens) was taken")
            } catch {
                #expect(error.description.contains(part), "\(error)")
            }
        }
    }
}
