import GRDB

/// Layout of a data file. A new layout is a new migration; an old one is never edited.
enum Schema {
    /// Of the migration that makes the tables.
    private static let first = "records and journal"
    /// SQLite keeps it for the program that a file belongs to ("aclo" in ASCII). Older files have none.
    private static let applicationID = 0x6163_6C6F

    /// Whether a file was made by this program, or is empty: a process that was killed before its first layout leaves
    /// one like that. The table of migrations alone says little, as others make one too.
    static func isOurs(_ database: Database) throws -> Bool {
        let owner = try Int.fetchOne(database, sql: "PRAGMA application_id") ?? 0
        guard owner == 0 else { return owner == applicationID }
        return try isEmpty(database) || isLaidOut(database)
    }

    /// Makes an empty file ours.
    static func sign(_ database: Database) throws {
        guard try isEmpty(database) else { return }
        try database.execute(sql: "PRAGMA application_id = \(applicationID)")
    }

    private static func isEmpty(_ database: Database) throws -> Bool {
        try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_schema") == 0
    }

    /// Whether the tables were made.
    static func isLaidOut(_ database: Database) throws -> Bool {
        guard try has("grdb_migrations", ["identifier"], database) else { return false }
        let sql = "SELECT count(*) FROM grdb_migrations WHERE identifier = ?"
        return try Int.fetchOne(database, sql: sql, arguments: [first]) == 1
    }

    /// Whether they are there.
    static func isWhole(_ database: Database) throws -> Bool {
        try has("record", ["position", "collection", "id", "body"], database)
            && has("journal", ["sequence", "at", "event"], database)
    }

    private static func has(_ table: String, _ columns: Set<String>, _ database: Database) throws -> Bool {
        guard try database.tableExists(table) else { return false }
        return try columns.isSubset(of: database.columns(in: table).map(\.name))
    }

    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration(first) { database in
            try database.execute(
                sql: """
                    CREATE TABLE record (
                        position INTEGER PRIMARY KEY,
                        collection TEXT NOT NULL,
                        id TEXT NOT NULL,
                        body TEXT NOT NULL CHECK (json_valid(body)),
                        UNIQUE (collection, id)
                    ) STRICT;
                    CREATE TABLE journal (
                        sequence INTEGER PRIMARY KEY,
                        at INTEGER NOT NULL,
                        event TEXT NOT NULL CHECK (json_valid(event))
                    ) STRICT;
                    """)
        }
        // Nothing to change: rows written from here on have bodies that older versions do not read.
        migrator.registerMigration("bodies as text") { _ in }
        // The same for JSON within a record, whose members keep their order as text.
        migrator.registerMigration("JSON as text") { _ in }
        // Here too: what older versions look for in one row stands in several.
        migrator.registerMigration("a row for each alarm") { _ in }
        return migrator
    }
}
