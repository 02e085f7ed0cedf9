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
        var moments: [Moment] = []
        var futures: [Future] = []
        var count = 0
        var notice: String?
        var last = 0
        var mask: (last: JournalEntry, mask: SecretMask)?
    }
    private let state = Mutex(State())
    /// Held while a moment is taken and filed: they lie in the order in which they were.
    private let filing = Mutex(())
    private let watched = Atomic(false)
    /// Raised when the journal grew.
    let changes = ChangeSignal()
    private static let mostMoments = 64
    private static let mostFutures = 8

    /// Whether anybody ever opened a page: until then nothing is kept and nobody is told.
    var isWatched: Bool { watched.load(ordering: .relaxed) }
    func isOpened() { watched.store(true, ordering: .relaxed) }

    func noticed(_ sequence: @autoclosure () -> Int) {
        guard isWatched else { return }
        let sequence = sequence()
        let isNew = state.withLock { state in
            defer { state.last = sequence }
            return state.last != sequence
        }
        if isNew { changes.raise() }
    }

    /// Costs nothing as long as no page was opened.
    func keepMoment(of lab: Lab) {
        guard isWatched else { return }
        filing.withLock { _ in
            let last = lab.store.lastSequence
            guard state.withLock({ $0.moments.last?.sequence != last }) else { return }
            file(lab.snapshot(), of: lab)
        }
    }

    private func file(_ snapshot: LabSnapshot, of lab: Lab) {
        let last = snapshot.picture.lastSequence
        let entry = snapshot.picture.lastEntry ?? lab.store.journal(after: last - 1).first
        state.withLock { state in
            // After a way back, what lay ahead is another history.
            state.moments.removeAll { $0.sequence >= last }
            state.moments.append(Moment(sequence: last, entry: entry, snapshot: snapshot))
            if state.moments.count > Self.mostMoments { state.moments.removeFirst() }
        }
    }

    /// The newest moment before an entry, if it belongs to the history that this journal tells.
    func moment(before sequence: Int, in journal: [JournalEntry]) -> Moment? {
        let moments = state.withLock { $0.moments }
        return moments.last { moment in
            guard moment.sequence < sequence else { return false }
            guard moment.sequence > 0 else { return true }
            return journal.place(of: moment.sequence).map { journal[$0] } == moment.entry
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

    /// Grows with the journal; made anew only for another history.
    func mask(of journal: [JournalEntry]) -> SecretMask {
        guard let last = journal.last else { return SecretMask([]) }
        var mask: SecretMask?
        if let known = state.withLock({ $0.mask }) {
            if let place = journal.place(of: known.last.sequence), journal[place] == known.last {
                mask = known.mask.knowing(journal[(place + 1)...])
            }
        }
        let made = mask ?? SecretMask(journal)
        state.withLock { $0.mask = (last, made) }
        return made
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
