import AWSCore
import IdentityService
import Kernel
import Testing

@Suite struct WorkloadTokenTests {
    /// E66.
    @Test func aGatewaysIdentityIsTheServicesOwn() async throws {
        let lab = try Fixture()
        let input: JSONObject = ["workloadName": "gw-abcdefghij"]
        let refused = try await lab.call("GetWorkloadAccessToken", input)
        #expect(refused.status == 400)
        #expect(
            refused.message
                == "WorkloadIdentity is linked to a service and cannot retrieve an access token by the caller")
        #expect(try await lab.call("GetWorkloadAccessToken", input, byService: true).status == 200)
        #expect(lab.brokenRules == ["service-linked-identity"])
    }

    @Test func unknownAndBroken() async throws {
        let lab = try Fixture()
        #expect(try await lab.call("GetWorkloadAccessToken", ["workloadName": "nobody"]).status == 404)
        #expect(try await lab.call("GetWorkloadAccessToken", ["workloadName": "x"]).status == 400)
        #expect(try await lab.call("GetWorkloadAccessToken", [:]).errorType == "ValidationException")
        let key = try await lab.call(
            "GetResourceApiKey", ["workloadIdentityToken": "t", "resourceCredentialProviderName": "p"])
        #expect(key.status == 401)
    }

    @Test func aUserTokenIsVerified() async throws {
        let lab = try Fixture()
        func mint(_ token: String) async throws -> Int {
            try await lab.call("GetWorkloadAccessTokenForJWT", ["workloadName": "agent", "userToken": .string(token)])
                .status
        }
        let good = try await lab.jwt("alice")
        #expect(try await mint(good) == 200)
        let parts = good.split(separator: ".").map(String.init)
        #expect(try await mint("\(parts[0]).\(parts[1]).AAAA") == 401)
        #expect(try await mint(lab.jwt("alice", issuer: "https://elsewhere.test")) == 401)
        #expect(try await mint("a.b.c") == 401)
        await lab.advance(.minutes(70))
        #expect(try await mint(good) == 401)
    }

    /// Ledger `workload-token-life`.
    @Test(arguments: [("never", 200), ("900", 401)])
    func aWorkloadTokenLivesAsLongAsTheLabSays(life: String, status: Int) async throws {
        let lab = try Fixture(chosen: ["workloadToken.life": life])
        let token = try await lab.workloadToken()
        await lab.advance(.seconds(899))
        #expect(try await lab.ask(token).status == 200)
        await lab.advance(.seconds(1))
        #expect(try await lab.ask(token).status == status)
    }

    /// E67.
    @Test func aBadWorkloadToken() async throws {
        let lab = try Fixture()
        let answer = try await lab.ask("AgV4nonsense")
        #expect(answer.status == 401 && answer.errorType == "UnauthorizedException")
        #expect(try await lab.ask(lab.workloadToken(), provider: "unknown").status == 404)
        let token = try await lab.call("GetWorkloadAccessToken", ["workloadName": "agent"]).json?["workloadAccessToken"]
        #expect(try await lab.ask(token?.string ?? "").status == 400)
    }

    /// One for every call of a tool would fill a lab that is served for weeks.
    @Test func whatTheServiceTookForItselfIsLetGoAndACallersIsNot() async throws {
        let lab = try Fixture()
        func isKnown(_ token: String) async throws -> Bool {
            try await lab.ask(token, provider: "unknown", byService: true).status == 404
        }
        let (callers, services) = (try await lab.workloadToken(), try await lab.workloadToken("gw-abcdefghij"))
        for _ in 1..<ServicePrincipal.tokensKept { _ = try await lab.workloadToken("gw-abcdefghij") }
        #expect(try await isKnown(services))
        _ = try await lab.workloadToken("gw-abcdefghij")
        #expect(try await !isKnown(services))
        #expect(try await isKnown(callers))
    }

    @Test func whatItClaims() throws {
        let service = try Fixture().service
        for path in ["/identities/oauth2/token", "/identities/oauth2/authorize", "/identities/oauth2/callback/x"] {
            #expect(service.claims(path))
        }
        #expect(!service.claims("/identities/CreateOauth2CredentialProvider"))
    }
}
