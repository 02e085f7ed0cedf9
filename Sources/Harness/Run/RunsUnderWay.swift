package import Kernel
import Synchronization

/// Which scenarios play a step at this moment and since when, for somebody who looks on from outside: a step that never
/// ends looks at no clock itself.
package final class RunsUnderWay: Sendable {
    private struct Run {
        let name: String
        /// Nil while it waits for its turn.
        var since: Instant?
    }
    private let state = Mutex<(last: Int, runs: [Int: Run])>((0, [:]))

    package init() {}

    func begin(_ name: String, at now: Instant) -> Int {
        state.withLock { state in
            state.last += 1
            state.runs[state.last] = Run(name: name, since: now)
            return state.last
        }
    }

    /// It waits until the others of its lane have had their turns.
    func pause(_ number: Int) { state.withLock { $0.runs[number]?.since = nil } }
    func go(on number: Int, at now: Instant) { state.withLock { $0.runs[number]?.since = now } }
    func end(_ number: Int) { state.withLock { _ = $0.runs.removeValue(forKey: number) } }

    /// The first of those whose step began before a moment and has not ended.
    package func name(begunBefore moment: Instant) -> String? {
        state.withLock { state in
            state.runs.filter { $0.value.since.map { $0 < moment } ?? false }.min { $0.key < $1.key }?.value.name
        }
    }
}
