import Synchronization

/// What a party reads the time from.
package protocol WallClock: Sendable {
    var now: Instant { get }
}

/// What a party asks to be woken by.
package protocol Scheduler: Sendable {
    func schedule(_ alarm: Alarm)
}

/// Something due later, addressed to a party. It survives a restart, so it carries text and no closure.
package struct Alarm: Hashable, Sendable, Codable {
    package var due: Instant
    package var party: Party
    /// What it is about, in the addressee's own words.
    package var label: String
    package init(due: Instant, party: Party, label: String) {
        self.due = due
        self.party = party
        self.label = label
    }
}

/// The only clock of a lab: it stands still until somebody moves it, and never runs backwards.
///
/// A scenario moves it by its steps; `serve` moves it to the host's time before each request.
package final class VirtualClock: WallClock, Scheduler {
    private struct State {
        var now: Instant
        var alarms = AlarmBook()
        var skews: [Party: Span] = [:]
        /// What was added on top of the host's time.
        var offset = Span.zero
        /// Up to when somebody has let time pass: beyond `now` while that goes on.
        var promised: Instant
        /// How often anything but `now` has changed.
        var changes = 0
    }
    private let state: Mutex<State>

    package init(now: Instant) { state = Mutex(State(now: now, promised: now)) }

    package var now: Instant { state.withLock { $0.now } }

    package func schedule(_ alarm: Alarm) {
        state.withLock { state in
            state.changes += 1
            state.alarms.add(alarm, state.changes)
        }
    }

    /// Moves towards `goal` and stops at the first alarm on the way, which is taken out and returned.
    /// Alarms come in order of due time, then of scheduling. Call until it returns nil, and `dealt` after each.
    package func advance(towards goal: Instant) -> Alarm? {
        state.withLock { Self.advance(&$0, towards: goal) }
    }

    /// The same with the host's time for a goal, and what was added to it.
    package func advance(towardsHost host: Instant) -> Alarm? {
        state.withLock { Self.advance(&$0, towards: host + $0.offset) }
    }

    /// The same up to where time was last let pass by `addOffset`; if it has gone back since, there is nothing to do.
    package func advanceAsPromised() -> Alarm? {
        state.withLock { Self.advance(&$0, towards: $0.promised) }
    }

    /// Moves to the host's time, and to what was added to it, unless an alarm is due on the way or has stalled: then
    /// nothing moves.
    /// Nor does it while somebody lets a span pass: what happens on the way happens at its own time.
    package func reaches(host: Instant) -> Bool {
        state.withLock { state in
            let goal = host + state.offset
            guard !state.alarms.hasStalled, !state.alarms.isDue(by: goal) else { return false }
            if state.promised <= state.now { state.now = max(state.now, goal) }
            return true
        }
    }

    private static func advance(_ state: inout State, towards goal: Instant) -> Alarm? {
        guard let alarm = state.alarms.ring(by: goal) else {
            state.now = max(state.now, goal)
            return nil
        }
        state.now = max(state.now, alarm.due)
        return alarm
    }

    /// What an alarm was for is done.
    package func dealt(with alarm: Alarm) {
        state.withLock { state in
            if state.alarms.end(alarm, state.changes + 1) { state.changes += 1 }
        }
    }

    /// An alarm rang, and what it was for could not be done: it rings once more after `retry`.
    package func stall(_ alarm: Alarm) { state.withLock { $0.alarms.stall(alarm) } }

    /// Lets alarms that stalled ring again, at once when time is next let pass.
    package func retry() { state.withLock { $0.alarms.retry() } }

    /// Alarms that still wait, in the order of scheduling.
    package var pendingAlarms: [Alarm] { state.withLock { $0.alarms.pending } }
    /// These and the ones that ring, in the same order: what has to be kept so that each is dealt with once at least.
    package var unfinishedAlarms: [NumberedAlarm] { state.withLock { $0.alarms.unfinished } }

    /// Remembers from now on which alarms are to be kept.
    package func keepAlarms() { state.withLock { $0.alarms.beKept($0.changes) } }
    /// Alarms that have changed since they were last kept.
    package var unkeptAlarms: UnkeptAlarms { state.withLock { $0.alarms.unkept } }
    /// They were kept as they stood when `changes` was this.
    package func alarmsWereKept(through changes: Int) { state.withLock { $0.alarms.wereKept(through: changes) } }

    /// How far a party's clock is off.
    package func skew(of party: Party) -> Span { state.withLock { $0.skews[party] ?? .zero } }
    package func setSkew(_ span: Span, of party: Party) {
        state.withLock { state in
            state.skews[party] = span
            state.changes += 1
        }
    }
    package var skews: [Party: Span] { state.withLock { $0.skews } }

    /// What was added to the host's time under `serve`.
    package var offset: Span { state.withLock { $0.offset } }
    /// Adds to it: time may pass as much further, which `advanceAsPromised` does.
    package func addOffset(_ span: Span) {
        state.withLock { state in
            state.offset = Span(milliseconds: state.offset.milliseconds + span.milliseconds)
            state.promised = max(state.now, state.promised) + span
            state.changes += 1
        }
    }

    /// Time that passed while an answer was under way. Under `serve` the host's own time keeps going from there.
    package func addDelay(_ span: Span) {
        guard span > .zero else { return }
        state.withLock { state in
            state.now = state.now + span
            state.offset = Span(milliseconds: state.offset.milliseconds + span.milliseconds)
            state.changes += 1
        }
    }

    /// How often anything but the time has changed: what is the same at two moments has not.
    package var changes: Int { state.withLock { $0.changes } }

    /// Puts the clock back to an earlier picture of itself: the one exception to "never backwards", for reset and
    /// snapshots.
    ///
    /// - Parameters:
    ///   - now: nil for the host's own time, without what was added to it.
    ///   - offset: what was added to the host's time; nil where that time goes on, so that the way back is added too.
    ///   - alarms: those that wait then.
    ///   - skews: how far parties' clocks are off then.
    package func restore(now: Instant?, offset: Span? = nil, alarms: [NumberedAlarm], skews: [Party: Span]) {
        state.withLock { state in
            let host = state.now - state.offset
            state.now = now ?? host
            state.promised = state.now
            state.offset = offset ?? state.now - host
            state.skews = skews
            state.changes += 1
            state.alarms.replaceAll(by: alarms, state.changes)
        }
    }
}

/// The lab's clock as one party reads it and sets its alarms by: both with the party's own skew.
package struct PartyClock: WallClock, Scheduler {
    private let clock: VirtualClock
    private let party: Party
    package init(_ clock: VirtualClock, for party: Party) {
        self.clock = clock
        self.party = party
    }
    package var now: Instant { clock.now + clock.skew(of: party) }

    package func schedule(_ alarm: Alarm) {
        var alarm = alarm
        alarm.due = alarm.due - clock.skew(of: party)
        clock.schedule(alarm)
    }
}
