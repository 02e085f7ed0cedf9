package import Kernel
import Scenario
import Synchronization

/// Which scenarios play a step at this moment and since when, for somebody who looks on from outside: a step that never
/// ends looks at no clock itself.
package final class RunsUnderWay: Sendable {
    /// What a result is made of if no other will ever come.
    struct Run: Sendable {
        let file: Shared<ScenarioFile>
        let seed: UInt64
        let rulesOff: [String]
        let settings: Shared<RunSettings>
        let turns: LaneTurns
    }
    private let state = Mutex<(last: Int, runs: [Int: Run])>((0, [:]))

    package init() {}

    /// By which number it is to end.
    func begin(_ run: Run) -> Int {
        state.withLock { state in
            state.last += 1
            state.runs[state.last] = run
            return state.last
        }
    }

    func end(_ number: Int) { state.withLock { _ = $0.runs.removeValue(forKey: number) } }

    /// The first of those whose step began before a moment and has not ended: what is to be said of it.
    package func stuck(since moment: Instant, limit: Span) -> ScenarioResult? {
        let stuck = state.withLock { state in
            state.runs.filter { $0.value.turns.isInAStep(since: moment) }.min { $0.key < $1.key }?.value
        }
        guard let stuck else { return nil }
        let failure = Failure(
            stuck.file.value.place, "the run", expected: "an end of every step",
            actual: "one step took longer than \(limit.text) of real time and cannot be stopped")
        return ScenarioResult(
            stuck.file, seed: stuck.seed, .error, [failure], rulesOff: stuck.rulesOff, settings: stuck.settings)
    }
}
