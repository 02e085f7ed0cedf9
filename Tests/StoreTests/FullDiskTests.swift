import Kernel
import Synchronization
import Testing

/// An archive that takes nothing for a while, or does not give back what it has: what memory says is what the archive
/// has, nothing is forgotten, and it goes on as soon as it can.
struct FullDiskTests {
    private static let moment = Instant(milliseconds: 0)
    private static let full = StoreFailure("the disk is full")

    private func note(_ text: String) -> JournalEntry.Event { .note(Note(party: .aws, text)) }

    @Test func whatWasRefusedIsUndoneAndGoesOnceThereIsRoom() throws {
        let disk = Disk()
        let store = try Store(archive: disk)
        try store.write { $0.save(NoteRecord("a", owner: "alice")) }
        disk.isFull = true
        #expect(throws: Self.full) {
            try store.write { transaction in
                transaction.save(NoteRecord("a", owner: "mallory"))
                transaction.save(NoteRecord("b", owner: "mallory"))
            }
        }
        #expect(store.archiveFailure == Self.full)
        // What is there can be read all the time.
        #expect(try store.write { $0.all(NoteRecord.self) } == [NoteRecord("a", owner: "alice")])
        disk.isFull = false
        try store.write { $0.save(NoteRecord("b", owner: "bob")) }
        #expect(store.archiveFailure == nil)
        #expect(try store.write { $0.all(NoteRecord.self) }.map(\.owner) == ["alice", "bob"])
        #expect(disk.notes == ["a": "alice", "b": "bob"])
    }

    @Test func theJournalHasNoGapAfterwards() throws {
        let disk = Disk()
        let store = try Store(archive: disk)
        store.append(note("before"), at: Self.moment)
        disk.isFull = true
        store.append(note("seen while it was full"), at: Self.moment)
        #expect(throws: Self.full) { try store.write { $0.append(note("undone"), at: Self.moment) } }
        store.append(note("seen too"), at: Self.moment)
        disk.isFull = false
        try store.write { $0.append(note("after"), at: Self.moment) }
        #expect(disk.journal == store.journal())
        #expect(disk.journal.map(\.sequence) == [1, 2, 3, 4])
    }

    @Test func whatWentMeanwhileGoesFromTheFileToo() throws {
        let disk = Disk()
        let store = try Store(archive: disk, keepingJournal: 4)
        for number in 1...20 { store.append(note("\(number)"), at: Self.moment) }
        disk.isFull = true
        for number in 21...60 { store.append(note("\(number)"), at: Self.moment) }
        disk.isFull = false
        try store.write { $0.save(NoteRecord("a", owner: "alice")) }
        #expect(store.archiveFailure == nil)
        #expect(disk.journal == store.journal() && disk.journal.last?.sequence == 60)
    }

    @Test func theEscortIsKeptInTheSameStep() throws {
        let disk = Disk()
        let store = try Store(archive: disk)
        let counter = Counter()
        store.escort(by: counter)
        try store.write { $0.save(NoteRecord("a", owner: "alice")) }
        store.append(note("seen"), at: Self.moment)
        #expect(disk.steps == [["note", "other"], ["other"]])
        disk.isFull = true
        #expect(throws: Self.full) { try store.keepEscort(.changed) }
        store.append(note("seen"), at: Self.moment)
        #expect(counter.kept == 2)
        // Nothing was to be kept, so nothing failed.
        try store.write { _ = $0.all(OtherRecord.self) }
        // In memory too it is where the archive has it.
        #expect(try store.write { $0.all(OtherRecord.self) }.map(\.id.rawValue) == ["escort-1", "escort-2"])
    }

    @Test func aCollectionThatCannotBeReadIsNotTakenForAnEmptyOne() throws {
        let disk = Disk()
        try Store(archive: disk).write { $0.save(NoteRecord("a", owner: "alice")) }
        let told = Told()
        let store = try Store(archive: disk, whenUnreadable: { told.add($0) })
        disk.isDamaged = true
        #expect(throws: StoreFailure("damaged")) {
            try store.write { transaction in
                // A party that finds nothing says that there is nothing.
                guard transaction.find(NoteRecord.self, Identifier("a")) != nil else { throw StoreFailure("not found") }
            }
        }
        #expect(throws: StoreFailure("damaged")) { try store.write { $0.save(NoteRecord("b", owner: "bob")) } }
        #expect(told.all == [StoreFailure("damaged"), StoreFailure("damaged")])
        disk.isDamaged = false
        #expect(try store.write { $0.all(NoteRecord.self) }.map(\.id.rawValue) == ["a"])
    }

    private final class Told: Sendable {
        private let failures = Mutex<[StoreFailure]>([])
        var all: [StoreFailure] { failures.withLock { $0 } }
        func add(_ failure: StoreFailure) { failures.withLock { $0.append(failure) } }
    }

    /// Saves one record more each time.
    private final class Counter: Escort {
        private let counts = Mutex((saved: 0, kept: 0))
        var kept: Int { counts.withLock { $0.kept } }
        func save(in transaction: inout Transaction, _ due: EscortDue) {
            let number = counts.withLock { counts in
                counts.saved += 1
                return counts.saved
            }
            transaction.save(OtherRecord("escort-\(number)"))
        }
        func wasKept() { counts.withLock { $0.kept += 1 } }
    }

    /// A file that may be full or damaged.
    private final class Disk: Archive {
        private struct Content {
            var records: [(key: String, record: any Kernel.Record)] = []
            var journal: [JournalEntry] = []
            var steps: [[String]] = []
            var isFull = false
            var isDamaged = false
        }
        private let content = Mutex(Content())
        var isFull: Bool {
            get { content.withLock { $0.isFull } }
            set { content.withLock { $0.isFull = newValue } }
        }
        var isDamaged: Bool {
            get { content.withLock { $0.isDamaged } }
            set { content.withLock { $0.isDamaged = newValue } }
        }
        var journal: [JournalEntry] { content.withLock { $0.journal } }
        /// Collections that each step changed.
        var steps: [[String]] { content.withLock { $0.steps } }
        var notes: [String: String] {
            let notes = content.withLock { $0.records.compactMap { $0.record as? NoteRecord } }
            return Dictionary(uniqueKeysWithValues: notes.map { ($0.id.rawValue, $0.owner) })
        }

        func keep(_ changes: [Change], _ entries: ArraySlice<JournalEntry>) throws(StoreFailure) {
            try content.withLock { content throws(StoreFailure) in
                if content.isFull { throw FullDiskTests.full }
                for change in changes {
                    content.records.removeAll { $0.key == "\(change.collection)/\(change.id)" }
                    if let record = change.record {
                        content.records.append(("\(change.collection)/\(change.id)", record))
                    }
                }
                content.journal += entries
                content.steps.append(changes.map(\.collection))
            }
        }
        func records<R: Kernel.Record>(_ type: R.Type) throws(StoreFailure) -> [R] {
            try content.withLock { content throws(StoreFailure) in
                if content.isDamaged { throw StoreFailure("damaged") }
                return content.records.compactMap { $0.record as? R }
            }
        }
        func lastSequence() throws(StoreFailure) -> Int { content.withLock { $0.journal.last?.sequence ?? 0 } }
        func journal(after first: Int, through last: Int) throws(StoreFailure) -> [JournalEntry] { [] }
        func sequence(beforeNewest bytes: Int) throws(StoreFailure) -> Int { 0 }
        func forgetJournal(through last: Int) throws(StoreFailure) {
            try content.withLock { content throws(StoreFailure) in
                if content.isFull { throw FullDiskTests.full }
                content.journal.removeAll { $0.sequence <= last }
            }
        }
        func rows(outside collections: Set<String>) throws(StoreFailure) -> [ArchivedRow] { [] }
        func replaceAll(
            by changes: [Change], _ rows: [ArchivedRow], keepingJournal last: Int, _ entries: ArraySlice<JournalEntry>
        ) throws(StoreFailure) {}
    }
}
