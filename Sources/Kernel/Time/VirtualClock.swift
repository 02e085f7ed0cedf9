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
        var alarms: [(order: Int, alarm: Alarm)] = []
        var scheduled = 0
        var skews: [Party: Span] = [:]
        /// What was added on top of the host's time.
        var offset = Span.zero
        /// How often anything but `now` has changed.
        var changes = 0
    }
    private let state: Mutex<State>

    package init(now: Instant) { state = Mutex(State(now: now)) }

    package var now: Instant { state.withLock { $0.now } }

    package func schedule(_ alarm: Alarm) {
        state.withLock { state in
            state.scheduled += 1
            state.changes += 1
            state.alarms.append((state.scheduled, alarm))
        }
    }

    /// Moves towards `goal` and stops at the first alarm on the way, which is taken out and returned.
    /// Alarms come in order of due time, then of scheduling. Call until it returns nil.
    package func advance(towards goal: Instant) -> Alarm? {
        state.withLock { state in
            var next: Int?
            for index in state.alarms.indices where state.alarms[index].alarm.due <= goal {
                guard let best = next else {
                    next = index
                    continue
                }
                let (one, other) = (state.alarms[index], state.alarms[best])
                if (one.alarm.due, one.order) < (other.alarm.due, other.order) { next = index }
            }
            guard let next else {
                state.now = max(state.now, goal)
                return nil
            }
            let alarm = state.alarms.remove(at: next).alarm
            state.now = max(state.now, alarm.due)
            state.changes += 1
            return alarm
        }
    }

    /// Alarms that still wait, in the order of scheduling.
    package var pendingAlarms: [Alarm] { state.withLock { $0.alarms.map(\.alarm) } }

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
    package func addOffset(_ span: Span) {
        state.withLock { state in
            state.offset = Span(milliseconds: state.offset.milliseconds + span.milliseconds)
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
    package func restore(now: Instant, alarms: [Alarm], skews: [Party: Span]) {
        state.withLock { state in
            state.now = now
            state.alarms = alarms.enumerated().map { ($0.offset, $0.element) }
            state.scheduled = alarms.count
            state.skews = skews
            state.changes += 1
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
