import Foundation
import Kernel
import SQLiteStore
import Testing

/// A record with JSON of somebody else's in it.
private struct DocumentRecord: Kernel.Record {
    static let collection = "document"
    let id: Identifier<NoteTag>
    let content: JSONObject
    let values: [JSONValue]
}

/// What was written in some order, and with some figures, is read so after a restart.
struct JSONInRecordsTests {
    private static let text =
        #"{"zeta":{"b":1.0,"a":[2.5,3,null]},"alpha":"x\u0001","$json":{"$json":"y"},"none":{},"list":[]}"#

    private func withFile(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder.appendingPathComponent("lab.sqlite").path)
    }

    private func records(in path: String) throws -> [DocumentRecord] {
        try Store(archive: SQLiteArchive(path: path)).write { $0.all(DocumentRecord.self) }
    }

    @Test func membersKeepTheirOrderAndNumbersTheirForm() throws {
        let content = try #require(try JSONValue(parsing: Self.text).object)
        let values: [JSONValue] = [3.0, 3, "x", .null, true, ["b": 1, "a": 2]]
        try withFile { path in
            try Store(archive: SQLiteArchive(path: path)).write { transaction in
                transaction.save(DocumentRecord(id: Identifier("one"), content: content, values: values))
            }
            let found = try #require(try records(in: path).first)
            #expect(JSONValue.object(found.content).text == JSONValue.object(content).text)
            #expect(JSONValue.array(found.values).text == JSONValue.array(values).text)
        }
    }

    /// As versions before wrote it.
    @Test func objectsAsSuchAreReadToo() throws {
        try withFile { path in
            let body = #"{"content":{"a":1,"b":{"c":[true]}},"id":"one","values":["x",{"d":2}]}"#
            let row = ArchivedRow(collection: "document", id: "one", body: body)
            try SQLiteArchive(path: path).replaceAll(by: [], [row], keepingJournal: 0, [])
            let found = try #require(try records(in: path).first)
            #expect(JSONValue.object(found.content).text == #"{"a":1,"b":{"c":[true]}}"#)
            #expect(JSONValue.array(found.values).text == #"["x",{"d":2}]"#)
        }
    }
}
