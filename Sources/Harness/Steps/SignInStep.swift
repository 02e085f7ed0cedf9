package import Kernel
import OAuthCore
package import Scenario

/// `sign-in: alice`: the user signs in at the inbound provider. Afterwards `${alice.accessToken}` is her token.
package struct SignInStep: LabStep {
    package static let keyword = "sign-in"
    private static let roots = ["accessToken", "idToken", "refreshToken", "expiresIn", "claims"]
    package static let shape = StepShape(
        "A user signs in at the inbound provider; afterwards ${alice.accessToken} is her token.",
        value: .name(.accounts), outcome: roots,
        [
            ShapeMember("client", .text, "The inbound provider's client, web by default."),
            ShapeMember("fresh", .flag, "Signs in anew even if it was done before."),
        ])
    private let user: Template
    private let client: Template?
    private let isFresh: Settled<Bool>
    package let expectations: Expectations
    package let saves: Saves
    package let signsInBy: PlacedName?
    package var signsIn: [String] { [user.node.scalarText ?? ""] }

    package init?(_ node: StepNode, _ reading: inout Reading) {
        let members = node.members(of: Self.self, &reading)
        client = members["client"].map { Template($0, &reading) }
        signsInBy = members["client"].flatMap { node in
            node.scalarText.map { PlacedName(name: $0, place: node.place) }
        }
        isFresh = members["fresh"]?.settledFlag(&reading, as: "fresh") ?? Settled(false)
        expectations = Expectations(members["expect"], roots: Self.roots, &reading)
        saves = Saves(members["save"], roots: Self.roots, &reading)
        guard let user = node.value.text(&reading, as: "a user") else { return nil }
        reading.expectName(user, of: "user", among: reading.vocabulary.users, at: node.value.place)
        self.user = Template(node.value, &reading)
    }

    package func perform(in run: ScenarioRun) async throws -> JSONValue {
        let name = try client?.text(run.variables) ?? ScenarioRun.standardClient
        let isFresh = try isFresh.value(run.variables)
        var outcome = try await run.signIn(user.text(run.variables), client: name, fresh: isFresh).object ?? [:]
        for member in outcome.members where member.value.isNull { outcome[member.name] = nil }
        if let token = outcome["accessToken"]?.string.flatMap({ DecodedToken($0) }) {
            outcome["claims"] = .object(token.claims)
        }
        return .object(outcome)
    }
}
