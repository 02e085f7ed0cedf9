import AWSCore
import HTTPTypes
import IdentityService
import Kernel
import OAuthCore
import TestSupport
import Testing

@Suite struct OnBehalfOfTests {
    /// A custom provider with this configuration.
    private func lab(
        _ exchange: JSONValue?, method: String? = nil, vendor: String = "CustomOauth2", extra: JSONObject = [:],
        chosen: [String: String] = [:]
    ) throws -> Fixture {
        let lab = try Fixture(chosen: chosen)
        var custom = extra
        if let exchange { custom["onBehalfOfTokenExchangeConfig"] = exchange }
        let provider = CredentialProviderRecord(
            name: ProviderName("obo"), account: "000000000000", vendor: vendor, clientID: "client-obo",
            clientSecret: Secret("s3cret"), discovery: .url("https://as.test/.well-known/openid-configuration"),
            authenticationMethod: method, callbackID: "cb-obo", secretSuffix: "abcdef",
            configuration: ["customOauth2ProviderConfig": .object(custom)], createdAt: lab.clock.now)
        try lab.store.write { transaction in
            transaction.save(provider)
        }
        return lab
    }

    private func workload(_ lab: Fixture, _ jwt: String) async throws -> String {
        let answer = try await lab.call(
            "GetWorkloadAccessTokenForJWT", ["workloadName": "agent", "userToken": .string(jwt)])
        return try #require(answer.json?["workloadAccessToken"]?.string)
    }

    private func ask(_ lab: Fixture, _ workload: String, _ extra: JSONObject = [:]) async throws -> Response {
        let flow: JSONObject = ["oauth2Flow": "ON_BEHALF_OF_TOKEN_EXCHANGE", "resourceOauth2ReturnUrl": .null]
        return try await lab.ask(workload, provider: "obo", scopes: ["orders/read"], flow.merging(extra))
    }

    private static let plain: JSONValue = [
        "grantType": "TOKEN_EXCHANGE", "tokenExchangeGrantTypeConfig": ["actorTokenContent": "NONE"],
    ]

