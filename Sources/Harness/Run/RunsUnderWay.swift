package import Kernel
import Synchronization

/// Which scenarios run at this moment and since when, for somebody who looks on from outside: a step that never ends
/// looks at no clock itself.
package final class RunsUnderWay: Sendable {
    private let state = Mutex<(last: Int, runs: [Int: (name: String, begun: Instant)])>((0, [:]))

    package init() {}

    func begin(_ name: String, at now: Instant) -> Int {
        state.withLock { state in
            state.last += 1
            state.runs[state.last] = (name, now)
            return state.last
        }
    }

    func end(_ number: Int) { state.withLock { _ = $0.runs.removeValue(forKey: number) } }

    /// The first of those that began before a moment and have not ended.
    package func name(begunBefore moment: Instant) -> String? {
        state.withLock { state in
            state.runs.filter { $0.value.begun < moment }.min { $0.key < $1.key }?.value.name
        }
    }
}
