import Foundation
import HTTPTypes
import Kernel
import SQLiteStore
import Testing

/// The journal of earlier processes stays in its file until somebody asks, and goes wherever pictures go.
struct JournalPastTests {
    private func withFile(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder.appendingPathComponent("lab.sqlite").path)
    }

    private func note(_ text: String, _ store: Store) {
        store.append(.note(Note(party: .aws, text)), at: Instant(milliseconds: 0))
    }

    private func texts(_ entries: [JournalEntry]) -> [String] {
        entries.compactMap { if case .note(let note) = $0.event { note.text } else { nil } }
    }

    private func fill(_ path: String, _ count: Int) throws {
        let store = try Store(archive: SQLiteArchive(path: path))
        try store.write { transaction in
            for number in 1...count {
                transaction.append(.note(Note(party: .aws, "old \(number)")), at: Instant(milliseconds: 0))
            }
        }
    }

    @Test func numbersGoOnAndPartsAreRead() throws {
        try withFile { path in
            try fill(path, 2_500)
            let store = try Store(archive: SQLiteArchive(path: path))
            #expect(store.lastSequence == 2_500)
            note("new", store)
            #expect(store.lastSequence == 2_501)
            #expect(texts(store.journal(after: 2_498)) == ["old 2499", "old 2500", "new"])
            #expect(texts(store.journal(after: 2_500)) == ["new"])
            #expect(store.journal().map(\.sequence) == Array(1...2_501))
        }
    }

    @Test func aPictureKeepsThePastThoughTheFileWasEmptied() throws {
        try withFile { path in
            try fill(path, 3)
            do {
                let store = try Store(archive: SQLiteArchive(path: path))
                note("before the picture", store)
                let picture = store.picture()
                note("undone", store)
                try store.restore(Store().picture())
                #expect(store.journal().isEmpty)
                note("undone too", store)
                try store.restore(picture)
                #expect(texts(store.journal()) == ["old 1", "old 2", "old 3", "before the picture"])
                note("undone at last", store)
                try store.restore(picture)
                note("after", store)
            }
            let store = try Store(archive: SQLiteArchive(path: path))
            #expect(texts(store.journal()) == ["old 1", "old 2", "old 3", "before the picture", "after"])
        }
    }

    /// What the archive lets go of is the picture's still.
    @Test func aPictureKeepsThePastThoughTheJournalWasTrimmed() throws {
        try withFile { path in
            try fill(path, 3)
            do {
                let store = try Store(archive: SQLiteArchive(path: path), keepingJournal: 4)
                let picture = store.picture()
                for number in 1...40 { note("new \(number)", store) }
                #expect(!texts(store.journal()).contains("old 3"))
                try store.restore(picture)
                #expect(texts(store.journal()) == ["old 1", "old 2", "old 3"])
            }
            let store = try Store(archive: SQLiteArchive(path: path))
            #expect(texts(store.journal()) == ["old 1", "old 2", "old 3"])
        }
    }

    /// A file that was opened, and emptied by somebody else, is told at the next write.
    @Test func aPastThatCannotBeReadIsTold() throws {
        try withFile { path in
            try fill(path, 3)
            let store = try Store(archive: Unreadable())
            #expect(store.lastSequence == 3)
            #expect(store.journal().isEmpty)
            #expect(throws: StoreFailure("no more")) {
                try store.write { $0.append(.note(Note(party: .aws, "x")), at: Instant(milliseconds: 0)) }
            }
        }
    }

    @Test func whatAnArchiveRefusesIsNotCountedAsCommitted() throws {
        let store = try Store(archive: Unreadable(isFull: true))
        try store.write { _ in }
        #expect(throws: StoreFailure("full")) {
            try store.write { $0.append(.note(Note(party: .aws, "x")), at: Instant(milliseconds: 0)) }
        }
        #expect(store.transactionCount == 1)
    }

    private struct Unreadable: Archive {
        var isFull = false
        func keep(_ changes: [Change], _ entries: ArraySlice<JournalEntry>) throws(StoreFailure) {
            if isFull { throw StoreFailure("full") }
        }
        func records<R: Kernel.Record>(_ type: R.Type) throws(StoreFailure) -> [R] { [] }
        func lastSequence() throws(StoreFailure) -> Int { 3 }
        func journal(after first: Int, through last: Int) throws(StoreFailure) -> [JournalEntry] {
            throw StoreFailure("no more")
        }
        func sequence(beforeNewest bytes: Int) throws(StoreFailure) -> Int { 0 }
        func forgetJournal(through last: Int) throws(StoreFailure) {}
        func rows(outside collections: Set<String>) throws(StoreFailure) -> [ArchivedRow] { [] }
        func replaceAll(
            by changes: [Change], _ rows: [ArchivedRow], keepingJournal last: Int, _ entries: ArraySlice<JournalEntry>
        ) throws(StoreFailure) {}
    }

    @Test(arguments: [Array("é{\"a\":1}\u{0}\n".utf8), [], [0xFF, 0, 0xC0], [0xED, 0xA0, 0x80]])
    func bodiesAreKeptAsTextOrInBase64(_ body: [UInt8]) throws {
        let request = Request(.post, "https://a.test/x", headers: [.accept: "é"], body: body)
        var response = Response(299, headers: [.contentType: "text/plain"], body: body)
        (response.head.status, response.head.reason) = (299, "Odd")
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        #expect(try JSONDecoder().decode(Request.self, from: encoder.encode(request)) == request)
        let again = try JSONDecoder().decode(Response.self, from: encoder.encode(response))
        #expect(again == response && again.head.reason == "Odd")
    }

    @Test func bodiesOfOlderVersionsAreRead() throws {
        let text =
            #"{"body":[104,105],"head":{"headerFields":[],"pseudoHeaderFields":[{"name":":method","value":"GET"}]}}"#
        #expect(try JSONDecoder().decode(Request.self, from: Data(text.utf8)).body == Array("hi".utf8))
    }

    @Test func aDatabaseOfAnotherProgramIsRefusedAndAnEmptyFileIsNot() throws {
        try withFile { path in
            do { _ = try JournalDatabase(path: path) }
            let before = try Data(contentsOf: URL(filePath: path))
            let failure = #expect(throws: StoreFailure.self) { try SQLiteArchive(path: path) }
            #expect(failure?.reason.contains("not a data file") == true)
            #expect(try Data(contentsOf: URL(filePath: path)) == before)
            try Data().write(to: URL(filePath: path))
            try fill(path, 1)
            #expect(try Store(archive: SQLiteArchive(path: path)).lastSequence == 1)
        }
    }
}