    @Test("RFC 8693 section 2.1: the user's own JWT is the subject; custom parameters join, standard ones do not")
    func tokenExchange() async throws {
        let lab = try lab(Self.plain)
        let jwt = try await lab.jwt("alice")
        let answer = try await ask(
            lab, workload(lab, jwt),
            ["customParameters": ["audience": "api://orders", "subject_token": "forged", "actor_token": "forged"]])
        #expect(answer.json == ["accessToken": "custom_one"])
        let form = try #require(lab.custom.tokenForms.last)
        #expect(
            form == [
                "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange", "subject_token": jwt,
                "subject_token_type": "urn:ietf:params:oauth:token-type:jwt", "scope": "orders/read",
                "audience": "api://orders",
            ])
        let basic = lab.custom.received.last?.header(.authorization)
        #expect(basic == ClientAuthentication.basic(id: "client-obo", secret: "s3cret"))
    }

    @Test("The kind of the subject token is the caller's to say")
    func subjectTokenType() async throws {
        let lab = try lab(Self.plain)
        let type = "urn:ietf:params:oauth:token-type:access_token"
        let extra: JSONObject = ["customParameters": ["subject_token_type": .string(type)]]
        _ = try await ask(lab, workload(lab, try await lab.jwt("alice")), extra)
        #expect(lab.custom.tokenForms.last?["subject_token_type"] == type)
    }

    @Test("RFC 7523 section 2.1, and what Microsoft adds to it", arguments: ["CustomOauth2", "MicrosoftOauth2"])
    func assertion(_ vendor: String) async throws {
        let lab = try lab(["grantType": "JWT_AUTHORIZATION_GRANT"], method: "CLIENT_SECRET_POST", vendor: vendor)
        let jwt = try await lab.jwt("alice")
        #expect(try await ask(lab, workload(lab, jwt)).status == 200)
        let form = try #require(lab.custom.tokenForms.last)
        #expect(form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer")
        #expect(form["assertion"] == jwt)
        #expect(form["requested_token_use"] == (vendor == "MicrosoftOauth2" ? "on_behalf_of" : nil))
        #expect(form["client_secret"] == "s3cret")
    }

    @Test func theMachineActs() async throws {
        let exchange: JSONValue = [
            "grantType": "TOKEN_EXCHANGE",
            "tokenExchangeGrantTypeConfig": ["actorTokenContent": "M2M", "actorTokenScopes": ["act"]],
        ]
        let lab = try lab(exchange)
        #expect(try await ask(lab, workload(lab, lab.jwt("alice"))).status == 200)
        let forms = lab.custom.tokenForms
        #expect(forms.count == 2)
        #expect(forms[0] == ["grant_type": "client_credentials", "scope": "act"])
        #expect(forms[1]["actor_token"] == "custom_one")
        #expect(forms[1]["actor_token_type"] == "urn:ietf:params:oauth:token-type:access_token")
    }

    @Test func awsSaysWhoActs() async throws {
        let exchange: JSONValue = [
            "grantType": "TOKEN_EXCHANGE",
            "tokenExchangeGrantTypeConfig": ["actorTokenContent": "AWS_IAM_ID_TOKEN_JWT"],
        ]
        let lab = try lab(exchange)
        #expect(try await ask(lab, workload(lab, lab.jwt("alice"))).status == 200)
        let form = try #require(lab.custom.tokenForms.last)
        #expect(form["actor_token_type"] == "urn:ietf:params:oauth:token-type:jwt")
        let claims = try #require(form["actor_token"].flatMap { DecodedToken($0) }).claims
        #expect(claims["aud"] == "https://as.test/token")
        #expect(claims["sub"] == "arn:aws:iam::000000000000:role/bedrock-agentcore")
    }

    @Test func withoutClientAuthentication() async throws {
        let exchange: JSONValue = [
            "grantType": "TOKEN_EXCHANGE", "tokenExchangeGrantTypeConfig": ["actorTokenContent": "NONE"],
            "onBehalfOfAuthenticationConfig": ["clientAuthenticationMethod": "NO_CLIENT"],
        ]
        let lab = try lab(exchange)
        #expect(try await ask(lab, workload(lab, lab.jwt("alice"))).status == 200)
        let request = try #require(lab.custom.received.last)
        #expect(request.header(.authorization) == nil)
        #expect(lab.custom.tokenForms.last?["client_secret"] == nil)
        #expect(lab.custom.tokenForms.last?["client_id"] == "client-obo")
    }

    @Test(
        "RFC 7523 section 3: issuer and subject are the client, the audience is the token endpoint",
        arguments: [
            "RS256", "PS256", "ES256",
        ])
    func privateKey(_ algorithm: String) async throws {
        let lab = try lab(
            Self.plain, method: "PRIVATE_KEY_JWT",
            extra: [
                "privateKeyJwtConfig": [
                    "signingAlgorithm": .string(algorithm),
                    "additionalPayloadClaims": ["tenant": "t", "sub": "forged"],
                ]
            ])
        let workload = try await workload(lab, lab.jwt("alice"))
        #expect(try await ask(lab, workload).status == 200)
        #expect(try await ask(lab, workload).status == 200)
        let forms = lab.custom.tokenForms
        let keys = try TokenSigner(keys: Checkout.keys("client-keys")).publicKeys
        var serials: Set<String> = []
        for form in forms {
            #expect(form["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
            #expect(form["client_secret"] == nil)
            let assertion = try #require(form["client_assertion"])
            #expect(DecodedToken(assertion)?.header["alg"]?.string == algorithm)
            let policy = TokenPolicy(issuer: "client-obo")
            let claims = try await TokenVerifier.verify(assertion, keys: keys, policy: policy, at: lab.clock.now).get()
            #expect(claims["sub"] == "client-obo")
            #expect(claims["aud"] == "https://as.test/token")
            #expect(claims["tenant"] == "t")
            serials.insert(claims["jti"]?.string ?? "")
        }
        #expect(serials.count == 2)
    }

    @Test("Only a provider that is configured for it exchanges, and only for a user with a JWT")
    func refusals() async throws {
        let bare = try lab(nil)
        let refused = try await ask(bare, workload(bare, bare.jwt("alice")))
        #expect(refused.status == 400)
        #expect(refused.message?.contains("is not configured for ON_BEHALF_OF_TOKEN_EXCHANGE") == true)
        let lab = try lab(Self.plain)
        for operation in ["GetWorkloadAccessToken", "GetWorkloadAccessTokenForUserId"] {
            let input: JSONObject = ["workloadName": "agent", "userId": "alice"]
            let answer = try await lab.call(operation, input, byService: true)
            let token = answer.json?["workloadAccessToken"]?.string ?? ""
            #expect(try await ask(lab, token).status == 400)
        }
        #expect(lab.custom.tokenForms.isEmpty)
        lab.custom.answers { request in
            request.method == .post
                ? .json(400, ["error": "invalid_request", "error_description": "secret words"])
                : Fixture.customServer(request)
        }
        let denied = try await ask(lab, workload(lab, lab.jwt("alice")))
        #expect(denied.status == 400)
        #expect(denied.message == "The token exchange was refused: invalid_request")
    }

    @Test func keptOnlyWhereTheLabSaysSo() async throws {
        for (choice, requests) in [("off", 2), ("on", 1)] {
            let lab = try lab(Self.plain, chosen: ["obo.cache": choice])
            let workload = try await workload(lab, lab.jwt("alice"))
            for _ in 0..<2 { #expect(try await ask(lab, workload).json == ["accessToken": "custom_one"]) }
            #expect(lab.custom.tokenForms.count == requests)
            // What an exchange gave is no consent: the user's own vault entry is another one.
            let federation = try await lab.ask(workload, provider: "obo", scopes: ["orders/read"])
            #expect(federation.json?["authorizationUrl"] != nil)
        }
    }

    @Test func aKeptTokenIsForItsAudience() async throws {
        let lab = try lab(Self.plain, chosen: ["obo.cache": "on"])
        let workload = try await workload(lab, lab.jwt("alice"))
        for audience in ["api-0", "api-1", "api-0"] {
            _ = try await ask(lab, workload, ["customParameters": ["audience": .string(audience)]])
        }
        _ = try await ask(lab, workload, ["resources": ["https://api.test"]])
        #expect(lab.custom.tokenForms.map { $0["audience"] } == ["api-0", "api-1", nil])
        #expect(lab.custom.tokenForms.last?["resource"] == "https://api.test")
    }

    @Test("RFC 8693 section 2.2.1: what came of an exchange has a type; RFC 7523 knows no such member")
    func theIssuedTypeIsNamed() async throws {
        let silent: @Sendable (Request) -> Response = { request in
            request.method == .post
                ? .json(200, ["access_token": "custom_one", "token_type": "Bearer"]) : Fixture.customServer(request)
        }
        let lab = try lab(Self.plain)
        lab.custom.answers(silent)
        let refused = try await ask(lab, workload(lab, lab.jwt("alice")))
        #expect(refused.status == 400 && refused.message?.hasSuffix("names no issued_token_type") == true)
        #expect(lab.brokenRules == ["issued-token-type"])
        let other = try self.lab(["grantType": "JWT_AUTHORIZATION_GRANT"])
        other.custom.answers(silent)
        #expect(try await ask(other, workload(other, other.jwt("alice"))).status == 200)
    }
}
