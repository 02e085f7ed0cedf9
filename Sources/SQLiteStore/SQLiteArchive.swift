import Foundation
import GRDB
package import Kernel

// Keeps a store's changes in one SQLite file, so that a served lab outlives its process. Knows records only as JSON;
// it must not know what any of them means.

/// The file behind `--data`: records, journal, and nothing that a store does not give it.
///
/// WAL with `synchronous=NORMAL`: an answered write survives the process being killed, not the machine losing power.
package final class SQLiteArchive: Archive {
    private let queue: DatabaseQueue

    /// Opens or makes the file, readable by its owner alone, and holds it until the process ends.
    ///
    /// - Throws: `StoreFailure` when the file is no database, was written by a newer version, is damaged, read-only, or
    ///   held by another process. The file is then untouched.
    package init(path: String) throws(StoreFailure) {
        do {
            let isNew = try Self.makeFile(at: path)
            var configuration = Configuration()
            configuration.prepareDatabase { database in
                try database.execute(sql: "PRAGMA locking_mode = EXCLUSIVE")
                try database.execute(sql: "PRAGMA journal_mode = WAL")
                try database.execute(sql: "PRAGMA synchronous = NORMAL")
            }
            if !isNew {
                // SQLite would open it for reading and then tell of a disk that fails.
                guard FileManager.default.isWritableFile(atPath: path) else {
                    throw StoreFailure("\(path): cannot be written")
                }
                try Self.check(path)
            }
            queue = try DatabaseQueue(path: path, configuration: configuration)
            try queue.write { try Schema.sign($0) }
            try Schema.migrator.migrate(queue)
        } catch let failure as StoreFailure {
            throw failure
        } catch {
            throw Self.failure(error, path)
        }
    }

    /// Makes an empty file for its owner alone; false where there is one.
    private static func makeFile(at path: String) throws -> Bool {
        guard !FileManager.default.fileExists(atPath: path) else { return false }
        guard (try? FileManager.default.destinationOfSymbolicLink(atPath: path)) == nil else {
            throw StoreFailure("\(path): a link that leads nowhere")
        }
        // Never in the place of one that another process makes at this moment: who locks it first has it.
        let descriptor = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
        if descriptor < 0, errno == EEXIST { return false }
        guard descriptor >= 0 else { throw StoreFailure("\(path): cannot be created") }
        close(descriptor)
        return true
    }

    /// Reads only: a file that is refused stays as it is, to the byte.
    private static func check(_ path: String) throws {
        var configuration = Configuration()
        configuration.readonly = true
        try DatabaseQueue(path: path, configuration: configuration).read { database in
            guard try Schema.isOurs(database) else { throw StoreFailure("\(path): not a data file of agentcore-local") }
            guard try !Schema.migrator.hasBeenSuperseded(database) else {
                throw StoreFailure(
                    "\(path): written by a newer version of agentcore-local; use that one or another file")
            }
            // Every page is walked, a gigabyte in half a second; of the rows, only records are looked into.
            try database.execute(sql: "PRAGMA mmap_size = \(Int64(1) << 40); PRAGMA ignore_check_constraints = ON")
            try expectSound("PRAGMA quick_check(1)", database, path)
            try database.execute(sql: "PRAGMA ignore_check_constraints = OFF")
            guard try Schema.isLaidOut(database) else { return }
            guard try Schema.isWhole(database) else { throw StoreFailure("\(path): damaged (a table is missing)") }
            try expectSound("PRAGMA quick_check(record)", database, path)
        }
    }

    private static func expectSound(_ question: String, _ database: Database, _ path: String) throws {
        let verdict = try String.fetchOne(database, sql: question) ?? "no answer"
        guard verdict == "ok" else { throw StoreFailure("\(path): damaged (\(verdict))") }
    }

    private static func failure(_ error: any Error, _ path: String) -> StoreFailure {
        if let failure = error as? StoreFailure { return StoreFailure("\(path): damaged (\(failure.reason))") }
        // The error itself may show what stands in the row.
        if error is DecodingError { return StoreFailure("\(path): damaged (a row cannot be read)") }
        guard let error = error as? DatabaseError else { return StoreFailure("\(path): \(error.localizedDescription)") }
        switch error.resultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED: return StoreFailure("\(path): in use by another process")
        case .SQLITE_NOTADB: return StoreFailure("\(path): not a data file of agentcore-local")
        case .SQLITE_FULL: return StoreFailure("\(path): the disk is full")
        case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM: return StoreFailure("\(path): cannot be written")
        case .SQLITE_CORRUPT: return StoreFailure("\(path): damaged")
        default: return StoreFailure("\(path): \(error.message ?? error.description)")
        }
    }

    package func keep(_ changes: [Change], _ entries: ArraySlice<JournalEntry>) throws(StoreFailure) {
        try attempt {
            try queue.write { database in
                for change in changes { try Self.keep(change, in: database) }
                for entry in entries { try Self.keep(entry, in: database) }
            }
        }
    }

    private func attempt<Value>(_ body: () throws -> Value) throws(StoreFailure) -> Value {
        do {
            return try body()
        } catch {
            throw Self.failure(error, queue.path)
        }
    }

    private static func keep(_ change: Change, in database: Database) throws {
        guard let record = change.record else {
            let delete = try database.cachedStatement(sql: "DELETE FROM record WHERE collection = ? AND id = ?")
            return try delete.execute(arguments: [change.collection, change.id])
        }
        let upsert = try database.cachedStatement(
            sql: """
                INSERT INTO record (collection, id, body) VALUES (?, ?, ?)
                ON CONFLICT (collection, id) DO UPDATE SET body = excluded.body
                """)
        try upsert.execute(arguments: [change.collection, change.id, try JSON.text(record)])
    }

    private static func keep(_ entry: JournalEntry, in database: Database) throws {
        let insert = try database.cachedStatement(sql: "INSERT INTO journal (sequence, at, event) VALUES (?, ?, ?)")
        try insert.execute(arguments: [entry.sequence, entry.at.milliseconds, try JSON.text(entry.event)])
    }

    package func records<R: Kernel.Record>(_ type: R.Type) throws(StoreFailure) -> [R] {
        try attempt {
            try queue.read { database in
                let rows = try Row.fetchAll(
                    database, sql: "SELECT id, body FROM record WHERE collection = ? ORDER BY position",
                    arguments: [R.collection])
                return try rows.map { row in
                    let record = try JSON.value(R.self, row["body"])
                    // Saved again it would be there twice.
                    guard record.id.rawValue == row["id"] else { throw StoreFailure("a row is not that of its id") }
                    return record
                }
            }
        }
    }

    package func lastSequence() throws(StoreFailure) -> Int {
        try attempt { try queue.read { try Int.fetchOne($0, sql: "SELECT max(sequence) FROM journal") } ?? 0 }
    }

    package func journal(after first: Int, through last: Int) throws(StoreFailure) -> [JournalEntry] {
        try attempt {
            let sql = "SELECT sequence, at, event FROM journal WHERE sequence > ? AND sequence <= ? ORDER BY sequence"
            let rows = try queue.read { database in
                try Row.fetchAll(database.cachedStatement(sql: sql), arguments: [first, last])
            }
            return try rows.map { row in
                JournalEntry(
                    sequence: row["sequence"], at: Instant(milliseconds: row["at"]),
                    event: try JSON.value(JournalEntry.Event.self, row["event"]))
            }
        }
    }

    package func sequence(beforeNewest bytes: Int) throws(StoreFailure) -> Int {
        try attempt {
            try queue.read { database in
                let pages = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
                let size = try Int.fetchOne(database, sql: "PRAGMA page_size") ?? 0
                guard pages * size > bytes else { return 0 }
                let sql = "SELECT sequence, length(event) FROM journal ORDER BY sequence DESC"
                let rows = try Row.fetchCursor(database, sql: sql)
                var length = 0
                // The newest stays in any case, and of a long journal only that much is read.
                guard let newest = try rows.next() else { return 0 }
                length += newest[1]
                while let row = try rows.next() {
                    length += row[1]
                    if length > bytes { return row[0] }
                }
                return 0
            }
        }
    }

    package func forgetJournal(through last: Int) throws(StoreFailure) {
        try attempt {
            try queue.write { database in
                try database.execute(sql: "DELETE FROM journal WHERE sequence <= ?", arguments: [last])
            }
        }
    }

    package func rows(outside collections: Set<String>) throws(StoreFailure) -> [ArchivedRow] {
        try attempt {
            try queue.read { database in
                // By the index: whatever has been read is not looked at again, however long it is.
                let others = try Self.collections(database).filter { !collections.contains($0) }
                guard !others.isEmpty else { return [] }
                let marks = databaseQuestionMarks(count: others.count)
                let sql = "SELECT collection, id, body FROM record WHERE collection IN (\(marks)) ORDER BY position"
                return try Row.fetchAll(database, sql: sql, arguments: StatementArguments(others)).map { row in
                    ArchivedRow(collection: row["collection"], id: row["id"], body: row["body"])
                }
            }
        }
    }

    /// From one name to the next.
    private static func collections(_ database: Database) throws -> [String] {
        let next = try database.cachedStatement(sql: "SELECT min(collection) FROM record WHERE collection > ?")
        var names: [String] = []
        while let name = try String.fetchOne(next, arguments: [names.last ?? ""]) { names.append(name) }
        return names
    }

    package func replaceAll(
        by changes: [Change], _ rows: [ArchivedRow], keepingJournal last: Int, _ entries: ArraySlice<JournalEntry>
    ) throws(StoreFailure) {
        try attempt {
            try queue.write { database in
                try database.execute(sql: "DELETE FROM record")
                // Without a condition SQLite drops whole pages.
                if last == 0 { try database.execute(sql: "DELETE FROM journal") }
                try database.execute(sql: "DELETE FROM journal WHERE sequence > ?", arguments: [last])
                let insert = try database.cachedStatement(
                    sql: "INSERT INTO record (collection, id, body) VALUES (?, ?, ?)")
                for row in rows { try insert.execute(arguments: [row.collection, row.id, row.body]) }
                for change in changes { try Self.keep(change, in: database) }
                for entry in entries { try Self.keep(entry, in: database) }
            }
        }
    }
}

/// Keys sorted: Foundation's order changes from process to process.
private enum JSON {
    static func text(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    static func value<Value: Decodable>(_ type: Value.Type, _ text: String) throws -> Value {
        try JSONDecoder().decode(type, from: Data(text.utf8))
    }
}
