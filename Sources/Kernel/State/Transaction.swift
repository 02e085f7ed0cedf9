/// What a transaction sees of the store. Lives only inside `Store.write` and `Store.read`.
package struct Transaction: Sendable {
    /// By name of the collection.
    var tables: [String: Table] { Dictionary(uniqueKeysWithValues: opened.map { ($0.table.collection, $0.table) }) }
    /// Those in use, found by the type of their records: a dozen at most, sooner walked than hashed.
    private var opened: [(type: ObjectIdentifier?, table: Table)] = []
    /// How many of them came from a picture, which names its tables and does not know their types, and have not been
    /// asked for since.
    private var untyped = 0
    /// Since the archive was opened, or since the beginning without one.
    private(set) var journal: [JournalEntry] = []
    /// What was there before.
    private(set) var past: JournalPast?
    private let limit: JournalLimit
    /// Bytes of the messages in the journal; counted only where they are limited.
    private var journalLength = 0
    /// Sequence number of the last entry that is kept no more.
    private(set) var forgotten = 0
    private let archive: (any Archive)?
    /// Kept with every change; an archive alone has one.
    var escort: (any Escort)?
    private var undo: [(table: Table, id: String, row: Table.Row?)] = []
    private var changes: [Change] = []
    private var journalStart = 0
    /// Why the archive did not take what it was given last; nil once it takes changes again. Memory never has more
    /// than the archive but entries of the journal, which go with the next changes.
    private(set) var archiveFailure: StoreFailure?
    /// What the archive could not give: whatever was read since is not to be trusted.
    private(set) var unread: StoreFailure?
    private weak var sharedRows: UnreadRows?
    /// Sequence numbers of the last entries that the archive holds, and was told to forget.
    private var (kept, keptNoMore) = (0, 0)
    private(set) var committed = 0
    /// Changes of records that somebody may wait for; also of those that were rolled back.
    private(set) var awaitedChanges = 0

    init(archive: (any Archive)?, past: JournalPast? = nil, limit: JournalLimit) {
        self.archive = archive
        self.past = past
        self.limit = limit
        kept = past?.last ?? 0
    }

    /// Sequence number of the newest entry; 0 before the first.
    var lastSequence: Int { journal.last?.sequence ?? max(past?.last ?? 0, forgotten) }

    /// The record with this id.
    package mutating func find<R: Record>(_ type: R.Type, _ id: R.ID) -> R? {
        table(type).find(id.rawValue)?.taken(as: type)
    }

    /// Records with this secondary key, in the order of their first save.
    package mutating func find<R: Record>(_ type: R.Type, where name: String, is value: String) -> [R] {
        table(type).find(where: RecordKey(name, value)).compactMap { $0.record.taken(as: type) }
    }

    /// How many records have this secondary key.
    package mutating func count<R: Record>(_ type: R.Type, where name: String, is value: String) -> Int {
        table(type).count(where: RecordKey(name, value))
    }

    /// A part of the records with this secondary key, in the order of their first save: what comes after `last`, or
    /// after `offset` records where that one is gone. It costs as much as the part is long. `start` says how many
    /// came before.
    package mutating func part<R: Record>(
        of type: R.Type, where name: String, is value: String, after last: String?, or offset: Int, most: Int
    ) -> (records: [R], start: Int) {
        let part = table(type).part(where: RecordKey(name, value), after: last, or: offset, most: most)
        return (part.rows.compactMap { $0.record.taken(as: type) }, part.start)
    }

    /// Every record of a collection, in the order of their first save.
    package mutating func all<R: Record>(_ type: R.Type) -> [R] {
        table(type).all().compactMap { $0.record.taken(as: type) }
    }

    package mutating func save<R: Record>(_ record: R) {
        if R.isWaitedFor { awaitedChanges += 1 }
        replace(record.id.rawValue, in: table(R.self), by: record)
    }

    /// Saves a record, and lets go of two that are over: two for one, so that what is over becomes less however long
    /// nothing came. One whose end moved is to be saved like this again.
    package mutating func save<R: PassingRecord>(passing record: R, at now: Instant) {
        let table = table(R.self)
        let key = record.passing
        // With this one there are not to be more than those that stay in any case.
        let spare = table.count(where: key) + 1 - R.keptPast
        for _ in 0..<max(0, min(2, spare)) {
            guard let over = table.takeOver(where: key, at: now) else { continue }
            if R.isWaitedFor { awaitedChanges += 1 }
            replace(over, in: table, by: nil)
        }
        save(record)
    }

    /// Saves a record, and lets go of the oldest of those with its first key when there are more than `most`.
    package mutating func save<R: Record>(_ record: R, keeping most: Int) {
        save(record)
        let table = table(R.self)
        guard let key = record.keys.first, let oldest = table.oldest(where: key, ifMoreThan: most) else { return }
        if R.isWaitedFor { awaitedChanges += 1 }
        replace(oldest, in: table, by: nil)
    }

    package mutating func remove<R: Record>(_ type: R.Type, _ id: R.ID) {
        if R.isWaitedFor { awaitedChanges += 1 }
        replace(id.rawValue, in: table(type), by: nil)
    }

    /// Adds an entry that stands or falls with this transaction. None is older than the one before it: what was decided
    /// before somebody moved the clock, and took a signature, stands at the time it is told.
    package mutating func append(_ event: JournalEntry.Event, at instant: Instant) {
        let instant = max(instant, journal.last?.at ?? instant)
        journal.append(JournalEntry(sequence: lastSequence + 1, at: instant, event: event))
        if limit.bytes != nil { journalLength += event.length }
    }

    /// Entries above a sequence number, but those of the past.
    func journal(after sequence: Int) -> [JournalEntry] {
        guard let first = journal.first?.sequence else { return [] }
        if sequence < first { return journal }
        return Array(journal.dropFirst(max(0, sequence - first + 1)))
    }

    private mutating func replace(_ id: String, in table: Table, by record: (any Record)?) {
        undo.append((table, id, table.replace(id, by: record)))
        if archive != nil { changes.append(Change(collection: table.collection, id: id, record: record)) }
    }

    /// Whether there may be a record of this type: false only if there is none for sure.
    func mayHold<R: Record>(_ type: R.Type) -> Bool {
        guard let known = opened.first(where: { $0.type == ObjectIdentifier(type) }) else {
            return archive != nil || opened.contains { $0.type == nil && $0.table.collection == R.collection }
        }
        return known.table.count > 0
    }

    private mutating func table<R: Record>(_ type: R.Type) -> Table {
        let key = ObjectIdentifier(type)
        for known in opened where known.type == key { return known.table }
        if untyped > 0, let place = opened.firstIndex(where: { $0.table.collection == R.collection }) {
            opened[place].type = key
            untyped -= 1
            return opened[place].table
        }
        let table = Table(R.collection)
        if let archive {
            do throws(StoreFailure) {
                for record in try archive.records(type) { _ = table.replace(record.id.rawValue, by: record) }
            } catch {
                // Reported at commit: a body reads on an empty table and then cannot be kept.
                unread = error
                return table
            }
        }
        opened.append((key, table))
        return table
    }
}

