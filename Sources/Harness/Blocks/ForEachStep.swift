import Kernel
package import Scenario

/// `for-each: {user: [alice, bob]}` does `steps` once for each value; of several names, for each combination.
package struct ForEachStep: BlockStep {
    package static let keyword = "for-each"
    package static let shape = StepShape(
        "Does steps once for each value, or for each combination of values.",
        value: .filled(.names(.either([.filled(.list(.anything)), .text]))),
        [ShapeMember("steps", .steps, "What is done each time.", required: true)])
    private let lists: [(name: String, values: Template)]
    private let steps: [PlacedStep]
    /// More combinations are a slip of the pen.
    private static let mostRounds = 100_000

    package init?(_ node: StepNode, _ reading: inout Reading) {
        let members = node.members(of: Self.self, &reading)
        steps = members.require("steps", &reading).map { reading.steps($0, of: "steps") } ?? []
        guard node.value.isMapping, !node.value.members.isEmpty else {
            let found = node.value.isMapping ? "an empty one" : node.value.typeName
            reading.report(node.value.place, "for-each must be a mapping of names to lists, this is \(found)")
            return nil
        }
        for member in node.value.members { reading.expectVariableName(member.name, at: member.key.place) }
        for member in node.value.members where member.value.items == nil && !member.value.namesAVariable {
            reading.report(
                member.value.place, "\(member.name) needs a list of values, this is \(member.value.typeName)")
        }
        for member in node.value.members where member.value.items?.isEmpty == true {
            reading.report(member.value.place, "\(member.name) has no value: the steps would never be done")
        }
        lists = node.value.members.map { ($0.name, Template($0.value, &reading)) }
    }

    package var ownNodes: [DocumentNode]? { [] }
    package var blocks: [StepBlock] { [StepBlock(steps, settings: lists.map { ($0.name, $0.values.node) })] }

    /// Whether the file itself says that there is more than one.
    var isSeveralRounds: Bool { lists.contains { ($0.values.node.items ?? []).count > 1 } }

    func play(_ placed: PlacedStep, in performance: Performance) async throws -> [Failure] {
        var rounds: [[(name: String, value: JSONValue)]] = [[]]
        for list in lists {
            let value = try list.values.value(performance.run.variables)
            guard let items = value.array, !items.isEmpty else {
                // Steps that nobody did prove nothing.
                return [
                    Failure(
                        list.values.place, placed.keyword, expected: "a list with at least one item",
                        actual: value.text)
                ]
            }
            guard items.count <= Self.mostRounds / rounds.count else {
                throw Diagnostic(list.values.place, "these are more than \(Self.mostRounds) rounds")
            }
            rounds = rounds.flatMap { round in items.map { round + [(list.name, $0)] } }
        }
        var inner = performance
        inner.isLast = false
        for round in rounds {
            for (name, value) in round { performance.run.set(name, value) }
            let failures = try await inner.perform(steps)
            let part = round.map { "\($0.name)=\($0.value.string ?? $0.value.text)" }.joined(separator: ", ")
            if !failures.isEmpty { return failures.map { $0.told(in: part) } }
        }
        return []
    }
}
