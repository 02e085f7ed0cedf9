import GRDB
import GRDBSQLite
package import Kernel

/// A row of one of the tables of a record.
package struct TableRow: Sendable {
    package let table: String
    package let columns: [(name: String, value: JSONValue)]
    package init(_ table: String, _ columns: [(String, JSONValue)]) {
        self.table = table
        self.columns = columns.map { ($0.0, $0.1) }
    }
}

/// What happened in runs, as tables for SQL: in memory for a step, or a file that `run --record` leaves behind.
package struct JournalDatabase: Sendable {
    private let queue: DatabaseQueue
    /// Rows that an answer may have, and bytes in them.
    private static let mostRows = 10_000
    private static let mostBytes = 16 << 20
    /// Bytes that one value may have while a question is answered.
    private static let longestValue: Int32 = 64 << 20
    /// Instructions of SQLite's virtual machine that an answer may take: some seconds' work, and the same number on
    /// every machine, which time would not be.
    package static let mostSteps = 100_000_000

    /// The tables, each a statement of its own.
    package static let tables = """
        CREATE TABLE scenario (id INTEGER PRIMARY KEY, path TEXT, title TEXT, cell TEXT, tags TEXT, spec TEXT,
          seed TEXT, verdict TEXT, skip TEXT, expected TEXT, command TEXT, trace TEXT);
        CREATE TABLE failure (scenario INTEGER, place TEXT, step TEXT, what TEXT, expected TEXT, actual TEXT,
          hint TEXT, exchange TEXT);
        CREATE TABLE step (scenario INTEGER, number INTEGER, depth INTEGER, title TEXT, place TEXT, at TEXT,
          first_seq INTEGER, last_seq INTEGER, held INTEGER);
        CREATE TABLE exchange (scenario INTEGER, seq INTEGER, at TEXT, sender TEXT, receiver TEXT, method TEXT,
          path TEXT, query TEXT, status INTEGER, failure TEXT, request TEXT, response TEXT);
        CREATE TABLE streamed (scenario INTEGER, seq INTEGER, at TEXT, sender TEXT, receiver TEXT, data TEXT);
        CREATE TABLE transition (scenario INTEGER, seq INTEGER, at TEXT, subject TEXT, kind TEXT, from_state TEXT,
          to_state TEXT, cause TEXT);
        CREATE TABLE token (scenario INTEGER, id TEXT, kind TEXT, issuer TEXT, user TEXT, scopes TEXT, audience TEXT,
          parent TEXT, held_by TEXT, seen_by TEXT, expires TEXT, revoked INTEGER);
        CREATE TABLE note (scenario INTEGER, seq INTEGER, at TEXT, party TEXT, rule TEXT, text TEXT);
        CREATE TABLE alarm (scenario INTEGER, seq INTEGER, at TEXT, party TEXT, label TEXT);
        CREATE TABLE fault (scenario INTEGER, seq INTEGER, at TEXT, name TEXT, party TEXT);
        """

    /// Each table with its columns.
    package static let columns: [(table: String, names: [String])] = tables.split(separator: ";").compactMap { text in
        let parts = text.split(separator: "(")
        guard parts.count == 2, let table = parts[0].split(whereSeparator: \.isWhitespace).last else { return nil }
        let names = parts[1].split(separator: ",").compactMap { column in
            column.split { $0.isWhitespace || $0 == ")" }.first.map(String.init)
        }
        return (String(table), names)
    }

    /// Reaches no file but its own: with no room for a second database, ATTACH and VACUUM INTO open and make none
    /// (https://www.sqlite.org/limits.html, "Maximum Number Of Attached Databases").
    private static var closed: Configuration {
        var configuration = Configuration()
        configuration.prepareDatabase { database in
            _ = sqlite3_limit(database.sqliteConnection, SQLITE_LIMIT_ATTACHED, 0)
        }
        return configuration
    }

    /// In memory.
    package init() throws(StoreFailure) {
        queue = try Self.attempt { try DatabaseQueue(configuration: Self.closed) }
        try create()
    }

    /// A new file, in the place of an older one.
    package init(path: String) throws(StoreFailure) {
        queue = try Self.attempt { try DatabaseQueue(path: path, configuration: Self.closed) }
        try create()
    }

    private func create() throws(StoreFailure) {
        try Self.attempt { try queue.write { try $0.execute(sql: Self.tables) } }
    }

    /// Adds the rows of one scenario.
    package func add(_ rows: [TableRow], scenario: Int) throws(StoreFailure) {
        try Self.attempt {
            try queue.write { database in
                for row in rows { try Self.insert(row, scenario, database) }
            }
        }
    }

    private static func insert(_ row: TableRow, _ scenario: Int, _ database: Database) throws {
        var columns = row.columns
        columns.append((row.table == "scenario" ? "id" : "scenario", .int(Int64(scenario))))
        let names = columns.map(\.name).joined(separator: ", ")
        let marks = Array(repeating: "?", count: columns.count).joined(separator: ", ")
        let statement = try database.cachedStatement(sql: "INSERT INTO \(row.table) (\(names)) VALUES (\(marks))")
        try statement.execute(arguments: StatementArguments(columns.map { databaseValue($0.value) }))
    }

    /// Answers a question; nothing can be changed by it, neither here nor in any file.
    ///
    /// - Throws: `StoreFailure` for what SQLite does not understand, and for an answer beyond a bound, by its name.
    package func query(
        _ sql: String, _ arguments: JSONObject = [:], steps: Int = JournalDatabase.mostSteps
    ) throws(StoreFailure) -> (columns: [String], rows: [JSONObject]) {
        try Self.attempt {
            try queue.read { database in
                let bound = StepBound(database, steps: steps, longestValue: Self.longestValue)
                defer { bound.end() }
                let statement = try Self.question(sql, database)
                let pairs = arguments.members.map { ($0.name, Self.databaseValue($0.value)) }
                if !pairs.isEmpty {
                    try statement.setArguments(
                        StatementArguments(Dictionary(pairs) { first, _ in first }.mapValues { $0 }))
                }
                var rows: [JSONObject] = []
                var bytes = 0
                do {
                    let cursor = try Row.fetchCursor(statement)
                    while let row = try cursor.next() {
                        guard rows.count < Self.mostRows else { throw Self.beyond("\(Self.mostRows) rows") }
                        let object = Self.object(row)
                        bytes += object.members.reduce(0) { $0 + ($1.value.string?.utf8.count ?? 8) }
                        guard bytes <= Self.mostBytes else { throw Self.beyond("\(Self.mostBytes) bytes") }
                        rows.append(object)
                    }
                } catch DatabaseError.SQLITE_INTERRUPT {
                    throw Self.beyond("\(steps) steps of SQLite's virtual machine")
                } catch DatabaseError.SQLITE_TOOBIG {
                    throw Self.beyond("\(Self.longestValue) bytes in one value")
                }
                return (Array(statement.columnNames), rows)
            }
        }
    }

    private static func beyond(_ bound: String) -> StoreFailure {
        StoreFailure("the answer takes more than \(bound), the most there may be")
    }

    /// Whether a statement is one that these tables can answer.
    package static func check(_ sql: String) throws(StoreFailure) {
        let database = try JournalDatabase()
        try attempt {
            try database.queue.read { _ = try question(sql, $0) }
        }
    }

    /// - Throws: `StoreFailure` for a statement that does not ask. SQLite calls some others read-only too, such as
    ///   ATTACH and PRAGMA (https://www.sqlite.org/c3ref/stmt_readonly.html).
    private static func question(_ sql: String, _ database: Database) throws -> Statement {
        let statement = try database.makeStatement(sql: sql)
        guard statement.isReadonly, questions.contains(firstWord(of: sql)) else {
            throw StoreFailure("only questions may be asked, such as SELECT")
        }
        return statement
    }

    private static let questions: Set<String> = ["select", "with", "values", "explain"]

    /// In lower case, behind blanks and remarks; empty where something else comes first.
    private static func firstWord(of sql: String) -> String {
        var rest = Array(sql.utf8)[...]
        while true {
            rest = rest.drop { " \t\n\r\u{C}".utf8.contains($0) }
            if rest.starts(with: "--".utf8) {
                rest = rest.drop { $0 != UInt8(ascii: "\n") }
            } else if rest.starts(with: "/*".utf8) {
                rest = rest.dropFirst(2)
                while !rest.isEmpty, !rest.starts(with: "*/".utf8) { rest = rest.dropFirst() }
                rest = rest.dropFirst(2)
            } else {
                let word = rest.prefix { (65...90).contains($0) || (97...122).contains($0) }
                return String(decoding: word, as: UTF8.self).lowercased()
            }
        }
    }

    private static func object(_ row: Row) -> JSONObject {
        JSONObject(
            row.map { name, value in
                let json: JSONValue =
                    switch value.storage {
                    case .null: .null
                    case .int64(let number): .int(number)
                    case .double(let number): .double(number)
                    case .string(let text): .string(text)
                    case .blob(let data): .string(String(decoding: data, as: UTF8.self))
                    }
                return .init(name, json)
            })
    }

    private static func databaseValue(_ value: JSONValue) -> DatabaseValue {
        switch value {
        case .null: .null
        case .bool(let flag): (flag ? 1 : 0).databaseValue
        case .int(let number): number.databaseValue
        case .double(let number): number.databaseValue
        case .string(let text): text.databaseValue
        default: value.text.databaseValue
        }
    }

    private static func attempt<Value>(_ body: () throws -> Value) throws(StoreFailure) -> Value {
        do {
            return try body()
        } catch let failure as StoreFailure {
            throw failure
        } catch let error as DatabaseError {
            throw StoreFailure("SQL: \(error.message ?? "\(error.resultCode)")")
        } catch {
            throw StoreFailure("SQL: \(error)")
        }
    }
}
