import Kernel
import Testing

/// What is over is let go, whatever its name and however many there are.
struct PassingRecordTests {
    private enum Tag {}
    private struct Slip: PassingRecord {
        static let collection = "slip"
        let id: Identifier<Tag>
        let until: Instant?
    }
    /// Of what is over some are kept.
    private struct KeptSlip: PassingRecord {
        static let collection = "kept slip"
        static let keptPast = 3
        let id: Identifier<Tag>
        let until: Instant?
    }
    private struct LineSlip: PassingRecord {
        static let collection = "slip of a line"
        let id: Identifier<Tag>
        let until: Instant?
        let line: String
        var passing: RecordKey { RecordKey("passing", line) }
    }
    private let store = Store()
    private static let start = Instant(milliseconds: 1_795_168_800_000)

    private func save(_ name: String, at minute: Int64, for life: Span? = .minutes(10)) throws {
        let now = Self.start + .minutes(minute)
        try store.write { $0.save(passing: Slip(id: Identifier(name), until: life.map { now + $0 }), at: now) }
    }

    private func names() throws -> [String] { try store.write { $0.all(Slip.self).map(\.id.rawValue) } }

    @Test func whatIsOverGoesAsOthersCome() throws {
        for minute in 0..<100 { try save("\(minute)", at: Int64(minute)) }
        #expect(try names() == (90..<100).map { "\($0)" })
        // Nobody came for long: two go for each one that comes.
        for minute in 0..<5 { try save("late \(minute)", at: 1000 + Int64(minute)) }
        #expect(try names() == (0..<5).map { "late \($0)" })
    }

    /// An old name that comes again does not stand before those that are older than it is now.
    @Test func oneThatComesAgainIsYoung() throws {
        try save("a", at: 0)
        try save("b", at: 1)
        try save("a", at: 9)
        try save("c", at: 12)
        #expect(try names() == ["a", "c"])
    }

    /// Two that are renewed again and again do not stand before all that come and go.
    @Test func whatIsRenewedHoldsUpNobody() throws {
        for minute in 0..<100 {
            for name in minute % 5 == 0 ? ["x", "y"] : [] { try save(name, at: Int64(minute)) }
            try save("\(minute)", at: Int64(minute))
        }
        let names = try names()
        #expect(Set(names).isSuperset(of: ["x", "y", "99"]) && names.count < 20, "\(names)")
    }

    /// Those that live long have a key of their own.
    @Test func whatLivesLongHoldsUpNobody() throws {
        func save(_ name: String, at minute: Int64, for life: Span, _ line: String) throws -> [String] {
            let now = Self.start + .minutes(minute)
            return try store.write { transaction in
                transaction.save(passing: LineSlip(id: Identifier(name), until: now + life, line: line), at: now)
                return transaction.all(LineSlip.self).map(\.id.rawValue)
            }
        }
        for name in ["x", "y"] { _ = try save(name, at: 0, for: .minutes(1000), "long") }
        for minute in 1..<99 { _ = try save("\(minute)", at: Int64(minute), for: .minutes(10), "short") }
        #expect(try save("99", at: 99, for: .minutes(10), "short") == ["x", "y"] + (90...99).map { "\($0)" })
    }

    @Test func theNewestAreKeptThoughTheyAreOver() throws {
        func save(_ name: String, at minute: Int64) throws -> [String] {
            let now = Self.start + .minutes(minute)
            return try store.write { transaction in
                transaction.save(passing: KeptSlip(id: Identifier(name), until: now + .minutes(10)), at: now)
                return transaction.all(KeptSlip.self).map(\.id.rawValue)
            }
        }
        // Those that live are none too many.
        for minute in 0..<8 { #expect(try save("\(minute)", at: Int64(minute)).count == Int(minute) + 1) }
        #expect(try save("late", at: 100) == ["2", "3", "4", "5", "6", "7", "late"])
        for number in 0..<5 { _ = try save("later \(number)", at: 200 + 20 * Int64(number)) }
        #expect(try save("last", at: 1000) == ["later 3", "later 4", "last"])
    }

    /// A row of an older data file, which knew no end.
    @Test func oneWithoutAnEndIsOver() throws {
        try save("old", at: 0, for: nil)
        try save("new", at: 0)
        #expect(try names() == ["new"])
    }
}
