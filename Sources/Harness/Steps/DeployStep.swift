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
    private static let template = NamedFile.Kind(
        "template", example: "stack.template.yaml", endings: [".template.yaml", ".json", ".template"])
    private let file: NamedFile
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
        file = NamedFile(node.value, Self.template, &reading)
        for name in ["stack", "account"] { _ = members[name]?.text(&reading, as: name) }
        stack = members["stack"].map { Template($0, &reading) }
        account = members["account"].map { Template($0, &reading) }
        parameters = Template.mapping("parameters", members, &reading)
        rollsBack = members["rollback"]?.settledFlag(&reading, as: "rollback") ?? Settled(false)
        isCheck = members["check"]?.settledFlag(&reading, as: "check") ?? Settled(false)
        expectations = Expectations(members["expect"], roots: Self.roots, statusIsWord: true, &reading)
        saves = Saves(members["save"], roots: Self.roots, &reading)
        guard let surroundings = reading.vocabulary.surroundings, let name = node.value.scalarText,
            !node.value.namesAVariable, !mayBeRefused
        else { return }
        let given = Self.given(members["parameters"])
        for problem in surroundings.problems(name, place.source.name, given, reading.labs) { reading.report(problem) }
    }

    package var reads: [NamedFile] { [file] }

    /// Values of the parameters as a deployment takes them; nil where variables give them.
    private static func given(_ node: DocumentNode?) -> [String: String]? {
        guard let node else { return [:] }
        guard node.isMapping, Template.holes(in: node).isEmpty else { return nil }
        return given(node.json.object ?? [:])
    }

    private static func given(_ values: JSONObject) -> [String: String] {
        var given: [String: String] = [:]
        for member in values.members { given[member.name] = member.value.string ?? member.value.text }
        return given
    }

    private static let refused = "REFUSED"

    /// Whether a template that cannot be deployed is what the file wants, or may be.
    private var mayBeRefused: Bool {
        if speaks(of: "problems", "failure") { return true }
        return expectations.lines.contains { line in
            guard line.path.root == "status" else { return false }
            // What a variable brings may be anything.
            return (try? line.predicate.refusal(of: .string(Self.refused), Variables())) == nil
        }
    }

    /// A status alone tells nobody what to mend.
    package func misses(in outcome: JSONValue, _ variables: Variables) throws(Diagnostic) -> [Expectations.Miss] {
        let misses = try expectations.misses(in: outcome, variables)
        guard let reason = Self.reason(in: outcome, joinedBy: "; "), !speaks(of: "failure", "problems") else {
            return misses
        }
        return misses.map { miss in
            Expectations.Miss(
                path: miss.path, place: miss.place, expected: miss.expected, actual: miss.actual, hint: reason)
        }
    }

    private static func reason(in outcome: JSONValue, joinedBy separator: String) -> String? {
        outcome["failure"]?.string ?? outcome["problems"]?.strings?.joined(separator: separator)
    }

    package func unexpectedFailure(in outcome: JSONValue) -> String? {
        guard !speaks(of: "status", "failure", "problems") else { return nil }
        return Self.reason(in: outcome, joinedBy: "\n")
    }

    package func perform(in run: ScenarioRun) async throws -> JSONValue {
        let companion = try run.companion(file)
        let shown = companion.shown
        guard let data = companion.contents, let text = String(bytes: data, encoding: .utf8) else {
            throw Diagnostic(place, "there is no file \(shown) beside the scenario")
        }
        var request = DeploymentRequest(template: text)
        request.name = shown
        if let stack { request.stack = try stack.text(run.variables) }
        if let account { request.account = try account.text(run.variables) }
        request.parameters = Self.given(try parameters?.members(run.variables) ?? [:])
        request.rollsBack = try rollsBack.value(run.variables)
        request.isCheck = try isCheck.value(run.variables)
        do throws(DeploymentMistake) {
            return try await run.lab.deploy(request)
        } catch {
            return ["status": .string(Self.refused), "problems": .strings(error.problems)]
        }
    }
}
