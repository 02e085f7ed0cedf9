import HTTPTypes
import InboundProvider
import Kernel
import OAuthCore
import Testing

/// Token exchange, the JWT bearer grant and bearer use, by requirement.
struct RequirementTableTests {
    private static let exchange = "urn:ietf:params:oauth:grant-type:token-exchange"
    private static let bearer = "urn:ietf:params:oauth:grant-type:jwt-bearer"
    private static let types = "urn:ietf:params:oauth:token-type:"

    private func token(_ fixture: Fixture, _ changes: [(String, String?)]) async -> Response {
        var form: Form = ["client_id": "exchange", "client_secret": "s3cret"]
        for (name, value) in changes { form.append(name, value) }
        return await fixture.send(.post, "/oauth2/token", form)
    }

    private func subject(_ fixture: Fixture) async throws -> String {
        try #require(await fixture.signedIn()["access_token"]?.string)
    }

    @Test(
        "8693-03: a token's type has to be known, and one that can be read or made",
        arguments: [
            ("access_token", true), ("id_token", false), ("jwt", true), ("refresh_token", false), ("saml1", false),
            ("saml2", false), ("access-token", false), ("", false),
        ])
    func tokenTypes(_ type: String, _ isTaken: Bool) async throws {
        let fixture = try Fixture()
        let subject = try await subject(fixture)
        for name in ["subject_token_type", "requested_token_type"] {
            let other = name == "subject_token_type" ? nil : Self.types + "access_token"
            var changes: [(String, String?)] = [
                ("grant_type", Self.exchange), ("subject_token", subject), (name, Self.types + type),
            ]
            if let other { changes.append(("subject_token_type", other)) }
            let answer = await token(fixture, changes)
            #expect(answer.status == (isTaken ? 200 : 400) && answer.error == (isTaken ? nil : "invalid_request"))
            let made = other == nil ? "access_token" : type
            #expect(!isTaken || answer.json?["issued_token_type"]?.string == Self.types + made)
        }
    }

    @Test("exchange-token-types: a token is exchanged as what it was issued for, subject and actor alike")
    func tokensAreOfTheirType() async throws {
        for off in [[], ["exchange-token-type"]] as [Set<String>] {
            let fixture = try Fixture(off: off)
            let body = await fixture.signedIn()
            func status(_ changes: [(String, String?)]) async -> Int {
                let grant: [(String, String?)] = [("grant_type", Self.exchange)]
                return await token(fixture, grant + changes).status
            }
            for (held, type, isRight) in [
                ("access_token", "access_token", true), ("access_token", "id_token", false),
                ("access_token", "jwt", true), ("id_token", "id_token", true), ("id_token", "access_token", false),
                ("id_token", "jwt", true),
            ] {
                let wanted = isRight || !off.isEmpty ? 200 : 400
                let (value, kind) = (body[held]?.string, Self.types + type)
                let alone = await status([("subject_token", value), ("subject_token_type", kind)])
                let acting = await status([
                    ("subject_token", body["access_token"]?.string),
                    ("subject_token_type", Self.types + "access_token"), ("actor_token", value),
                    ("actor_token_type", kind),
                ])
                #expect(alone == wanted && acting == wanted, "\(held) as \(type)")
            }
            #expect(fixture.notes == Array(repeating: "exchange-token-type", count: off.isEmpty ? 4 : 0))
        }
        // What an ID token gives is about the same user as what an access token gives.
        let fixture = try Fixture()
        let identity = await fixture.signedIn()["id_token"]?.string
        let answer = await token(
            fixture,
            [
                ("grant_type", Self.exchange), ("subject_token", identity),
                ("subject_token_type", Self.types + "id_token"),
            ])
        let claims = try #require(await fixture.claims(answer.json?["access_token"]))
        #expect(claims["sub"] == "s-alice" && claims["username"] == "alice" && claims["origin_jti"] != nil)
        #expect(fixture.births.last?.user == "alice")
    }

    @Test("8693-04: nothing is made of what a dead grant gave", arguments: ["access_token", "id_token"])
    func deadGrants(_ kind: String) async throws {
        for off in [[], ["exchange-subject-verified"]] as [Set<String>] {
            let fixture = try Fixture(off: off)
            let body = await fixture.signedIn()
            let dead: Form = ["client_id": "web", "token": body["refresh_token"]?.string ?? ""]
            #expect(await fixture.send(.post, "/oauth2/revoke", dead).status == 200)
            let exchanged = await token(
                fixture,
                [
                    ("grant_type", Self.exchange), ("subject_token", body[kind]?.string),
                    ("subject_token_type", Self.types + kind),
                ])
            let redeemed = await token(fixture, [("grant_type", Self.bearer), ("assertion", body[kind]?.string)])
            #expect(exchanged.error == (off.isEmpty ? "invalid_request" : nil))
            #expect(redeemed.error == (off.isEmpty ? "invalid_grant" : nil))
        }
    }

