import Kernel
import Scenario

/// A step that consists of others: it says which, how often and in what order.
protocol BlockStep: Step {
    /// Does them; what did not hold comes back.
    func play(_ placed: PlacedStep, in performance: Performance) async throws -> [Failure]
}

extension BlockStep {
    package var defines: [String] { [] }
}

extension StepBlock {
    /// Every variable that its steps save, at any depth.
    static func defines(_ steps: [PlacedStep]) -> [String] {
        steps.flatMap { placed in
            placed.step.defines + placed.step.blocks.filter(\.keeps).flatMap { defines($0.steps) }
        }
    }

    /// Every name that its steps give, at any depth.
    static func keeps(_ steps: [PlacedStep]) -> [KeptName] {
        steps.flatMap { placed in placed.step.keeps + placed.step.blocks.flatMap { keeps($0.steps) } }
    }

    /// Whether a step of one of these kinds is inside, at any depth.
    static func contains(_ steps: [PlacedStep], _ keywords: [String]) -> PlacedStep? {
        for placed in steps {
            if keywords.contains(placed.keyword) { return placed }
            for block in placed.step.blocks {
                if let found = contains(block.steps, keywords) { return found }
            }
        }
        return nil
    }
}
