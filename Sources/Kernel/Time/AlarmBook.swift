import HeapModule

/// An alarm under a number that no other one of its clock has or had. Alarms with the same due time ring in this order.
package struct NumberedAlarm: Hashable, Sendable {
    package let number: Int
    package let alarm: Alarm
    package init(number: Int, alarm: Alarm) {
        self.number = number
        self.alarm = alarm
    }
}

extension NumberedAlarm: Comparable {
    package static func < (one: NumberedAlarm, other: NumberedAlarm) -> Bool {
        (one.alarm.due, one.number) < (other.alarm.due, other.number)
    }
}

/// Which alarms differ from what was last kept of them beyond the process.
package enum UnkeptAlarms: Sendable {
    /// Nothing is known of what was kept: these are there, and no others.
    case all([NumberedAlarm])
    /// By number; nil for one that is done.
    case some([Int: Alarm?])
}

/// The alarms of a clock, each until it was dealt with. However many wait, looking for the next one costs the same.
struct AlarmBook {
    private var waiting = Heap<NumberedAlarm>()
    /// Taken out and not dealt with yet.
    private var ringing: [NumberedAlarm] = []
    /// Rang while nothing could be kept, so that nothing came of it.
    private var stalled: [NumberedAlarm] = []
    private var lastNumber = 0
    private var keeping: Keeping?

    /// What is to be kept; each part with the number of the clock's change that it came by.
    private struct Keeping {
        var allSince: Int?
        var some: [Int: (since: Int, alarm: Alarm?)] = [:]
    }

    var hasStalled: Bool { !stalled.isEmpty }
    /// Those that still wait, in the order of scheduling.
    var pending: [Alarm] { waiting.unordered.sorted { $0.number < $1.number }.map(\.alarm) }
    /// These and the ones that ring, in the same order.
    var unfinished: [NumberedAlarm] {
        (ringing + stalled + waiting.unordered).sorted { $0.number < $1.number }
    }

    func isDue(by instant: Instant) -> Bool { waiting.min.map { $0.alarm.due <= instant } ?? false }

    mutating func add(_ alarm: Alarm, _ change: Int) {
        lastNumber += 1
        waiting.insert(NumberedAlarm(number: lastNumber, alarm: alarm))
        keeping?.some[lastNumber] = (change, alarm)
    }

    /// The first one that is due by then rings from now on.
    mutating func ring(by instant: Instant) -> Alarm? {
        guard isDue(by: instant), let next = waiting.popMin() else { return nil }
        ringing.append(next)
        return next.alarm
    }

    /// What it was for is done; false for one that does not ring.
    mutating func end(_ alarm: Alarm, _ change: Int) -> Bool {
        guard let place = ringing.firstIndex(where: { $0.alarm == alarm }) else { return false }
        let number = ringing.remove(at: place).number
        keeping?.some[number] = (change, nil)
        return true
    }

    mutating func stall(_ alarm: Alarm) {
        guard let place = ringing.firstIndex(where: { $0.alarm == alarm }) else { return }
        stalled.append(ringing.remove(at: place))
    }

    mutating func retry() {
        waiting.insert(contentsOf: stalled)
        stalled = []
    }

    /// No number comes again.
    mutating func replaceAll(by alarms: [NumberedAlarm], _ change: Int) {
        waiting = Heap(alarms)
        (ringing, stalled) = ([], [])
        lastNumber = max(lastNumber, alarms.map(\.number).max() ?? 0)
        if keeping != nil { beKept(change) }
    }

    /// Remembers from now on what is to be kept.
    mutating func beKept(_ change: Int) { keeping = Keeping(allSince: change) }

    var unkept: UnkeptAlarms {
        guard let keeping, keeping.allSince == nil else { return .all(unfinished) }
        return .some(keeping.some.mapValues { $0.alarm })
    }

    /// What came by this change and those before it was kept.
    mutating func wereKept(through change: Int) {
        guard var keeping else { return }
        if let since = keeping.allSince, since <= change { keeping.allSince = nil }
        keeping.some = keeping.some.filter { $0.value.since > change }
        self.keeping = keeping
    }
}
