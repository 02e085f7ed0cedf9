package import Kernel
package import Scenario

/// `fork: {approved: […], denied: {steps: […], then: {…}}}` goes each way from the same state, one after the other;
/// afterwards everything is as it was before. A way may have checks of its own; those of the scenario are judged at the
/// end of each way of a fork that its steps end with.
package struct ForkStep: BlockStep {
    package static let keyword = "fork"
    private static let way = [
        ShapeMember("steps", .steps, "What is done on this way.", required: true),
        ShapeMember("then", .anything, "What must be true at its end."),
    ]
    package static let shape = StepShape(
        """
        Goes several ways from the same state; afterwards everything is as it was. Where the steps end with it, the \
        scenario's then is judged at the end of each way; elsewhere it sees nothing of them.
        """,
        value: .filled(.names(.either([.steps, .mapping(way)]))))
    private let ways: [Way]

    private struct Way: Sendable {
        let name: String
        let steps: [PlacedStep]
        let then: [PlacedCheck]
        let checks: DocumentNode?
    }

    package init?(_ node: StepNode, _ reading: inout Reading) {
        _ = node.members(of: Self.self, &reading)
        guard node.value.isMapping, !node.value.members.isEmpty else {
            let found = node.value.isMapping ? "an empty one" : node.value.typeName
            reading.report(node.value.place, "fork must be a mapping of names to steps, this is \(found)")
            return nil
        }
        ways = node.value.members.compactMap { member in
            guard member.value.isMapping else {
                let steps = reading.steps(member.value, of: "steps")
                return Way(name: member.name, steps: steps, then: [], checks: nil)
            }
            let known = Self.way.map(\.name)
            guard let members = member.value.members("a way of a fork", known: known, &reading) else { return nil }
            let steps = members.require("steps", &reading).map { reading.steps($0, of: "steps") } ?? []
            let then = members["then"].map { reading.checks($0) } ?? []
            return Way(name: member.name, steps: steps, then: then, checks: members["then"])
        }
    }

    package var ownNodes: [DocumentNode]? { [] }
    package var reads: [NamedFile] { ways.flatMap { way in way.then.flatMap(\.check.reads) } }
    package var blocks: [StepBlock] {
        ways.map { StepBlock($0.steps, keeps: false, then: $0.checks, isWay: true) }
    }

    func play(_ placed: PlacedStep, in performance: Performance) async throws -> [Failure] {
        let run = performance.run
        let (moment, knowledge) = (run.moment, run.knowledge)
        for way in ways {
            var failures = try await performance.perform(way.steps)
            // With nothing behind the fork, each way is an end of the whole scenario.
            let isEnd = performance.isLast && !way.steps.endsInWays
            if failures.isEmpty { failures = try await performance.judge(way.then) }
            if failures.isEmpty, isEnd { failures = try await performance.judgeEnd() }
            // What failed is left as it is, to be looked at.
            guard failures.isEmpty else { return failures.map { $0.told(in: way.name) } }
            try run.restore(moment)
            run.restore(knowledge)
        }
        return []
    }
}

/// `snapshot: before` keeps the lab under a name.
package struct SnapshotStep: LabStep {
    package static let keyword = "snapshot"
    package static let shape = StepShape("Keeps the lab as it is under a name, to come back to.", value: .text)
    private let name: Template
    package let expectations: Expectations
    package let saves: Saves
    package let keeps: [KeptName]

    package init?(_ node: StepNode, _ reading: inout Reading) {
        guard let name = node.snapshotName(of: Self.self, &reading) else { return nil }
        self.name = name
        keeps = [KeptName(.snapshot, node.value.scalarText ?? "", at: node.value.place)]
        expectations = Expectations(nil, roots: [], &reading)
        saves = Saves(nil, roots: [], &reading)
    }

    package func perform(in run: ScenarioRun) async throws -> JSONValue {
        run.keepSnapshot(try name.text(run.variables))
        return [:]
    }
}

/// `restore: before` puts the lab back as it was. What people know, the variables, stays.
package struct RestoreStep: LabStep {
    package static let keyword = "restore"
    package static let shape = StepShape("Puts the lab back as a snapshot kept it; variables stay.", value: .text)
    private let name: Template
    package let expectations: Expectations
    package let saves: Saves
    package let takes: [KeptName]

    package init?(_ node: StepNode, _ reading: inout Reading) {
        guard let name = node.snapshotName(of: Self.self, &reading) else { return nil }
        self.name = name
        takes = [KeptName(.snapshot, node.value.scalarText ?? "", at: node.value.place)]
        expectations = Expectations(nil, roots: [], &reading)
        saves = Saves(nil, roots: [], &reading)
    }

    package func perform(in run: ScenarioRun) async throws -> JSONValue {
        let name = try name.text(run.variables)
        guard let moment = run.snapshot(name) else {
            throw Diagnostic(self.name.place, "no step kept a snapshot \"\(name)\"")
        }
        try run.restore(moment)
        return [:]
    }
}

extension StepNode {
    /// All that a step says which only names a snapshot.
    fileprivate func snapshotName(of step: any LabStep.Type, _ reading: inout Reading) -> Template? {
        _ = members(of: step, &reading)
        let name = Template(value, &reading)
        return value.text(&reading, as: "a snapshot's name") == nil ? nil : name
    }
}
