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
        var passing: RecordKey { .passing(line) }
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

    /// So do those that live long under the same key: what ended first goes first.
    @Test func whatLivesLongInTheSameLineHoldsUpNobody() throws {
        for name in ["x", "y", "z"] { try save(name, at: 0, for: .minutes(1000)) }
        for minute in 1..<99 { try save("\(minute)", at: Int64(minute), for: .minutes(Int64(5 + minute % 6))) }
        try save("99", at: 99)
        #expect(try names().count < 20)
        // And they go themselves when it is time.
        for number in 0..<10 { try save("late \(number)", at: 1001) }
        #expect(try names() == (0..<10).map { "late \($0)" })
    }

    /// One that ends sooner than it had said goes when it ends; one that ends later is not taken for over.
    @Test func anEndThatMovesCounts() throws {
        try save("sooner", at: 0, for: .minutes(1000))
        try save("later", at: 0, for: .minutes(5))
        let now = Self.start + .minutes(1)
        try store.write { transaction in
            transaction.save(Slip(id: Identifier("sooner"), until: now + .minutes(1)))
            transaction.save(Slip(id: Identifier("later"), until: now + .minutes(1000)))
        }
        for minute in 10..<13 { try save("\(minute)", at: Int64(minute)) }
        #expect(try names() == ["later", "10", "11", "12"])
        for number in 0..<3 { try save("last \(number)", at: 2000) }
        #expect(try names() == ["last 0", "last 1", "last 2"])
    }

    /// What a transaction let go is there again when it fails, and is let go by the next one.
    @Test func aFailureLosesNothing() throws {
        struct Failure: Error {}
        try save("a", at: 0)
        try save("b", at: 0)
        let now = Self.start + .minutes(20)
        #expect(throws: Failure.self) {
            try store.write { transaction in
                transaction.save(passing: Slip(id: Identifier("c"), until: now + .minutes(10)), at: now)
                #expect(transaction.all(Slip.self).map(\.id.rawValue) == ["c"])
                throw Failure()
            }
        }
        #expect(try names() == ["a", "b"])
        try save("d", at: 20)
        try save("e", at: 20)
        #expect(try names() == ["d", "e"])
    }

    /// Names that come and go before their end leave nothing: the line is made anew when most of it is gone.
    @Test func whatGoesEarlyIsForgotten() throws {
        try save("stays", at: 0, for: .minutes(5))
        for number in 0..<1000 {
            let id = Identifier<Tag>("\(number)")
            try save(id.rawValue, at: 1, for: .minutes(1000))
            try store.write { $0.remove(Slip.self, id) }
        }
        try save("new", at: 10)
        #expect(try names() == ["new"])
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
