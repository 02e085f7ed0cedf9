package import Kernel
import OAuthCore
package import Scenario

/// `sign-in: alice`: the user signs in at the inbound provider. Afterwards `${alice.accessToken}` is her token.
package struct SignInStep: LabStep {
    package static let keyword = "sign-in"
    private static let roots = ["accessToken", "idToken", "refreshToken", "expiresIn", "claims"]
    private let user: String
    private let client: String
    private let isFresh: Bool
    package let expectations: Expectations
    package let saves: Saves
    package var defines: [String] { saves.names + [user] }

    package init?(_ node: StepNode, _ reading: inout Reading) {
        let members = node.members(["client", "fresh", "expect", "save"], &reading)
        client = members["client"]?.text(&reading, as: "client") ?? ScenarioRun.standardClient
        isFresh = members["fresh"]?.flag(&reading, as: "fresh") ?? false
        expectations = Expectations(members["expect"], roots: Self.roots, &reading)
        saves = Saves(members["save"], roots: Self.roots, &reading)
        guard let user = node.value.text(&reading, as: "a user") else { return nil }
        reading.expectName(user, of: "user", among: reading.vocabulary.users, at: node.value.place)
        self.user = user
    }

    package func perform(in run: ScenarioRun) async throws -> JSONValue {
        var outcome = try await run.signIn(user, client: client, fresh: isFresh).object ?? [:]
        for member in outcome.members where member.value.isNull { outcome[member.name] = nil }
        if let token = outcome["accessToken"]?.string.flatMap({ DecodedToken($0) }) {
            outcome["claims"] = .object(token.claims)
        }
        return .object(outcome)
    }
}
