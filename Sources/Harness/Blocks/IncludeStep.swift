package import Scenario

/// `include: gateway` does the steps of a fragment here, with values of its own.
package struct IncludeStep: BlockStep {
    package static let keyword = "include"
    package static let shape = StepShape(
        "Does the steps of a fragment: one of this file, one of scenarios/given, or a path beside this file.",
        value: .name(.fragments), [ShapeMember("with", .names(.anything), "Values for its variables.")])
    private let item: GivenFragment

    package init?(_ node: StepNode, _ reading: inout Reading) {
        let members = node.members(of: Self.self, &reading)
        guard !node.value.isMapping else {
            reading.report(
                node.value.place, "include must be a fragment's name, this is a mapping",
                hint: "its values stand beside it: include: gateway, and below it with: {…}")
            return nil
        }
        guard let name = node.value.text(&reading, as: "include"),
            let fragment = reading.fragment(name, at: node.value.place)
        else { return nil }
        let overrides = reading.overrides(members["with"], of: fragment, named: name)
        item = GivenFragment(
            name: name, at: node.value.place, fragment: fragment, overrides: overrides, &reading)
    }

    package var ownNodes: [DocumentNode]? { [] }
    package var blocks: [StepBlock] {
        [
            StepBlock(
                item.fragment.steps, settings: item.settings.map { ($0.name, $0.value.node) },
                fragment: PlacedName(name: item.name, place: item.place))
        ]
    }

    func play(_ placed: PlacedStep, in performance: Performance) async throws -> [Failure] {
        let failures = try await performance.include(item)
        return failures.map { $0.told(in: "include \(item.name), \(placed.place)") }
    }
}
