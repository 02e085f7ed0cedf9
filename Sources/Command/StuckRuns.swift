import Foundation
import Harness
import Kernel
import Serve

/// Ends the program when a scenario is stuck: a run looks at the clock between its steps, and a step that does not end
/// (a question to the journal, a pattern that backtracks) is seen from outside only.
enum StuckRuns {
    /// Looks on for as long as anybody holds `runs`: `--watch` has new ones in every round. A run that ended itself
    /// late has had its chance before.
    static func watch(_ runs: RunsUnderWay, limit: Span) {
        let patience = Span(milliseconds: 2 * limit.milliseconds + 1000)
        Thread.detachNewThread { [weak runs] in
            while true {
                Thread.sleep(forTimeInterval: 0.25)
                guard let runs else { return }
                guard let name = runs.name(begunBefore: Host.now - patience) else { continue }
                Terminal.say(
                    "agentcore-local: \(name): one step took longer than \(limit.text) of real time and cannot be "
                        + "stopped; no report is written")
                Foundation.exit(Outcome.stuck.rawValue)
            }
        }
    }
}
