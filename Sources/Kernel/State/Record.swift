/// A noun that outlives a request. Kept whole under its id; found by its keys.
package protocol Record: Codable, Hashable, Sendable {
    associatedtype ID: RawRepresentable<String>, Hashable, Sendable
    /// Name of the collection; never changed once a data file may have it.
    static var collection: String { get }
    var id: ID { get }
    /// Secondary keys it can be found by.
    var keys: [RecordKey] { get }
    /// When a passing record is over; nil for any other.
    var passesAt: Instant? { get }
    /// Whether somebody may wait for a change of such a record, as the reader of a stream does.
    static var isWaitedFor: Bool { get }
}

extension Record {
    package var keys: [RecordKey] { [] }
    package var passesAt: Instant? { nil }
    package static var isWaitedFor: Bool { false }

    /// Itself as what it is, nil where that is no `R`. A cast with `as?` looks into the runtime's tables, and every
    /// look into the store ends with one.
    func taken<R: Record>(as type: R.Type) -> R? { Self.self == type ? unsafeBitCast(self, to: type) : nil }
}

/// A secondary key: `RecordKey("name", "github")`.
package struct RecordKey: Hashable, Sendable {
    package let name: String
    private let text: ExactText
    package init(_ name: String, _ value: String) {
        self.name = name
        text = ExactText(value)
    }

    /// Of records that are let go together when they are over (`PassingRecord`); a record has one of them at most.
    package static func passing(_ value: String) -> RecordKey { RecordKey("passing", value) }
    var isPassing: Bool { name == "passing" }

    package static func == (one: RecordKey, other: RecordKey) -> Bool {
        one.text == other.text && areSame(one.name, other.name)
    }
    /// A table has few names of keys and many values.
    package func hash(into hasher: inout Hasher) { text.hash(into: &hasher) }
}

/// Our own fault or the disk's: nothing a peer could have caused.
package struct StoreFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package let reason: String
    package init(_ reason: String) { self.reason = reason }
    package var description: String { reason }
}
