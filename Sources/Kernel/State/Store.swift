import Synchronization

/// Records and journal of a lab: in memory, and behind an archive on disk when one is given.
///
/// One writer at a time. A body that throws leaves nothing behind. Bodies are synchronous on purpose: a handler that
/// could await the network in the middle of a transaction could be re-entered, the classic way to redeem a code twice.
package final class Store: Sendable {
    private let state: Mutex<Transaction>
    private let archive: (any Archive)?
    private let whenUnreadable: @Sendable (StoreFailure) -> Void

    /// With an archive behind it: committed changes outlive the process, and earlier ones are there again.
    ///
    /// - Parameters:
    ///   - archive: where they are kept.
    ///   - journalKeep: how many of the newest entries of the journal are kept at least; nil keeps all.
    ///   - bytes: how many bytes of messages those may have, else fewer are kept; nil for any number.
    ///   - whenUnreadable: hears that the archive does not give back what it holds. It must not call the store.
    /// - Throws: `StoreFailure` for an archive that cannot be read, or does not let its journal go.
    package init(
        archive: any Archive, keepingJournal journalKeep: Int? = nil, ofBytes bytes: Int? = nil,
        whenUnreadable: @escaping @Sendable (StoreFailure) -> Void = { _ in }
    ) throws(StoreFailure) {
        self.archive = archive
        self.whenUnreadable = whenUnreadable
        var gone = 0
        if let journalKeep { gone = try archive.lastSequence() - journalKeep }
        if let bytes { gone = max(gone, try archive.sequence(beforeNewest: bytes)) }
        if gone > 0 { try archive.forgetJournal(through: gone) }
        let limit = JournalLimit(entries: journalKeep, bytes: bytes)
        state = Mutex(Transaction(archive: archive, past: try JournalPast(of: archive), limit: limit))
    }

    /// In memory only.
    package init(keepingJournal journalKeep: Int? = nil, ofBytes bytes: Int? = nil) {
        archive = nil
        whenUnreadable = { _ in }
        state = Mutex(Transaction(archive: nil, limit: JournalLimit(entries: journalKeep, bytes: bytes)))
    }

    /// From now on the archive keeps this together with every change.
    package func escort(by escort: any Escort) { state.withLock { $0.escort = escort } }

    /// Keeps the escort, if it is due, though nothing else has changed.
    package func keepEscort(_ due: EscortDue) throws {
        try state.withLock { transaction in
            transaction.begin()
            do {
                try transaction.keepEscort(due)
            } catch {
                transaction.rollBack()
                throw error
            }
        }
    }

    /// Why the archive took no changes when it was last given some; nil where it took them.
    package var archiveFailure: StoreFailure? { state.withLock { $0.archiveFailure } }

    /// Runs `body` as one transaction. Do not call the store from inside it.
    package func write<Value: Sendable>(_ body: (inout Transaction) throws -> Value) throws -> Value {
        try state.withLock { transaction in
            transaction.begin()
            do {
                let value = try body(&transaction)
                try transaction.commit()
                transaction.forget()
                return value
            } catch {
                let unread = transaction.unread
                transaction.rollBack()
                guard let unread else { throw error }
                whenUnreadable(unread)
                throw unread
            }
        }
    }

    /// Whether there may be a record of this type; no transaction, for what is asked all the time and seldom there.
    package func mayHold<R: Record>(_ type: R.Type) -> Bool { state.withLock { $0.mayHold(type) } }

    /// Adds one entry outside any transaction: what the network saw stays on record even if a handler rolled back.
    /// Returns how many records that somebody may wait for have changed so far.
    @discardableResult
    package func append(_ event: JournalEntry.Event, at instant: @autoclosure () -> Instant) -> Int {
        state.withLock { transaction in
            if archive != nil { transaction.begin() }
            // Read here, so that no entry is older than the one before it.
            transaction.append(event, at: instant())
            transaction.flushJournal()
            transaction.forget()
            return transaction.awaitedChanges
        }
    }

    /// Changes of records that somebody may wait for.
    package var awaitedChanges: Int { state.withLock { $0.awaitedChanges } }

    /// Entries with a sequence number above `sequence`, oldest first.
    package func journal(after sequence: Int = 0) -> [JournalEntry] {
        let (past, recent) = state.withLock { ($0.past, $0.journal(after: sequence)) }
        guard let past, sequence < past.last else { return recent }
        // Outside the lock: a long past takes its time.
        do throws(StoreFailure) {
            return try past.entries(after: sequence) + recent
        } catch {
            state.withLock { $0.failed(error) }
            whenUnreadable(error)
            return recent
        }
    }

    /// Sequence number of the newest entry; 0 before the first.
    package var lastSequence: Int { state.withLock { $0.lastSequence } }

    /// The store as it is now, to come back to. An archive that cannot be read shows when somebody does.
    package func picture() -> StorePicture { picture(with: {}).store }

    /// The same, and what else belongs to that moment: `more` looks at it while nobody writes. It must not call the
    /// store.
    package func picture<More>(with more: () -> More) -> (store: StorePicture, more: More) {
        state.withLock { transaction in
            let picture = StorePicture(
                tables: transaction.tables.mapValues { $0.copy() }, unread: transaction.unreadRows(),
                past: transaction.past, journal: transaction.journal, forgotten: transaction.forgotten)
            return (picture, more())
        }
    }

    /// Back to an earlier picture, its journal included. Throws if an archive cannot be written; nothing has gone back
    /// then. `others` puts back what belongs to that moment besides, while nobody writes; it must not call the store.
    package func restore(_ picture: StorePicture, with others: () -> Void = {}) throws {
        try state.withLock { transaction in
            let tables = picture.tables.mapValues { $0.copy() }
            // First the file, all of it or nothing: if it cannot be written, nothing has gone back.
            if let archive {
                let changes = tables.sorted { $0.key < $1.key }.flatMap(\.value.changes)
                let keepsPast = picture.past === transaction.past
                // Some other picture may need what goes from the file now.
                if !keepsPast, let past = transaction.past { _ = try past.entries() }
                let entries = keepsPast ? [] : try picture.past?.entries() ?? []
                try archive.replaceAll(
                    by: changes, try picture.unread.get().rows, keepingJournal: keepsPast ? picture.past?.last ?? 0 : 0,
                    (entries + picture.journal)[...])
            }
            transaction.replaceAll(
                tables: tables, journal: picture.journal, past: picture.past, forgotten: picture.forgotten)
            others()
        }
    }

    /// Records of each collection that was ever asked for: what grows shows here.
    package var recordCounts: [String: Int] { state.withLock { $0.tables.mapValues(\.count) } }

    /// Transactions committed so far: a cost that does not depend on the machine.
    package var transactionCount: Int { state.withLock { $0.committed } }
}

