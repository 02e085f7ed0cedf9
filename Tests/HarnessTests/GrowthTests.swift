import HTTPTypes
import Harness
import Kernel
import TestSupport
import Testing

/// A lab that is served for weeks holds what lives and a little of what is over, whatever was played in it.
struct GrowthTests {
    /// GitHub's refresh tokens live half a year, and nothing else that ends lives longer.
    private static let longestLife = Span.seconds(16_000_000)

    private func signIn(_ lab: ControlledLab) async throws -> String {
        try #require(
            try await lab.json(.post, "/_local/sign-in", ["user": "alice", "client": "web"])["accessToken"]?.string)
    }

    /// Each round is the first one for everything that ends: sign-in, question, consent, completion, call, refresh.
    @Test func theWholeFlowAgainAndAgain() async throws {
        let lab = try ControlledLab()
        _ = try await lab.json(.put, "/_local/applications/Ov23liagentcorelocal", ["expiringTokens": true])
        let (gateway, _) = try await lab.makeTarget()
        let grown = try await lab.lab.store.growth { _ in
            let token = try await signIn(lab)
            let asked = try await lab.callTool(gateway, token: token)
            let url = try #require(asked["error"]?["data"]?["elicitations"]?[0]?["url"]?.string, "\(asked.text)")
            let app = lab.lab.addresses.origin(of: .app)
            let given = Request(
                .post, "\(app)/userIdentifier/token", headers: [.contentType: "application/json"],
                body: JSONValue.object(["user_token": .string(token)]).bytes)
            _ = try await lab.lab.network.send(given, from: .outside)
            _ = try await lab.json(
                .post, "/_local/consent", ["url": .string(url), "user": "alice", "complete": true])
            #expect(try await lab.callTool(gateway, token: token)["result"] != nil)
            await lab.lab.advance(by: .minutes(9 * 60))
            #expect(try await lab.callTool(gateway, token: try await signIn(lab))["result"] != nil)
            await lab.lab.advance(by: Self.longestLife)
        }
        // The service's own workload tokens: of them the newest four thousand are kept (`CountTests`).
        #expect(grown.filter { !$0.hasPrefix("workload-token:") } == [])
    }
}
