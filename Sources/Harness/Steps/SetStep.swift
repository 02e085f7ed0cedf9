package import Kernel
package import Scenario

/// `set: {scopes: [repo, user]}` gives names to values.
package struct SetStep: LabStep {
    package static let keyword = "set"
    package static let shape = StepShape("Gives names to values.", value: .names(.anything))
    private let values: [(name: String, value: Template)]
    package let expectations: Expectations
    package let saves: Saves
    package var defines: [String] { values.map(\.name) }

    package init?(_ node: StepNode, _ reading: inout Reading) {
        _ = node.members(of: Self.self, &reading)
        expectations = Expectations(nil, roots: [], &reading)
        saves = Saves(nil, roots: [], &reading)
        guard node.value.isMapping else {
            reading.report(node.value.place, "set must be a mapping of names to values, this is \(node.value.typeName)")
            return nil
        }
        for member in node.value.members { reading.expectVariableName(member.name, at: member.key.place) }
        values = node.value.members.map { ($0.name, Template($0.value, &reading)) }
    }

    package func perform(in run: ScenarioRun) async throws -> JSONValue {
        for entry in values { run.set(entry.name, try entry.value.value(run.variables)) }
        return [:]
    }
}
