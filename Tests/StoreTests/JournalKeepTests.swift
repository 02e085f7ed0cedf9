import Foundation
import HTTPTypes
import Kernel
import SQLiteStore
import Testing

/// A journal that is told how much to keep lets the oldest entries go, in memory and in the file, and numbers go on.
struct JournalKeepTests {
    private static let moment = Instant(milliseconds: 0)

    private func fill(_ store: Store, _ count: Int) throws {
        for number in 1...count {
            let event = JournalEntry.Event.note(Note(party: .aws, "entry \(number)"))
            // Both ways in which entries come.
            if number % 2 == 0 {
                store.append(event, at: Self.moment)
            } else {
                try store.write { $0.append(event, at: Self.moment) }
            }
        }
    }

    @Test(arguments: [1, 10, 100, 1000])
    func theNewestAreKept(_ keep: Int) throws {
        let store = Store(keepingJournal: keep)
        try fill(store, 3_000)
        let kept = store.journal().map(\.sequence)
        #expect(kept.last == 3_000 && store.lastSequence == 3_000)
        #expect((keep...(keep + keep / 4 + 16)).contains(kept.count))
        #expect(kept == Array((3_001 - kept.count)...3_000))
        #expect(store.journal(after: 2_999).count == 1)
    }

    @Test func nothingGoesUnlessItIsAskedFor() throws {
        let store = Store()
        try fill(store, 3_000)
        #expect(store.journal().count == 3_000)
    }

    @Test func whatIsTakenBackIsNoReasonToForget() throws {
        let store = Store(keepingJournal: 10)
        try fill(store, 20)
        let before = store.journal()
        try? store.write { transaction in
            for _ in 0..<500 { transaction.append(.note(Note(party: .aws, "never")), at: Self.moment) }
            throw StoreFailure("no")
        }
        #expect(store.journal() == before)
    }

    @Test func aPictureBringsBackWhatItHas() throws {
        let store = Store(keepingJournal: 10)
        try fill(store, 20)
        let picture = store.picture()
        try fill(store, 200)
        try store.restore(picture)
        #expect(store.lastSequence == 20)
        try store.restore(Store().picture())
        #expect(store.lastSequence == 0)
        try fill(store, 1)
        #expect(store.journal().map(\.sequence) == [1])
    }

    private func exchange(_ length: Int) -> JournalEntry.Event {
        let request = Request(.post, "http://a.test/x", body: Array(repeating: 65, count: length / 2))
        let answer = Response(200, body: Array(repeating: 66, count: length / 2))
        return .exchange(Exchange(from: .outside, to: .aws, request: request, outcome: .answered(answer)))
    }

    @Test(arguments: [nil, 400])
    func longMessagesAreFewer(_ keep: Int?) throws {
        let store = Store(keepingJournal: keep, ofBytes: 100_000)
        for _ in 1...50 { store.append(exchange(10_000), at: Self.moment) }
        let kept = store.journal().map(\.sequence)
        #expect((9...12).contains(kept.count) && kept == Array((51 - kept.count)...50))
        // What is no message counts for nothing.
        try fill(store, 300)
        #expect(store.journal().count == kept.count + 300)
        store.append(exchange(400_000), at: Self.moment)
        #expect(store.journal().map(\.sequence) == [351])
        // Of a transaction that is taken back nothing counts.
        try? store.write { transaction in
            for _ in 0..<20 { transaction.append(exchange(10_000), at: Self.moment) }
            throw StoreFailure("no")
        }
        store.append(note, at: Self.moment)
        #expect(store.journal().map(\.sequence) == [352])
    }

    private var note: JournalEntry.Event { .note(Note(party: .aws, "short")) }

    @Test func theFileKeepsNoMoreOfLongOnesEither() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).sqlite").path
        defer { for end in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + end) } }
        for _ in 1...3 {
            let store = try Store(archive: SQLiteArchive(path: path), ofBytes: 100_000)
            for _ in 1...8 { store.append(exchange(10_000), at: Self.moment) }
        }
        // Eight of the last process, and what had room beside them when it began.
        let kept = try Store(archive: SQLiteArchive(path: path)).journal().map(\.sequence)
        #expect((16...18).contains(kept.count) && kept == Array((25 - kept.count)...24))
    }

    @Test func theFileKeepsNoMoreEither() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).sqlite").path
        defer { for end in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + end) } }
        try fill(Store(archive: SQLiteArchive(path: path), keepingJournal: 40), 500)
        try fill(Store(archive: SQLiteArchive(path: path), keepingJournal: 40), 500)
        // Everything that the file has, and no gap between two processes.
        let kept = try Store(archive: SQLiteArchive(path: path)).journal().map(\.sequence)
        #expect(kept.last == 1_000 && (40...66).contains(kept.count))
        #expect(kept == Array((1_001 - kept.count)...1_000))
        let fewer = try Store(archive: SQLiteArchive(path: path), keepingJournal: 5)
        #expect(fewer.journal().map(\.sequence) == Array(996...1_000))
    }
}
