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
        /// When its step began, without the time that others took since.
        fileprivate var since = Instant(milliseconds: 0)
        /// Whether it waits for its turn.
        fileprivate var waits = false

        init(_ file: Shared<ScenarioFile>, seed: UInt64, rulesOff: [String], settings: Shared<RunSettings>) {
            self.file = file
            self.seed = seed
            self.rulesOff = rulesOff
            self.settings = settings
        }
    }
    private let state = Mutex<(last: Int, runs: [Int: Run])>((0, [:]))

    package init() {}

    func begin(_ run: Run, at now: Instant) -> Int {
        var run = run
        run.since = now
        return state.withLock { state in
            state.last += 1
            state.runs[state.last] = run
            return state.last
        }
    }

    /// It waits until the others of its lane have had their turns.
    func pause(_ number: Int) { state.withLock { $0.runs[number]?.waits = true } }

    /// Its turn has come, after others took a span of the host's time.
    func go(on number: Int, after waited: Span) {
        state.withLock { state in
            guard var run = state.runs[number] else { return }
            run.waits = false
            run.since = run.since + waited
            state.runs[number] = run
        }
    }

    /// It begins another step.
    func step(of number: Int, at now: Instant) { state.withLock { $0.runs[number]?.since = now } }

    func end(_ number: Int) { state.withLock { _ = $0.runs.removeValue(forKey: number) } }

    /// The first of those whose step began before a moment and has not ended: what is to be said of it.
    package func stuck(since moment: Instant, limit: Span) -> ScenarioResult? {
        let stuck = state.withLock { state in
            state.runs.filter { !$0.value.waits && $0.value.since < moment }.min { $0.key < $1.key }?.value
        }
        guard let stuck else { return nil }
        let failure = Failure(
            stuck.file.value.place, "the run", expected: "an end of every step",
            actual: "one step took longer than \(limit.text) of real time and cannot be stopped")
        return ScenarioResult(
            stuck.file, seed: stuck.seed, .error, [failure], rulesOff: stuck.rulesOff, settings: stuck.settings)
    }
}