    /// An RS256 signature takes long enough for the revocation to come meanwhile.
    @Test("8693-04: what is exchanged while its grant ends gives nothing that lives", arguments: [exchange, bearer])
    func endsMeanwhile(_ grant: String) async throws {
        for _ in 0..<8 {
            let fixture = try Fixture(keys: "inbound-rs256")
            let body = await fixture.signedIn()
            let form: Form = [
                "grant_type": grant, "client_id": "exchange", "client_secret": "s3cret",
                "subject_token": body["id_token"]?.string ?? "", "subject_token_type": Self.types + "id_token",
                "assertion": body["id_token"]?.string ?? "",
            ]
            let dead: Form = ["client_id": "web", "token": body["refresh_token"]?.string ?? ""]
            func request(_ path: String, _ form: Form) -> Request {
                Request(
                    .post, "\(Fixture.issuer)/oauth2/\(path)", headers: [.contentType: Form.mediaType],
                    body: Array(form.encoded.utf8))
            }
            let requests = (0..<16).map { $0 == 5 ? request("revoke", dead) : request("token", form) }
            let answers = await withTaskGroup(of: Response.self) { [provider = fixture.provider] group in
                for request in requests { group.addTask { await provider.respond(to: request) } }
                return await group.reduce(into: []) { $0.append($1) }
            }
            for answer in answers where answer.json?["access_token"] != nil {
                // One that lives lacks the scope (403).
                #expect(await fixture.userInfo(answer.json?["access_token"]?.string ?? "").status == 401)
            }
        }
    }

    @Test(
        "8693-05: an audience or resource that nobody has here is an invalid_target",
        arguments: [
            ("audience", "api://orders", nil), ("resource", "https://orders.test/api", nil),
            ("audience", "api://other", "invalid_target"), ("resource", "https://other.test/", "invalid_target"),
            ("resource", "orders", "invalid_target"), ("resource", "https://orders.test/api#part", "invalid_target"),
        ] as [(String, String, String?)])
    func audiences(_ name: String, _ value: String, _ error: String?) async throws {
        let known: JSONObject = ["exchange": ["audiences": ["api://orders", "https://orders.test/api"]]]
        let fixture = try Fixture(with: known)
        let changes: [(String, String?)] = [
            ("grant_type", Self.exchange), ("subject_token", try await subject(fixture)),
            ("subject_token_type", Self.types + "access_token"), (name, value),
        ]
        let answer = await token(fixture, changes)
        #expect(answer.status == (error == nil ? 200 : 400) && answer.error == error)
        guard error == nil else { return }
        #expect(await fixture.claims(answer.json?["access_token"])?["aud"] == .string(value))
        // Two places at once are more than this provider serves, and no token is for one of them only.
        for more in [("audience", "api://orders"), ("resource", "https://orders.test/api")] {
            #expect(await token(fixture, changes + [more]).error == "invalid_target")
        }
    }

