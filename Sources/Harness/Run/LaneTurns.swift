import Kernel
import Synchronization

/// The turns of a run on a thread that it shares with others, and how long it took in its own turns.
final class LaneTurns: Sendable {
    private let guardian: RunSettings.Guardian?
    private let begun: Instant?
    /// Nil where nobody shares the thread.
    private let lane = Lane.current
    private let state: Mutex<State>

    private struct State {
        /// When its step began, without the time that others took since.
        var since: Instant
        /// Whether others have their turns.
        var waits = false
        /// Milliseconds of the host that went by while they had them.
        var waited: Int64 = 0
    }

    /// The time begins here. `guardian` is nil where nobody looks at the host's clock.
    init(_ guardian: RunSettings.Guardian? = nil) {
        self.guardian = guardian
        begun = guardian.map { $0.now() }
        state = Mutex(State(since: begun ?? Instant(milliseconds: 0)))
    }

    /// Lets the other runs of its lane go on, and comes back.
    func giveWay() async {
        guard let lane else { return }
        guard let guardian else { return await lane.giveWay() }
        let left = guardian.now()
        state.withLock { $0.waits = true }
        await lane.giveWay()
        let others: Span = guardian.now() - left
        state.withLock { state in
            state.waits = false
            state.since = state.since + others
            state.waited += others.milliseconds
        }
    }

    /// Lets the others go on before a step begins.
    /// - Throws: `Overtime` as `expectTime`.
    func step() async throws(Overtime) {
        await giveWay()
        if let guardian {
            let now = guardian.now()
            state.withLock { $0.since = now }
        }
        try expectTime()
    }

    /// - Throws: `Overtime` when its own steps have taken too long by the host's clock.
    func expectTime() throws(Overtime) {
        guard let begun, let guardian else { return }
        let waited = Span(milliseconds: state.withLock { $0.waited })
        guard guardian.now() - waited - begun <= guardian.limit else { throw Overtime(limit: guardian.limit) }
    }

    /// Whether it plays a step at this moment that began before another one.
    func isInAStep(since moment: Instant) -> Bool { state.withLock { !$0.waits && $0.since < moment } }
}