/// What a store was at some moment.
package struct StorePicture: Sendable {
    let tables: [String: Table]
    let unread: Result<UnreadRows, StoreFailure>
    let past: JournalPast?
    let journal: [JournalEntry]
    let forgotten: Int

    /// Sequence number of its newest entry; 0 before the first.
    package var lastSequence: Int { journal.last?.sequence ?? max(past?.last ?? 0, forgotten) }
    /// nil where it holds none, or only what stands in an archive.
    package var lastEntry: JournalEntry? { journal.last }
}

/// Where a store keeps its changes beyond the life of the process. Behind it stands SQLite.
package protocol Archive: Sendable {
    /// Keeps all of it or nothing.
    func keep(_ changes: [Change], _ entries: ArraySlice<JournalEntry>) throws(StoreFailure)
    /// Records of one collection as they were last kept, in the order of their first save.
    func records<R: Record>(_ type: R.Type) throws(StoreFailure) -> [R]
    /// Sequence number of the last entry of the journal; 0 without any.
    func lastSequence() throws(StoreFailure) -> Int
    /// Entries of the journal with sequence numbers above `first` up to `last`, oldest first.
    func journal(after first: Int, through last: Int) throws(StoreFailure) -> [JournalEntry]
    /// Sequence number of the last entry that goes if only so many bytes of the newest are to stay; 0 if all may.
    func sequence(beforeNewest bytes: Int) throws(StoreFailure) -> Int
    /// Holds no entry of the journal up to this sequence number any more.
    func forgetJournal(through last: Int) throws(StoreFailure)
    /// Every row but those of the named collections, in the order of their first save.
    func rows(outside collections: Set<String>) throws(StoreFailure) -> [ArchivedRow]
    /// Holds these and nothing else from now on, or what it held if that fails. Of the journal it keeps what it has up
    /// to a sequence number.
    func replaceAll(
        by changes: [Change], _ rows: [ArchivedRow], keepingJournal last: Int, _ entries: ArraySlice<JournalEntry>
    ) throws(StoreFailure)
}

/// A record as an archive holds it, for one whose type nobody has named yet.
package struct ArchivedRow: Sendable, Hashable {
    package let collection: String
    package let id: String
    package let body: String
    package init(collection: String, id: String, body: String) {
        self.collection = collection
        self.id = id
        self.body = body
    }
}

/// One record written (or removed, with nil) by a transaction.
package struct Change: Sendable {
    package let collection: String
    package let id: String
    package let record: (any Record)?
}
