import HTTPTypes
import Kernel
import OAuthCore
import Testing

struct VocabularyTests {
    @Test func scopesKeepTheirOrderAndAreASet() {
        let scopes = ScopeSet(parsing: "repo,user  gist repo")
        #expect(scopes.names == ["repo", "user", "gist"])
        #expect(scopes == ScopeSet(["gist", "repo", "user"]))
        #expect(scopes.hashValue == ScopeSet(["gist", "repo", "user"]).hashValue)
        #expect(ScopeSet(["user"]).isSubset(of: scopes))
        #expect(!scopes.isSubset(of: ScopeSet(["user"])))
        #expect(scopes.union(ScopeSet(["x"])).spaceSeparated == "repo user gist x")
        #expect(ScopeSet(parsing: "").isEmpty)
        #expect(ScopeSet.isLegal("gw/read") && !ScopeSet.isLegal("a\"b") && !ScopeSet.isLegal("é"))
        #expect(ScopeSet(parsing: (0..<200_000).map(String.init).joined(separator: " ")).names.count == 200_000)
    }

    @Test func challengeKeepsTheOrderOfItsOriginal() {
        let whole = BearerChallenge(
            error: .insufficientScope, errorDescription: "more \"please\"\r\n", scope: "repo",
            resourceMetadata: "https://a.test/x")
        #expect(
            whole.rendered == """
                Bearer error="insufficient_scope", error_description="more please", scope="repo", \
                resource_metadata="https://a.test/x"
                """)
        var reordered = whole
        reordered.order = [.scope, .error]
        #expect(reordered.rendered == "Bearer scope=\"repo\", error=\"insufficient_scope\"")
        #expect(BearerChallenge().rendered == "Bearer")
    }

    /// The first is the example of OpenID Connect Core appendix A.3; of the others the same token's hashes.
    @Test(
        "oidc-06: at_hash is half of the hash that the algorithm uses",
        arguments: [
            ("RS256", "77QmUPtjPfzWtF2AnpK9RQ"), ("ES256", "77QmUPtjPfzWtF2AnpK9RQ"),
            ("PS384", "jtAeDp945y1dDqU3nkIVGNZP1HjH_MFs"),
            ("ES512", "q7nS86GgvvFaZkzALLWqJYaJIKw2wCDAVfCAsm5CrBM"),
            ("EdDSA", "q7nS86GgvvFaZkzALLWqJYaJIKw2wCDAVfCAsm5CrBM"),
        ])
    func accessTokenHashes(_ algorithm: String, _ hash: String) throws {
        let algorithm = try #require(SignatureAlgorithm(rawValue: algorithm))
        let token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"
        #expect(AccessTokenHash.of(token, signedBy: algorithm) == hash)
    }

    @Test func errorsAreEqualByCode() {
        #expect(OAuthError(.invalidGrant, "one") == OAuthError(.invalidGrant, "other"))
        #expect(OAuthError(.invalidGrant, "a \"b\" \\ \u{7}é").json["error_description"] == "a b  ")
    }

    @Test(
        "8414-04: an issuer has neither query nor fragment nor user",
        arguments: [
            ("https://as.test/x", true), ("https://as.test", true), ("https://as.test/", true),
            ("https://as.test/x?y=1", false), ("https://as.test/x#y", false), ("https://as.test?", false),
            ("https://user@as.test/x", false), ("ftp://as.test/x", false), ("as.test", false), ("", false),
        ])
    func issuers(_ issuer: String, _ isLegal: Bool) {
        let json: JSONValue = [
            "issuer": .string(issuer), "authorization_endpoint": "https://as.test/a",
            "token_endpoint": "https://as.test/t",
        ]
        #expect(((try? AuthorizationServerMetadata(json: json)) != nil) == isLegal)
    }

    @Test("8414-06: what metadata leave out has a meaning") func metadata() throws {
        let json: JSONValue = [
            "issuer": "https://as.test/x", "authorization_endpoint": "https://as.test/a",
            "token_endpoint": "https://as.test/t", "authorization_response_iss_parameter_supported": true,
        ]
        let metadata = try AuthorizationServerMetadata(json: json)
        #expect(metadata.tokenEndpointAuthMethods == ["client_secret_basic"])
        #expect(metadata.issParameterSupported && metadata.jwksURI == nil && metadata.codeChallengeMethods.isEmpty)
        for broken: JSONValue in [
            [], "x", ["issuer": 1], ["issuer": "https://as.test", "authorization_endpoint": "javascript:x"],
        ] {
            #expect(throws: MetadataFailure.self) { try AuthorizationServerMetadata(json: broken) }
        }
        #expect(
            ["https://h.test/p", "https://h.test/p/", "https://h.test/"].map(AuthorizationServerMetadata.oauthURL)
                == ["/p", "/p", ""].map { "https://h.test/.well-known/oauth-authorization-server\($0)" })
        #expect(
            AuthorizationServerMetadata.openIDURL(of: "https://h.test/p")
                == "https://h.test/p/.well-known/openid-configuration")
    }

    @Test func directory() throws {
        let directory = try UserDirectory(json: [
            "users": [
                [
                    "name": "alice", "password": "alice", "subject": "s-1", "email": "a@example.com",
                    "login": "alice-gh", "numericId": 7,
                ]
            ]
        ])
        #expect(directory.user(named: "alice")?.numericID == 7)
        #expect(directory.user(login: "alice-gh")?.name == "alice")
        #expect(directory.user(subject: "s-1")?.displayName == "alice")
        #expect(directory.signIn("alice-gh", password: "alice") != nil)
        #expect(directory.signIn("alice", password: "bob") == nil)
        #expect(directory.signIn("nobody", password: "") == nil)
        #expect(throws: DataMistake("a user needs \"password\"", at: ["users", "0"])) {
            try UserDirectory(json: ["users": [["name": "x"]]])
        }
    }

    @Test func cookies() {
        #expect(Cookies.set("s", "v") == "s=v; Path=/; HttpOnly; SameSite=Lax")
        #expect(Cookies.set("s", "v", path: "/x", httpOnly: false) == "s=v; Path=/x; SameSite=Lax")
    }
}
