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
