import Harness
import Kernel
import Synchronization

/// What the console keeps beyond the lab's own state: moments to go back to, and futures that were left.
final class ConsoleMemory: Sendable {
    /// The lab before somebody outside acted.
    struct Moment: Sendable {
        /// Number of the newest entry then, and the entry itself: after a reset the same number is another one.
        let sequence: Int
        let entry: JournalEntry?
        let snapshot: LabSnapshot
    }

    /// What happened after a moment that somebody went back to.
    struct Future: Sendable {
        let id: String
        /// The moment it begins after.
        let sequence: Int
        let leftAt: Instant
        let journal: [JournalEntry]
    }

    private struct State {
        var isWatched = false
        var moments: [Moment] = []
        var futures: [Future] = []
        var count = 0
        var notice: String?
        var last = 0
        var mask: (sequence: Int, count: Int, mask: SecretMask)?
    }
    private let state = Mutex(State())
    /// Raised when the journal grew.
    let changes = ChangeSignal()
    private static let mostMoments = 64
    private static let mostFutures = 8

    var isWatched: Bool {
        get { state.withLock { $0.isWatched } }
        set { state.withLock { $0.isWatched = newValue } }
    }

    func noticed(_ sequence: Int) {
        let isNew = state.withLock { state in
            defer { state.last = sequence }
            return state.last != sequence
        }
        if isNew { changes.raise() }
    }

    /// Costs nothing as long as no page was opened.
    func keepMoment(of lab: Lab) {
        let last = lab.store.lastSequence
        let isNew = state.withLock { $0.isWatched && $0.moments.last?.sequence != last }
        guard isNew else { return }
        let entry = lab.store.journal(after: last - 1).first
        let moment = Moment(sequence: last, entry: entry, snapshot: lab.snapshot())
        state.withLock { state in
            // After a way back, what lay ahead is another history.
            state.moments.removeAll { $0.sequence >= last }
            state.moments.append(moment)
            if state.moments.count > Self.mostMoments { state.moments.removeFirst() }
        }
    }

    /// The newest moment before an entry, if it belongs to the history that this journal tells.
    func moment(before sequence: Int, in journal: [JournalEntry]) -> Moment? {
        let moments = state.withLock { $0.moments }
        return moments.last { moment in
            guard moment.sequence < sequence else { return false }
            guard moment.sequence > 0 else { return true }
            return journal.indices.contains(moment.sequence - 1) && journal[moment.sequence - 1] == moment.entry
        }
    }

    func leave(_ journal: [JournalEntry], after moment: Moment, at now: Instant) -> Future {
        state.withLock { state in
            state.count += 1
            let future = Future(
                id: "future-\(state.count)", sequence: moment.sequence, leftAt: now,
                journal: Array(journal.drop { $0.sequence <= moment.sequence }))
            state.futures.append(future)
            if state.futures.count > Self.mostFutures { state.futures.removeFirst() }
            state.moments.removeAll { $0.sequence > moment.sequence }
            return future
        }
    }

    var futures: [Future] { state.withLock { $0.futures } }

    /// Said once, on the next page.
    func say(_ text: String) { state.withLock { $0.notice = text } }
    func takeNotice() -> String? {
        state.withLock { state in
            defer { state.notice = nil }
            return state.notice
        }
    }

    /// Made anew only when the journal is another one.
    func mask(of journal: [JournalEntry]) -> SecretMask {
        let last = journal.last?.sequence ?? 0
        if let known = state.withLock({ $0.mask }), known.sequence == last, known.count == journal.count {
            return known.mask
        }
        let mask = SecretMask(journal)
        state.withLock { $0.mask = (last, journal.count, mask) }
        return mask
    }
}

/// A number that was told last.
final class LastTold: Sendable {
    private let number: Mutex<Int>
    init(_ number: Int) { self.number = Mutex(number) }
    /// Whether it is news.
    func tell(_ new: Int) -> Bool {
        number.withLock { number in
            defer { number = new }
            return number != new
        }
    }
}
