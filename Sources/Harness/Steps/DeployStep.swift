import Foundation
package import Kernel
package import Scenario

/// `deploy: stack.template.json` puts a CloudFormation template into the lab; the file stands beside the scenario.
package struct DeployStep: LabStep {
    package static let keyword = "deploy"
    private static let roots = ["status", "outputs", "resources", "events", "failure", "problems", "creates"]
    package static let shape = StepShape(
        "Deploys a CloudFormation template that stands beside the scenario.", value: .text, outcome: roots,
        [
            ShapeMember("stack", .text, "The stack's name."), ShapeMember("account", .text, "The account."),
            .values("parameters", "Values of the template's parameters."),
            ShapeMember("rollback", .flag, "Deletes what was created if a resource fails."),
            ShapeMember("check", .flag, "Only says what would be created."),
        ])
    private let file: Template
    private let place: Place
    private let stack: Template?
    private let account: Template?
    private let parameters: Template?
    private let rollsBack: Settled<Bool>
    private let isCheck: Settled<Bool>
    package let expectations: Expectations
    package let saves: Saves

    package init?(_ node: StepNode, _ reading: inout Reading) {
        let members = node.members(of: Self.self, &reading)
        place = node.value.place
        file = Template(node.value, &reading)
        if let text = node.value.scalarText, !Enclosure.isBeside(text) {
            reading.report(place, "a template stands beside its scenario", hint: "such as stack.template.yaml")
        } else {
            reading.expectFile(
                node.value, beside: place.source.name, "template", ending: [".template.yaml", ".json", ".template"])
        }
        stack = members["stack"].map { Template($0, &reading) }
        account = members["account"].map { Template($0, &reading) }
        parameters = Template.mapping("parameters", members, &reading)
        rollsBack = members["rollback"]?.settledFlag(&reading, as: "rollback") ?? Settled(false)
        isCheck = members["check"]?.settledFlag(&reading, as: "check") ?? Settled(false)
        expectations = Expectations(members["expect"], roots: Self.roots, &reading)
        saves = Saves(members["save"], roots: Self.roots, &reading)
    }

    package func unexpectedFailure(in outcome: JSONValue) -> String? {
        guard !speaks(of: "status", "failure", "problems") else { return nil }
        if let failure = outcome["failure"]?.string { return failure }
        return outcome["problems"]?.strings?.joined(separator: "\n")
    }

    package func perform(in run: ScenarioRun) async throws -> JSONValue {
        let name = try file.text(run.variables)
        let companion = Companion(name, of: place.source.name, root: run.settings.root)
        let shown = companion.shown
        guard let data = companion.contents, let text = String(bytes: data, encoding: .utf8) else {
            throw Diagnostic(place, "there is no file \(shown) beside the scenario")
        }
        var request = DeploymentRequest(template: text)
        request.name = shown
        if let stack { request.stack = try stack.text(run.variables) }
        if let account { request.account = try account.text(run.variables) }
        for member in try parameters?.members(run.variables).members ?? [] {
            request.parameters[member.name] = member.value.string ?? member.value.text
        }
        request.rollsBack = try rollsBack.value(run.variables)
        request.isCheck = try isCheck.value(run.variables)
        do throws(DeploymentMistake) {
            return try await run.lab.deploy(request)
        } catch {
            return ["status": "REFUSED", "problems": .strings(error.problems)]
        }
    }
}
