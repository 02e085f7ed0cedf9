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

    /// A row of an older data file, which knew no end.
    @Test func oneWithoutAnEndIsOver() throws {
        try save("old", at: 0, for: nil)
        try save("new", at: 0)
        #expect(try names() == ["new"])
    }
}
