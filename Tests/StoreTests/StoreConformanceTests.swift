import Foundation
import Kernel
import SQLiteStore
import Testing

enum NoteTag {}

struct NoteRecord: Kernel.Record {
    static let collection = "note"
    let id: Identifier<NoteTag>
    var owner: String
    var keys: [RecordKey] { [RecordKey("owner", owner)] }
    init(_ id: String, owner: String) {
        self.id = Identifier(id)
        self.owner = owner
    }
}

struct OtherRecord: Kernel.Record {
    static let collection = "other"
    let id: Identifier<NoteTag>
    init(_ id: String) { self.id = Identifier(id) }
}

private struct Refused: Error {}

/// One suite for both modes: what is tested in memory is what is shipped with a file.
enum Mode: String, CaseIterable, CustomTestStringConvertible {
    case memory, file
    var testDescription: String { rawValue }

    func withStore(_ body: (Store, () throws -> Store) throws -> Void) throws {
        guard self == .file else { return try body(Store(), { Store() }) }
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appendingPathComponent("lab.sqlite").path
        var store: Store? = try Store(archive: SQLiteArchive(path: path))
        if let first = store { try body(first, { throw Refused() }) }
        store = nil
    }
}

struct StoreConformanceTests {
    @Test(arguments: Mode.allCases) func findsByIDAndByKeyInOrderOfFirstSave(_ mode: Mode) throws {
        try mode.withStore { store, _ in
            try store.write { transaction in
                for id in ["b", "a", "c"] { transaction.save(NoteRecord(id, owner: "alice")) }
                transaction.save(NoteRecord("a", owner: "alice"))
                transaction.save(NoteRecord("c", owner: "bob"))
            }
            let (alices, all) = try store.write { transaction in
                (transaction.find(NoteRecord.self, where: "owner", is: "alice"), transaction.all(NoteRecord.self))
            }
            #expect(alices.map(\.id.rawValue) == ["b", "a"])
            #expect(all.map(\.id.rawValue) == ["b", "a", "c"])
        }
    }

    /// Whatever goes, at the front or within, and comes back: a key's records stand in their order.
    @Test(arguments: Mode.allCases) func partsOfAKeyAreReadWhateverWent(_ mode: Mode) throws {
        try mode.withStore { store, _ in
            func part(after last: String?, or offset: Int, most: Int) throws -> (names: [String], start: Int) {
                try store.write { transaction in
                    let part = transaction.part(
                        of: NoteRecord.self, where: "owner", is: "alice", after: last, or: offset, most: most)
                    return (part.records.map(\.id.rawValue), part.start)
                }
            }
            func remove(_ numbers: some Sequence<Int>, in transaction: inout Transaction) {
                for number in numbers { transaction.remove(NoteRecord.self, Identifier("\(number)")) }
            }
            try store.write { transaction in
                for number in 0..<100 { transaction.save(NoteRecord("\(number)", owner: "alice")) }
            }
            try store.write { remove(Array(0..<40) + [60], in: &$0) }
            #expect(throws: Refused.self) {
                try store.write { transaction in
                    remove(40..<60, in: &transaction)
                    throw Refused()
                }
            }
            try store.write { $0.save(NoteRecord("100", owner: "alice")) }
            #expect(try part(after: nil, or: 0, most: 2) == (["40", "41"], 0))
            #expect(try part(after: "59", or: 0, most: 2) == (["61", "62"], 20))
            #expect(try part(after: "60", or: 3, most: 1) == (["43"], 3))
            #expect(try part(after: "99", or: 0, most: 9) == (["100"], 59))
            #expect(try part(after: nil, or: 99, most: 9).start == 60)
        }
    }

    @Test(arguments: Mode.allCases) func aThrowLeavesNothingBehind(_ mode: Mode) throws {
        try mode.withStore { store, _ in
            try store.write { $0.save(NoteRecord("a", owner: "alice")) }
            #expect(throws: Refused.self) {
                try store.write { transaction in
                    transaction.save(NoteRecord("a", owner: "mallory"))
                    transaction.save(NoteRecord("b", owner: "mallory"))
                    transaction.remove(NoteRecord.self, Identifier("a"))
                    transaction.append(.note(Note(party: .aws, "undone")), at: Instant(milliseconds: 0))
                    throw Refused()
                }
            }
            let all = try store.write { $0.all(NoteRecord.self) }
            #expect(all == [NoteRecord("a", owner: "alice")])
            #expect(store.journal().isEmpty)
        }
    }

    @Test(arguments: Mode.allCases) func aPictureIsNotDisturbedByLaterWrites(_ mode: Mode) throws {
        try mode.withStore { store, _ in
            try store.write { $0.save(NoteRecord("a", owner: "alice")) }
            let picture = store.picture()
            try store.write { transaction in
                transaction.save(NoteRecord("a", owner: "mallory"))
                transaction.save(NoteRecord("b", owner: "mallory"))
            }
            try store.restore(picture)
            #expect(try store.write { $0.all(NoteRecord.self) } == [NoteRecord("a", owner: "alice")])
        }
    }

    @Test(arguments: Mode.allCases) func journalNumbersHaveNoGaps(_ mode: Mode) throws {
        try mode.withStore { store, _ in
            for text in ["one", "two", "three"] {
                store.append(.note(Note(party: .aws, text)), at: Instant(milliseconds: 0))
            }
            #expect(store.journal().map(\.sequence) == [1, 2, 3])
            #expect(store.journal(after: 2).map(\.sequence) == [3])
        }
    }

    /// A handler reads the clock, signs, and tells of the token when somebody has moved the clock.
    @Test(arguments: Mode.allCases) func noEntryIsOlderThanTheOneBeforeIt(_ mode: Mode) throws {
        try mode.withStore { store, _ in
            store.append(.note(Note(party: .aws, "the clock is moved")), at: Instant(milliseconds: 9))
            try store.write { $0.append(.note(Note(party: .aws, "decided before")), at: Instant(milliseconds: 5)) }
            store.append(.note(Note(party: .aws, "later")), at: Instant(milliseconds: 10))
            #expect(store.journal().map(\.at.milliseconds) == [9, 9, 10])
        }
    }
}

