import Synchronization

/// What an archive held of the journal when it was opened: a gigabyte, perhaps. It stays where it is until somebody
/// asks for it, so that a lab is there at once.
final class JournalPast: Sendable {
    /// Sequence number of its last entry.
    let last: Int
    private let archive: any Archive
    private let entries = Mutex<[JournalEntry]?>(nil)
    /// Entries that are read at once: between them the archive serves others.
    private static let most = 1_000

    /// nil for an archive without any.
    init?(of archive: any Archive) throws(StoreFailure) {
        last = try archive.lastSequence()
        self.archive = archive
        if last == 0 { return nil }
    }

    /// Those above a sequence number, oldest first.
    func entries(after sequence: Int = 0) throws(StoreFailure) -> [JournalEntry] {
        try entries.withLock { entries throws(StoreFailure) in
            if let entries { return Array(entries.drop { $0.sequence <= sequence }) }
            var found: [JournalEntry] = []
            var done = max(0, sequence)
            while done < last {
                let part = try archive.journal(after: done, through: min(last, done + Self.most))
                found += part
                done += Self.most
            }
            // Whoever asks for all of it asks again.
            if sequence <= 0 { entries = found }
            return found
        }
    }
}
