import Foundation
import Harness
import Kernel
import Scenario
import Serve

/// Ends the program when a scenario is stuck: a run looks at the clock between its steps, and a step that does not end
/// (a pattern that backtracks) is seen from outside only.
enum StuckRuns {
    /// Looks on for as long as anybody holds `runs`: `--watch` has new ones in every round. A run that ended itself
    /// late has had its chance before. `tell` is given the result of the stuck one, the last thing that is done.
    static func watch(_ runs: RunsUnderWay, limit: Span, tell: @escaping @Sendable (ScenarioResult) throws -> Void) {
        let patience = Span(milliseconds: 2 * limit.milliseconds + 1000)
        Thread.detachNewThread { [weak runs] in
            while true {
                Thread.sleep(forTimeInterval: 0.25)
                guard let runs else { return }
                guard let result = runs.stuck(since: Host.now - patience, limit: limit) else { continue }
                do {
                    try tell(result)
                } catch {
                    Terminal.say("\(error)")
                }
                Terminal.say(
                    "agentcore-local: \(result.file.name) seed \(result.seed): \(result.failures[0].actual)")
                Foundation.exit(Outcome.stuck.rawValue)
            }
        }
    }
}