// What the store itself does around a body.
extension Transaction {
    mutating func begin() {
        undo.removeAll(keepingCapacity: true)
        changes.removeAll(keepingCapacity: true)
        journalStart = journal.count
    }

    mutating func commit() throws(StoreFailure) {
        if let unread { throw unread }
        try keep(.changed, hasNews: journal.count > journalStart)
        committed += 1
    }

    private mutating func keep(_ due: EscortDue, hasNews: Bool) throws(StoreFailure) {
        guard archive != nil, hasNews || !changes.isEmpty else { return }
        let escort = escort
        escort?.save(in: &self, due)
        try handOver()
    }

    /// Keeps the escort, if it is due, though nothing else has changed.
    mutating func keepEscort(_ due: EscortDue) throws(StoreFailure) {
        let escort = escort
        escort?.save(in: &self, due)
        if !changes.isEmpty { try handOver() }
    }

    /// Gives the archive what it does not have yet.
    private mutating func handOver() throws(StoreFailure) {
        guard let archive else { return }
        do throws(StoreFailure) {
            try archive.keep(changes, journal.suffix(max(0, lastSequence - kept)))
        } catch {
            archiveFailure = error
            throw error
        }
        escort?.wasKept()
        kept = lastSequence
        // An entry of the journal may find room where changes do not.
        if !changes.isEmpty { archiveFailure = nil }
    }

