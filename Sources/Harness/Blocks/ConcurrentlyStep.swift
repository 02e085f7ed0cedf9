import Kernel
package import Scenario

/// `concurrently: [[…], […]]` does several lists of steps at the same time: before each request that anybody sends,
/// the seed decides whose turn it is. Same seed, same order.
package struct ConcurrentlyStep: BlockStep {
    package static let keyword = "concurrently"
    package static let shape = StepShape(
        "Does several lists of steps at the same time, in an order that the seed decides.",
        value: .filled(.either([.list(.either([.step, .steps])), .names(.either([.step, .steps]))])))
    private static let goingBack = [ForkStep.keyword, SnapshotStep.keyword, RestoreStep.keyword]
    private let branches: [(name: String, steps: [PlacedStep])]
    package var defines: [String] { branches.flatMap { StepBlock.defines($0.steps) } }
    /// What any of them keeps, another may speak of: the seed decides who is first.
    package var keeps: [KeptName] { branches.flatMap { StepBlock.keeps($0.steps) } }

    package init?(_ node: StepNode, _ reading: inout Reading) {
        _ = node.members(of: Self.self, &reading)
        guard let parts = Self.parts(of: node.value), parts.count > 1 else {
            reading.report(node.value.place, "concurrently needs at least two lists of steps")
            return nil
        }
        branches = parts.map { name, part in
            guard part.items == nil else { return (name, reading.steps(part, of: "steps")) }
            return (name, [reading.vocabulary.step(part, &reading)].compactMap { $0 })
        }
        for branch in branches {
            if let wrong = StepBlock.contains(branch.steps, Self.goingBack) {
                reading.report(
                    wrong.place, "\(wrong.keyword) cannot stand inside concurrently",
                    hint: "it would undo what the others do")
            }
        }
    }

    /// Named branches, or branches by their numbers.
    static func parts(of node: DocumentNode) -> [(name: String, node: DocumentNode)]? {
        if node.isMapping { return node.members.map { ($0.name, $0.value) } }
        return node.items?.enumerated().map { ("\($0.offset + 1)", $0.element) }
    }

    package var ownNodes: [DocumentNode]? { [] }
    // What one branch saves may not be there yet when another asks for it.
    package var blocks: [StepBlock] { branches.map { StepBlock($0.steps, keeps: false) } }

    func play(_ placed: PlacedStep, in performance: Performance) async throws -> [Failure] {
        let run = performance.run
        let (entropy, before, first) = (run.lab.entropy, run.course, run.newCourses(branches.count))
        let turnstile = Turnstile(branches: branches.count) {
            run.turn(to: first + $0)
        } choose: { count in
            let bytes = entropy.bytes(4, for: "order of branches")
            return bytes.reduce(0) { ($0 << 8) + Int($1) } % count
        }
        let results = await withTaskGroup(of: (Int, Result<[Failure], any Error>).self) { group in
            for (index, branch) in branches.enumerated() {
                group.addTask {
                    let result = await turnstile.go(index) { await Self.result(of: branch.steps, performance) }
                    return (index, result)
                }
            }
            var results: [Int: Result<[Failure], any Error>] = [:]
            for await (index, result) in group { results[index] = result }
            return results
        }
        run.turn(to: before)
        var failures: [Failure] = []
        for (index, branch) in branches.enumerated() {
            failures += try (results[index]?.get() ?? []).map { $0.told(in: "branch \(branch.name)") }
        }
        return failures
    }

    private static func result(
        of steps: [PlacedStep], _ performance: Performance
    ) async -> Result<[Failure], any Error> {
        do {
            return .success(try await performance.perform(steps))
        } catch {
            return .failure(error)
        }
    }
}
