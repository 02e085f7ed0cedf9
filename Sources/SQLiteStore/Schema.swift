import GRDB

/// Layout of a data file. A new layout is a new migration; an old one is never edited.
enum Schema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("records and journal") { database in
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
        return migrator
    }
}