    /// A picture, or somebody who reads at this moment, has what the archive is about to lose.
    private mutating func keepPastForOthers() {
        guard past != nil, !isKnownUniquelyReferenced(&past) else { return }
        do throws(StoreFailure) {
            _ = try past?.entries()
        } catch {
            archiveFailure = error
        }
    }

    /// Lets go of the oldest entries once there is a quarter more than is to be kept, here and in the archive.
    mutating func forget() {
        if limit.isExceeded(by: journal, of: journalLength) {
            let surplus = limit.surplus(of: journal, journalLength)
            forgotten = journal[surplus.count - 1].sequence
            journal.removeFirst(surplus.count)
            journalLength -= surplus.length
            journalStart = journal.count
            keepPastForOthers()
            // It is all older.
            past = nil
        }
        // One that takes nothing at present is told later.
        guard let archive, keptNoMore < forgotten, archiveFailure == nil else { return }
        do throws(StoreFailure) {
            try archive.forgetJournal(through: forgotten)
            keptNoMore = forgotten
        } catch {
            archiveFailure = error
        }
    }

    mutating func rollBack() {
        undoChanges()
        if limit.bytes != nil { for entry in journal[journalStart...] { journalLength -= entry.event.length } }
        journal.removeLast(journal.count - journalStart)
        unread = nil
    }

    private mutating func undoChanges() {
        for step in undo.reversed() { step.table.restore(step.id, to: step.row) }
        undo.removeAll()
    }

    /// Keeps entries that were added outside a transaction. An archive that takes none now gets them with the next
    /// changes that it takes.
    mutating func flushJournal() {
        guard archive != nil else { return }
        do throws(StoreFailure) {
            try keep(.moved, hasNews: true)
        } catch {
            undoChanges()
        }
    }

    /// What the archive holds besides the tables.
    mutating func unreadRows() -> Result<UnreadRows, StoreFailure> {
        let known = opened.map(\.table.collection)
        if let shared = sharedRows?.without(known) {
            sharedRows = shared
            return .success(shared)
        }
        guard let archive else { return .success(UnreadRows([])) }
        do throws(StoreFailure) {
            let read = UnreadRows(try archive.rows(outside: Set(known)))
            sharedRows = read
            return .success(read)
        } catch {
            return .failure(error)
        }
    }

    /// The past could not be read: told at the next commit, as for a collection.
    mutating func failed(_ failure: StoreFailure) { unread = failure }

    mutating func replaceAll(tables: [String: Table], journal: [JournalEntry], past: JournalPast?, forgotten: Int) {
        awaitedChanges += 1
        opened = tables.values.sorted { $0.collection < $1.collection }.map { (nil, $0) }
        untyped = opened.count
        self.journal = journal
        self.past = past
        self.forgotten = forgotten
        journalLength = limit.bytes == nil ? 0 : journal.reduce(0) { $0 + $1.event.length }
        journalStart = journal.count
        (kept, keptNoMore) = (lastSequence, forgotten)
        archiveFailure = nil
        sharedRows = nil
        undo = []
        changes = []
    }
}
