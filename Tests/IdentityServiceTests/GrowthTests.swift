import AWSCore
import IdentityService
import Kernel
import TestSupport
import Testing

struct GrowthTests {
    /// Sessions that are completed, and that nobody completes, of users who come once; tokens that end.
    @Test func consentsAgainAndAgain() async throws {
        let lab = try Fixture()
        lab.github.answers { _ in .json(200, ["access_token": "gho_one", "expires_in": 60]) }
        let grown = try await lab.store.growth { number in
            let token = try await lab.workloadToken(user: "user \(number)")
            let uri = try await lab.consent(token)
            #expect(try await lab.complete(uri, user: "user \(number)").status == 200)
            #expect(try await lab.ask(token).json?["accessToken"] == "gho_one")
            _ = try await lab.ask(token, provider: "custom")
            await lab.advance(.minutes(24 * 60))
        }
        // Of these the newest four thousand are kept.
        #expect(grown.filter { !$0.hasPrefix("workload-token:") } == [])
    }

    @Test func ofAWorkloadsTokensTheNewestAreKept() async throws {
        let lab = try Fixture()
        let first = try await lab.workloadToken()
        for _ in 1..<ServicePrincipal.tokensKept { _ = try await lab.workloadToken() }
        #expect(try await lab.ask(first).status == 200)
        // Another workload's are counted apart.
        _ = try await lab.workloadToken("bare")
        #expect(try await lab.ask(first).status == 200)
        _ = try await lab.workloadToken()
        #expect(try await lab.ask(first).status == 401)
    }

    /// What a poll of an old session hears: an hour for all, and then of the newest hundred.
    @Test func aSessionThatIsOverIsStillKnown() async throws {
        let lab = try Fixture()
        let token = try await lab.workloadToken()
        let uri = try await lab.consent(token)
        #expect(try await lab.complete(uri).status == 200)
        func others(_ count: Int) async throws {
            for number in 0..<count { _ = try await lab.ask(try await lab.workloadToken(user: "user \(number)")) }
        }
        await lab.advance(.minutes(59))
        try await others(150)
        #expect(try await lab.ask(token, ["sessionUri": .string(uri)]).json?["accessToken"] == "gho_one")
        await lab.advance(.minutes(120))
        try await others(50)
        #expect(try await lab.ask(token, ["sessionUri": .string(uri)]).status == 403)
    }
}
