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

    @Test func missingValueIsRefused() throws {
        let database = try Self.filled()
        #expect(throws: StoreFailure.self) { _ = try database.query("SELECT :a", ["b": 1]) }
    }
}
