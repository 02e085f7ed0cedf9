/// A record that is of use up to a moment of world time. What is over is let go as others come, so that a lab that is
/// served for weeks does not grow by what nobody can ask for any more.
package protocol PassingRecord: Record {
    /// nil where an older data file knew no end: it is over.
    var until: Instant? { get }
    /// How many of those with its key that ended last stay although they are over: where an answer, or the journal,
    /// tells what is over from what never was.
    static var keptPast: Int { get }
    /// The key of those that are let go together, what ended first before the others: mostly the whole collection.
    /// What has no end does without, in its keys.
    var passing: RecordKey { get }
}

extension PassingRecord {
    package static var keptPast: Int { 0 }

    package var passing: RecordKey { .passing(Self.collection) }
    package var keys: [RecordKey] { [passing] }

    package var passesAt: Instant? { until ?? Instant(milliseconds: .min) }

    package func isOver(at now: Instant) -> Bool { until.map { $0 <= now } ?? true }
}

/// What the parties keep of things that are over, beside those of an hour or a day: README, "Structure".
package enum PastRecords {
    /// Of each kind the newest.
    package static let kept = 100
}