    @Test("8693-07: who acts stands in act, who acted before inside it, and may_act names who may")
    func actors() async throws {
        let fixture = try Fixture()
        let subject = try await subject(fixture)
        let machine = try #require(
            await token(fixture, [("grant_type", "client_credentials")]).json?["access_token"]?.string)
        func exchanged(_ subject: String, actor: String?) async -> Response {
            await token(
                fixture,
                [
                    ("grant_type", Self.exchange), ("subject_token", subject),
                    ("subject_token_type", Self.types + "access_token"), ("actor_token", actor),
                    ("actor_token_type", actor.map { _ in Self.types + "access_token" }),
                ])
        }
        // Impersonation: nobody acts.
        let plain = try #require(await exchanged(subject, actor: nil).json?["access_token"])
        #expect(await fixture.claims(plain)?["act"] == nil)
        let first = try #require(await exchanged(subject, actor: machine).json?["access_token"])
        let claims = try #require(await fixture.claims(first))
        #expect(claims["sub"] == "s-alice" && claims["act"] == ["sub": "exchange"])
        let second = await exchanged(first.string ?? "", actor: machine).json?["access_token"]
        #expect(await fixture.claims(second)?["act"] == ["sub": "exchange", "act": ["sub": "exchange"]])
        // A token that says who may act serves nobody else, and not nobody.
        for (allowed, status) in [("exchange", 200), ("other", 400)] {
            let limited = try await fixture.signer.sign(
                claims.merging(["may_act": ["sub": .string(allowed)], "jti": .string("limited-\(allowed)")]), type: nil)
            #expect(await exchanged(limited, actor: machine).status == status)
            #expect(await exchanged(limited, actor: nil).error == "invalid_request")
        }
    }

    @Test("7523-05: who must prove more is answered with interaction_required and claims")
    func interaction() async throws {
        let wanted = #"{"access_token":{"capolids":{"essential":true,"values":["c1"]}}}"#
        func fixture(_ users: JSONValue) throws -> Fixture {
            try Fixture(with: [
                "exchange": [
                    "grants": [.string(Self.bearer)], "requires": ["requested_token_use": "on_behalf_of"],
                    "interaction": ["users": users, "claims": .string(wanted)],
                ]
            ])
        }
        func asked(_ fixture: Fixture, _ use: String?, grant: String = Self.bearer) async throws -> Response {
            let subject = try await subject(fixture)
            return await token(
                fixture,
                [
                    ("grant_type", grant), ("assertion", subject), ("requested_token_use", use),
                    ("subject_token", subject), ("subject_token_type", Self.types + "jwt"),
                ])
        }
        let free = try fixture([])
        #expect(try await asked(free, "on_behalf_of").status == 200)
        #expect(try await asked(free, nil).error == "invalid_request")
        #expect(try await asked(free, "something").error == "invalid_request")
        #expect(try await asked(free, "on_behalf_of", grant: Self.exchange).error == "unsupported_grant_type")
        let answer = try await asked(fixture(["alice"]), "on_behalf_of")
        #expect(answer.status == 400 && answer.error == "interaction_required")
        #expect(answer.json?["claims"]?.string == wanted && answer.header(.cacheControl) == "no-store")
    }

    @Test(
        "7523-grant-audience: an assertion is for this provider or for the client that brings it",
        arguments: [
            (nil, true), (.string(Fixture.issuer), true), (.string("\(Fixture.issuer)/oauth2/token"), true),
            ("api://own", true), (["https://other.test", .string(Fixture.issuer)], true), ("https://other.test", false),
            ([], false), ("exchange", false), (7, false),
        ] as [(JSONValue?, Bool)])
    func assertionAudiences(_ audience: JSONValue?, _ isTaken: Bool) async throws {
        for off in [[], ["assertion-audience"]] as [Set<String>] {
            let fixture = try Fixture(off: off)
            var claims = try #require(await fixture.claims(.string(try await subject(fixture))))
            if let audience { claims["aud"] = audience }
            let assertion = try await fixture.signer.sign(claims, type: nil)
            let answer = await token(fixture, [("grant_type", Self.bearer), ("assertion", assertion)])
            let isFine = isTaken || !off.isEmpty
            #expect(answer.status == (isFine ? 200 : 400) && answer.error == (isFine ? nil : "invalid_grant"))
            #expect(fixture.notes == (isFine ? [] : ["assertion-audience"]))
        }
        // A token of Cognito's shape is for the client it was given to.
        let fixture = try Fixture()
        let machine = await token(fixture, [("grant_type", "client_credentials")]).json?["access_token"]?.string
        let answer = await token(fixture, [("grant_type", Self.bearer), ("assertion", machine)])
        #expect(answer.error == "invalid_grant")
    }

    @Test("6750-02: a token comes in one way and is there")
    func bearerRequests() async throws {
        let fixture = try Fixture()
        let access = try await subject(fixture)
        let rows: [(HTTPFields, Form?)] = [
            ([.authorization: "Bearer \(access)"], ["access_token": access]),
            ([.authorization: "Bearer"], nil), ([.authorization: "bearer "], nil),
        ]
        for (headers, form) in rows {
            let answer = await fixture.send(.post, "/oauth2/userInfo", form, headers: headers)
            #expect(answer.status == 400)
            #expect(answer.header(.wwwAuthenticate)?.contains(#"error="invalid_request""#) == true)
        }
        let good = await fixture.send(.post, "/oauth2/userInfo", [:], headers: [.authorization: "Bearer \(access)"])
        #expect(good.status == 200)
    }

    @Test("6750-04: too small a scope is 403 with the scope that is needed")
    func insufficientScope() async throws {
        let fixture = try Fixture()
        let narrow = await fixture.redeem(await fixture.code([("scope", "gw/read")])).json?["access_token"]?.string
        let answer = await fixture.userInfo(narrow ?? "")
        #expect(answer.status == 403)
        #expect(
            answer.header(.wwwAuthenticate)?.contains(#"error="insufficient_scope", scope="openid""#) == true)
    }

    @Test("6749-07: a client that may not use the grant is told so at its redirect URI")
    func forbiddenGrant() async throws {
        let fixture = try Fixture(with: [
            "clients": [
                [
                    "clientId": "web", "redirectUris": ["https://app.test/callback"],
                    "grantTypes": ["refresh_token"], "scopes": ["openid"],
                ]
            ]
        ])
        let answer = await fixture.authorize([("scope", "openid")])
        #expect(answer.header(.location)?.hasPrefix("https://app.test/callback?") == true)
        #expect(fixture.answer(answer)["error"] == "unauthorized_client")
    }

    @Test("9068-01 9068-02: a token has the claims, and its typ is not demanded", arguments: [nil, "at+jwt", "JWT"])
    func accessTokens(_ type: String?) async throws {
        let fixture = try Fixture()
        let access = try await subject(fixture)
        let claims = try #require(await fixture.claims(.string(access)))
        for name in ["iss", "exp", "sub", "client_id", "iat", "jti"] { #expect(claims[name] != nil, "\(name)") }
        let same = try await fixture.signer.sign(claims, type: type)
        #expect(DecodedToken(same)?.header["typ"]?.string == type)
        #expect(await fixture.userInfo(same).status == 200)
    }
}
