/// A record that is of use up to a moment of world time. What is over is let go as others come, so that a lab that is
/// served for weeks does not grow by what nobody can ask for any more.
package protocol PassingRecord: Record {
    /// nil where an older data file knew no end: it is over.
    var until: Instant? { get }
}

extension PassingRecord {
    /// All of the collection, the oldest first.
    package var keys: [RecordKey] { [RecordKey("passing", Self.collection)] }

    package func isOver(at now: Instant) -> Bool { until.map { $0 <= now } ?? true }
}

extension Transaction {
    /// Saves a record, and lets go of those of the two oldest that are over: two for one, so that what is over becomes
    /// less however long nothing came.
    package mutating func save<R: PassingRecord>(passing record: R, at now: Instant) {
        let oldest = part(of: R.self, where: "passing", is: R.collection, after: nil, or: 0, most: 2).records
        for old in oldest where old.isOver(at: now) { remove(R.self, old.id) }
        // One that comes again is as young as it is new.
        if find(R.self, record.id) != nil { remove(R.self, record.id) }
        save(record)
    }

    /// Saves a record, and lets go of the oldest of those with its first key when there are more than `most`.
    package mutating func save<R: Record>(_ record: R, keeping most: Int) {
        save(record)
        guard let key = record.keys.first, count(R.self, where: key.name, is: key.value) > most else { return }
        for old in part(of: R.self, where: key.name, is: key.value, after: nil, or: 0, most: 1).records {
            remove(R.self, old.id)
        }
    }
}
