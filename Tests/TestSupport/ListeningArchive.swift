package import Kernel
import Synchronization

/// An archive that keeps nothing, and tells what it is given while the transaction still goes on.
package final class ListeningArchive: Archive {
    private let listener = Mutex<(@Sendable (Set<String>) -> Void)?>(nil)

    package init() {}

    /// - Parameter listener: hears of the collections that a transaction changed. It must not call the store.
    package func listen(_ listener: @escaping @Sendable (Set<String>) -> Void) {
        self.listener.withLock { $0 = listener }
    }

    package func keep(_ changes: [Change], _ entries: ArraySlice<JournalEntry>) throws(StoreFailure) {
        let told = listener.withLock { $0 }
        told?(Set(changes.map(\.collection)))
    }

    package func records<R: Record>(_ type: R.Type) throws(StoreFailure) -> [R] { [] }
    package func lastSequence() throws(StoreFailure) -> Int { 0 }
    package func journal(after first: Int, through last: Int) throws(StoreFailure) -> [JournalEntry] { [] }
    package func sequence(beforeNewest bytes: Int) throws(StoreFailure) -> Int { 0 }
    package func forgetJournal(through last: Int) throws(StoreFailure) {}
    package func rows(outside collections: Set<String>) throws(StoreFailure) -> [ArchivedRow] { [] }
    package func replaceAll(
        by changes: [Change], _ rows: [ArchivedRow], keepingJournal last: Int, _ entries: ArraySlice<JournalEntry>
    ) throws(StoreFailure) {}
}
