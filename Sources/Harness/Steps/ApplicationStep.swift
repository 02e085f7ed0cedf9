import AuthorizationServer
package import Kernel
package import Scenario

/// `application: Ov23lishop` registers an application at the authorization server or changes one, with the members of
/// `PUT /_local/applications/CLIENT_ID`: `with: {callbacks: [{url: https://shop.example/callback}]}`.
package struct ApplicationStep: LabStep {
    package static let keyword = "application"
    private static let members = [
        "name", "kind", "secret", "callbacks", "expiringTokens", "suspended", "authentication", "keys",
        "deviceFlow", "resourceServer",
    ]
    private static let roots = ["clientId", "name", "kind", "callbacks", "expiringTokens", "suspended"]
    package static let shape = StepShape(
        "Registers an application at the authorization server, or changes one.", value: .text, outcome: roots,
        [
            ShapeMember(
                "with",
                .mapping([
                    ShapeMember("name", .text), ShapeMember("kind", .word(["oauth-app", "github-app"])),
                    ShapeMember("secret", .text), ShapeMember("callbacks", .either([.text, .list(.anything)])),
                    ShapeMember("expiringTokens", .either([.flag, .text])),
                    ShapeMember("suspended", .either([.flag, .text])),
                    ShapeMember("authentication", .text), ShapeMember("keys", .anything),
                    ShapeMember("deviceFlow", .either([.flag, .text])),
                    ShapeMember("resourceServer", .either([.flag, .text])),
                ]), "The application's members.", required: true)
        ])
    private let clientID: Template
    private let description: Template
    package let expectations: Expectations
    package let saves: Saves

    package init?(_ node: StepNode, _ reading: inout Reading) {
        let members = node.members(of: Self.self, &reading)
        clientID = Template(node.value, &reading)
        expectations = Expectations(members["expect"], roots: Self.roots, &reading)
        saves = Saves(members["save"], roots: Self.roots, &reading)
        guard let with = members.require("with", &reading) else { return nil }
        _ = with.members("an application", known: Self.members, &reading)
        description = Template(with, &reading)
    }

    package func perform(in run: ScenarioRun) async throws -> JSONValue {
        let members = try description.value(run.variables).object ?? [:]
        do {
            return try run.lab.putApplication(clientID.text(run.variables), members)
        } catch let problem as ApplicationProblem {
            throw Diagnostic(description.place, problem.description)
        }
    }
}
