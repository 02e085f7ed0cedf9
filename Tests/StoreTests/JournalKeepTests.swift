import Foundation
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
