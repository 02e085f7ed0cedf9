import Foundation
import Kernel
import SQLiteStore
import Testing

/// Where a data file is made.
struct DataFilePlaceTests {
    private func inFolder(_ body: (URL) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder)
    }

    @Test func aLinkThatLeadsNowhereStays() throws {
        try inFolder { folder in
            let (link, target) = (folder.appendingPathComponent("link").path, folder.path + "/state.sqlite")
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: target)
            let failure = #expect(throws: StoreFailure.self) { _ = try SQLiteArchive(path: link) }
            #expect(failure?.reason == "\(link): a link that leads nowhere")
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == target)
            #expect(!FileManager.default.fileExists(atPath: target))
            _ = try SQLiteArchive(path: target)
            #expect(throws: Never.self, "it leads somewhere now") { _ = try SQLiteArchive(path: link) }
        }
    }
}
