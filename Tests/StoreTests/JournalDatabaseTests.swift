import Foundation
import Kernel
import SQLiteStore
import Testing

struct JournalDatabaseTests {
    static func filled() throws -> JournalDatabase {
        let database = try JournalDatabase()
        try database.add(
            [
                TableRow("exchange", [("seq", 1), ("receiver", "github"), ("status", 200)]),
                TableRow("exchange", [("seq", 2), ("receiver", "aws"), ("status", .null)]),
            ], scenario: 1)
        return database
    }

    @Test func questionIsAnsweredInOrder() throws {
        let found = try Self.filled().query(
            "SELECT seq, status FROM exchange WHERE receiver = :who OR status IS NULL ORDER BY seq DESC",
            ["who": "github"])
        #expect(found.columns == ["seq", "status"])
        #expect(found.rows == [["seq": 2, "status": .null], ["seq": 1, "status": 200]])
    }

    @Test(arguments: ["DELETE FROM exchange", "SELECT nothing FROM exchange", "SELEC 1", "SELECT 1; SELECT 2", ""])
    func whatIsNoQuestionIsRefused(_ sql: String) throws {
        #expect(throws: StoreFailure.self) { try JournalDatabase.check(sql) }
        let database = try Self.filled()
        #expect(throws: StoreFailure.self) { _ = try database.query(sql) }
        #expect(try database.query("SELECT count(*) AS n FROM exchange").rows == [["n": 2]])
    }

    /// A scenario of a stranger may ask; what SQLite calls read-only reaches files and settings of the process too.
    @Test(arguments: [
        "ATTACH '%' AS x", "  -- a remark\n/* and one */ attach database '%' as x", "\u{FEFF}ATTACH '%' AS x",
        "VACUUM INTO '%'", "DETACH main", "PRAGMA temp_store_directory = '/'", "PRAGMA query_only = 0",
        "SELECT load_extension('%')", "BEGIN", "EXPLAIN ATTACH '%' AS x; ATTACH '%' AS x",
    ])
    func noStatementReachesAFile(_ statement: String) throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).sqlite").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let sql = statement.replacing("%", with: path)
        if !statement.hasPrefix("SELECT") {
            #expect(throws: StoreFailure.self) { try JournalDatabase.check(sql) }
        }
        #expect(throws: StoreFailure.self) { _ = try Self.filled().query(sql) }
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test(arguments: [
        "/* why */ -- so\nWITH n AS (SELECT 1 AS one) SELECT one FROM n", "values (1)", "EXPLAIN SELECT 1",
    ])
    func whatAsksMayBeginWithARemark(_ sql: String) throws {
        try JournalDatabase.check(sql)
        #expect(try !Self.filled().query(sql).rows.isEmpty)
    }

    @Test func missingValueIsRefused() throws {
        let database = try Self.filled()
        #expect(throws: StoreFailure.self) { _ = try database.query("SELECT :a", ["b": 1]) }
    }

    private static let endless = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c)"

    /// No question goes on for ever or fills the memory, and each says by which bound it ended.
    @Test(arguments: [
        ("\(endless) SELECT count(*) FROM c", "1000000 steps of SQLite's virtual machine"),
        ("\(endless) SELECT x FROM c", "10000 rows"),
        ("\(endless) SELECT hex(zeroblob(1000000)) AS x FROM c", "16777216 bytes"),
        ("SELECT length(zeroblob(100000000))", "67108864 bytes in one value"),
    ])
    func answerBeyondABoundIsRefusedByItsName(_ sql: String, _ bound: String) throws {
        let database = try Self.filled()
        let failure = #expect(throws: StoreFailure.self) { _ = try database.query(sql, steps: 1_000_000) }
        #expect(failure?.description.contains("takes more than \(bound)") == true, "\(failure?.description ?? "")")
        #expect(try database.query("SELECT count(*) AS n FROM exchange").rows == [["n": 2]])
    }

    @Test func boundIsNoSmallerThanItSays() throws {
        let limited = "SELECT x FROM c LIMIT 10000"
        #expect(try Self.filled().query("\(Self.endless) \(limited)").rows.count == 10_000)
    }
}
