/// A record that is of use up to a moment of world time. What is over is let go as others come, so that a lab that is
/// served for weeks does not grow by what nobody can ask for any more.
package protocol PassingRecord: Record {
    /// nil where an older data file knew no end: it is over.
    var until: Instant? { get }
    /// How many of the newest stay although they are over: where an answer, or the journal, tells what is over from
    /// what never was.
    static var keptPast: Int { get }
    /// The key of those that are let go together, the oldest first: mostly the whole collection. Those that live much
    /// longer than others have one of their own, or they would hold them up. What has no end does without, in its keys.
    var passing: RecordKey { get }
}

extension PassingRecord {
    package static var keptPast: Int { 0 }

    package var passing: RecordKey { RecordKey("passing", Self.collection) }
    package var keys: [RecordKey] { [passing] }

    package func isOver(at now: Instant) -> Bool { until.map { $0 <= now } ?? true }
}

/// What the parties keep of things that are over, beside those of an hour or a day: README, "Structure".
package enum PastRecords {
    /// Of each kind the newest.
    package static let kept = 100
}

extension Transaction {
    /// Saves a record, and lets go of those of the two oldest that are over: two for one, so that what is over becomes
    /// less however long nothing came. One whose end moved is to be saved like this again, or it holds up those behind.
    package mutating func save<R: PassingRecord>(passing record: R, at now: Instant) {
        let key = record.passing
        // With this one there are not to be more than those that stay in any case.
        let spare = count(R.self, where: key.name, is: key.value) + 1 - R.keptPast
        if spare > 0 {
            let oldest = part(of: R.self, where: key.name, is: key.value, after: nil, or: 0, most: min(2, spare))
            for old in oldest.records where old.isOver(at: now) { remove(R.self, old.id) }
        }
        // One that comes again is as young as it is new.
        if find(R.self, record.id) != nil { remove(R.self, record.id) }
        save(record)
    }
}