struct SQLiteArchiveTests {
    private func withFile(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder.appendingPathComponent("lab.sqlite").path)
    }

    private func fill(_ path: String) throws {
        let store = try Store(archive: SQLiteArchive(path: path))
        try store.write { transaction in
            transaction.save(NoteRecord("b", owner: "alice"))
            transaction.save(NoteRecord("a", owner: "bob"))
            transaction.save(NoteRecord("b", owner: "bob"))
            transaction.append(.note(Note(party: .aws, "kept")), at: Instant(milliseconds: 5))
        }
    }

    @Test func everythingIsThereAfterReopening() throws {
        try withFile { path in
            try fill(path)
            let store = try Store(archive: SQLiteArchive(path: path))
            let found = try store.write { $0.find(NoteRecord.self, where: "owner", is: "bob") }
            #expect(found.map(\.id.rawValue) == ["b", "a"])
            #expect(store.journal().map(\.at.milliseconds) == [5])
        }
    }

    /// What nobody has read since the restart is in a picture too, and in the file after going back.
    @Test func aPictureHoldsWhatNobodyReadSinceReopening() throws {
        try withFile { path in
            try fill(path)
            do {
                let store = try Store(archive: SQLiteArchive(path: path))
                // Of all that is there only this collection is looked at.
                _ = try store.write { $0.all(OtherRecord.self) }
                let picture = store.picture()
                try store.write { transaction in
                    transaction.remove(NoteRecord.self, Identifier("b"))
                    transaction.save(NoteRecord("c", owner: "mallory"))
                    transaction.save(OtherRecord("x"))
                }
                try store.restore(picture)
                let found = try store.write { ($0.all(NoteRecord.self), $0.all(OtherRecord.self)) }
                #expect(found.0 == [NoteRecord("b", owner: "bob"), NoteRecord("a", owner: "bob")])
                #expect(found.1.isEmpty)
            }
            let store = try Store(archive: SQLiteArchive(path: path))
            #expect(try store.write { $0.all(NoteRecord.self) }.map(\.id.rawValue) == ["b", "a"])
            #expect(store.journal().count == 1)
        }
    }

    @Test func goingBackToThePictureOfAnEmptyStoreEmptiesTheFile() throws {
        try withFile { path in
            try fill(path)
            do {
                let store = try Store(archive: SQLiteArchive(path: path))
                try store.restore(Store().picture())
                #expect(try store.write { $0.all(NoteRecord.self) }.isEmpty)
            }
            #expect(try Store(archive: SQLiteArchive(path: path)).write { $0.all(NoteRecord.self) }.isEmpty)
        }
    }

    @Test func onlyTheOwnerMayReadTheFile() throws {
        try withFile { path in
            try fill(path)
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
        }
    }

    @Test func aSecondProcessIsRefused() throws {
        try withFile { path in
            let first = try Store(archive: SQLiteArchive(path: path))
            try first.write { $0.save(NoteRecord("a", owner: "alice")) }
            let failure = #expect(throws: StoreFailure.self) { try SQLiteArchive(path: path) }
            #expect(failure?.reason.contains("in use by another process") == true)
        }
    }

    @Test func anotherFileIsRefusedAndLeftAlone() throws {
        try withFile { path in
            let text = String(repeating: "this is no database. ", count: 100)
            try text.write(toFile: path, atomically: true, encoding: .utf8)
            #expect(throws: StoreFailure.self) { try SQLiteArchive(path: path) }
            #expect(try String(contentsOfFile: path, encoding: .utf8) == text)
        }
    }
}
