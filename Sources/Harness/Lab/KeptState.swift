package import Kernel
import Synchronization

/// Time and chance of a lab whose changes are kept beyond the process, so that alarms ring after a restart and no id
/// comes twice.
struct KeptState: Record {
    static let collection = "lab"
    struct ID: RawRepresentable, Hashable, Sendable, Codable {
        let rawValue: String
    }
    let id: ID
    let now: Instant
    let offset: Span
    /// Of files from before each alarm had a row of its own.
    var alarms: [Alarm]?
    let skews: [String: Span]
    let positions: [String: UInt64]
    static let only = ID(rawValue: "lab")
}

/// One alarm of such a lab. There may be thousands, and what happens to one of them costs no more for that.
struct KeptAlarm: Record {
    static let collection = "alarm"
    struct ID: RawRepresentable, Hashable, Sendable, Codable {
        let rawValue: String
        init(rawValue: String) { self.rawValue = rawValue }
        init(_ number: Int) { rawValue = String(number) }
    }
    let id: ID
    let number: Int
    let alarm: Alarm
    init(_ number: Int, _ alarm: Alarm) {
        id = ID(number)
        self.number = number
        self.alarm = alarm
    }
}

/// Writes down where time and chance stand, in the same step as what came of them.
final class StateKeeper: Escort {
    /// A moment: two with the same one have the same state.
    private struct Mark {
        let draws: Int
        let changes: Int
        let now: Instant
    }
    private let clock: VirtualClock
    private let entropy: SeededEntropy
    private let marks = Mutex<(saved: Mark?, kept: Mark?)>((nil, nil))

    init(clock: VirtualClock, entropy: SeededEntropy) {
        self.clock = clock
        self.entropy = entropy
    }

    func save(in transaction: inout Transaction, _ due: EscortDue) {
        // Before the state itself: what changes meanwhile is saved twice rather than never.
        let mark = Mark(draws: entropy.draws, changes: clock.changes, now: clock.now)
        let isDue = marks.withLock { marks in
            let isDue = Self.isDue(mark, marks.kept, due)
            marks.saved = isDue ? mark : nil
            return isDue
        }
        guard isDue else { return }
        transaction.save(state)
        saveAlarms(in: &transaction)
    }

    private func saveAlarms(in transaction: inout Transaction) {
        switch clock.unkeptAlarms {
        case .some(let changed):
            for (number, alarm) in changed.sorted(by: { $0.key < $1.key }) {
                if let alarm {
                    transaction.save(KeptAlarm(number, alarm))
                } else {
                    transaction.remove(KeptAlarm.self, KeptAlarm.ID(number))
                }
            }
        case .all(let alarms):
            let known = transaction.all(KeptAlarm.self)
            let there = Set(alarms.map(\.number))
            for gone in known where !there.contains(gone.number) { transaction.remove(KeptAlarm.self, gone.id) }
            let kept = Set(known)
            for alarm in alarms.map({ KeptAlarm($0.number, $0.alarm) }) where !kept.contains(alarm) {
                transaction.save(alarm)
            }
        }
    }

    private static func isDue(_ mark: Mark, _ kept: Mark?, _ due: EscortDue) -> Bool {
        guard due != .always, let kept, kept.draws == mark.draws, kept.changes == mark.changes else { return true }
        return due == .moved && kept.now != mark.now
    }

    func wasKept() {
        marks.withLock { marks in
            guard let saved = marks.saved else { return }
            marks = (nil, saved)
            clock.alarmsWereKept(through: saved.changes)
        }
    }

    private var state: KeptState {
        KeptState(
            id: KeptState.only, now: clock.now, offset: clock.offset,
            skews: Dictionary(clock.skews.map { ($0.key.rawValue, $0.value) }) { first, _ in first },
            positions: entropy.positions)
    }
}

extension Lab {
    /// For changes of the world itself, which no party's answer follows. Does nothing for a lab without archive.
    ///
    /// - Throws: `StoreFailure` for an archive that does not take it.
    package func keepState() throws {
        if options.archive != nil { try store.keepEscort(.always) }
    }

    /// Why the archive takes no changes at present; nil where it takes them. One that took none is tried again.
    package var archiveFailure: StoreFailure? {
        guard store.archiveFailure != nil else { return nil }
        // What came of it is asked for.
        try? keepState()
        return store.archiveFailure
    }

    /// A party whose every answer is only given when what was drawn for it is kept. Only labs with an archive pay.
    func kept(_ origin: any Origin) -> any Origin {
        options.archive == nil ? origin : KeepingOrigin(inner: origin, store: store)
    }

    /// Goes on where an archive left off, and keeps up with it from now on.
    func takeUpKeptState() throws {
        guard options.archive != nil else { return }
        let (state, alarms) = try store.write { transaction in
            (transaction.find(KeptState.self, KeptState.only), transaction.all(KeptAlarm.self))
        }
        if let state { takeUp(state, alarms) }
        clock.keepAlarms()
        store.escort(by: StateKeeper(clock: clock, entropy: entropy))
    }

    private func takeUp(_ state: KeptState, _ kept: [KeptAlarm]) {
        let older = (state.alarms ?? []).enumerated().map { NumberedAlarm(number: $0.offset + 1, alarm: $0.element) }
        let alarms = older + kept.map { NumberedAlarm(number: $0.number, alarm: $0.alarm) }
        let skews = Dictionary(state.skews.map { (Party($0.key), $0.value) }) { first, _ in first }
        // An offset is negative after a snapshot was restored.
        let now = max(state.now, options.start + state.offset)
        // Time flows on from there, even where the host's was set back meanwhile.
        clock.restore(
            now: now, offset: isServed ? now - options.start : state.offset, alarms: alarms, skews: skews)
        entropy.restore(state.positions)
    }
}

private struct KeepingOrigin: Origin {
    let inner: any Origin
    let store: Store

    func respond(to request: Request) async -> Response {
        let response = await inner.respond(to: request)
        do {
            try store.keepEscort(.changed)
            return response
        } catch {
            // After a restart the same ids would come again: nobody is told of these.
            response.events?.close()
            let text = "The lab could not keep what it did: \(error)"
            return .json(
                500, ["error": "server_error", "error_description": .string(text), "message": .string(text)])
        }
    }
}
