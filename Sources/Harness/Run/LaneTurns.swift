import Kernel
import Synchronization

/// The turns of a run on a thread that it shares with others, and how long it took in its own turns.
final class LaneTurns: Sendable {
    private let guardian: RunSettings.Guardian?
    private let begun: Instant?
    private let state = Mutex(State())

    private struct State {
        /// By which `RunsUnderWay` knows the run.
        var number: Int?
        /// Milliseconds of the host that went by while others had their turns.
        var waited: Int64 = 0
    }

    /// The time begins here. `guardian` is nil where nobody looks at the host's clock.
    init(_ guardian: RunSettings.Guardian? = nil) {
        self.guardian = guardian
        begun = guardian.map { $0.now() }
    }

    /// From now on somebody who looks on from outside knows of the run, if anybody does.
    func begin(_ entry: RunsUnderWay.Run) {
        guard let begun, let number = guardian?.runs?.begin(entry, at: begun) else { return }
        state.withLock { $0.number = number }
    }

    /// Lets the other runs of its lane go on, and comes back.
    func giveWay() async {
        guard let guardian else { return await Task.yield() }
        let number = state.withLock { $0.number }
        let left = guardian.now()
        if let number { guardian.runs?.pause(number) }
        await Task.yield()
        let waited: Span = guardian.now() - left
        if let number { guardian.runs?.go(on: number, after: waited) }
        state.withLock { $0.waited += waited.milliseconds }
    }

    /// Lets the others go on before a step begins.
    /// - Throws: `Overtime` as `expectTime`.
    func step() async throws(Overtime) {
        await giveWay()
        if let guardian, let number = state.withLock({ $0.number }) {
            guardian.runs?.step(of: number, at: guardian.now())
        }
        try expectTime()
    }

    /// - Throws: `Overtime` when its own steps have taken too long by the host's clock.
    func expectTime() throws(Overtime) {
        guard let begun, let guardian else { return }
        let waited = Span(milliseconds: state.withLock { $0.waited })
        guard guardian.now() - waited - begun <= guardian.limit else { throw Overtime(limit: guardian.limit) }
    }

    /// Nobody need look on any more.
    func end() {
        if let number = state.withLock({ $0.number }) { guardian?.runs?.end(number) }
    }
}
