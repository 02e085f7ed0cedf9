import AuthorizationServer
package import Kernel
package import Scenario

/// `application: Ov23lishop` registers an application at the authorization server or changes one, with the members of
/// `PUT /_local/applications/CLIENT_ID`: `with: {callbacks: [{url: https://shop.example/callback}]}`.
package struct ApplicationStep: LabStep {
    package static let keyword = "application"
    private static let kinds = ["oauth-app", "github-app"]
    private static let callback = [
        ShapeMember("url", .text, "Where it may be sent back to.", required: true),
        ShapeMember("wildcard", .flag, "Whether any path below it will do."),
    ]
    private static let members: [ShapeMember] = [
        ShapeMember("name", .text, "As the consent page shows it."),
        ShapeMember("kind", .word(kinds), "oauth-app if it is new and nothing is said."),
        ShapeMember("secret", .text, "Its client secret."),
        ShapeMember(
            "callbacks", .either([.text, .list(.either([.text, .mapping(callback)]))]),
            "Where it may be sent back to."),
        ShapeMember("expiringTokens", .flag, "Whether its tokens expire and are refreshed."),
        ShapeMember("suspended", .flag, "Whether it may do nothing."),
        ShapeMember("authentication", .text, "How it proves who it is at the token endpoint."),
        ShapeMember("keys", .anything, "Its public keys."),
        ShapeMember("deviceFlow", .flag, "Whether it may use the device flow."),
        ShapeMember("resourceServer", .flag, "Whether it may introspect tokens."),
    ]
    private static let flags = ["expiringTokens", "suspended", "deviceFlow", "resourceServer"]
    private static let roots = ["clientId", "name", "kind", "callbacks", "expiringTokens", "suspended"]
    package static let shape = StepShape(
        "Registers an application at the authorization server, or changes one.", value: .text, outcome: roots,
        [
            ShapeMember("with", .mapping(members), "The application's members.", required: true)
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
        _ = with.members("an application", known: Self.members.map(\.name), &reading)
        if let kind = with["kind"], let name = kind.scalarText {
            reading.expectName(name, of: "kind of application", among: Self.kinds, at: kind.place)
        }
        if let callbacks = with["callbacks"], callbacks.items == nil, !callbacks.namesAVariable {
            reading.report(
                callbacks.place, "callbacks must be a list, this is \(callbacks.typeName)",
                hint: "such as [{url: https://shop.example/callback}]")
        }
        for flag in Self.flags.compactMap({ with[$0] }) { Self.expectFlag(flag, &reading) }
        for item in with["callbacks"]?.items ?? [] where !item.namesAVariable {
            guard item.isMapping else {
                reading.report(
                    item.place, "a callback must be a mapping, this is \(item.typeName)",
                    hint: "such as {url: https://shop.example/callback, wildcard: false}")
                continue
            }
            let callback = item.members("a callback", known: Self.callback.map(\.name), &reading)
            _ = callback?.require("url", &reading)
            if let wildcard = callback?["wildcard"] { Self.expectFlag(wildcard, &reading) }
        }
        description = Template(with, &reading)
    }

    private static func expectFlag(_ node: DocumentNode, _ reading: inout Reading) {
        guard node.json.bool == nil, !node.namesAVariable else { return }
        reading.report(node.place, "true or false is needed here, this is \(node.typeName)")
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
