import Foundation
import Harness
import Testing

/// What stands at a place that a command writes to: all of the new file or all of the old one.
struct OutputFileTests {
    private static func inFolder(_ body: (String) throws -> Void) throws {
        let place = FileManager.default.temporaryDirectory.appendingPathComponent("output-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: place) }
        try body(place.path)
    }

    private static func text(_ path: String) -> String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }

    private static func names(_ folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    }

    private static func mode(_ path: String) -> mode_t {
        var facts = stat()
        return stat(path, &facts) == 0 ? facts.st_mode & 0o777 : 0
    }

    @Test func aReportTakesThePlaceOfAnOlderOneAndKeepsItsMode() throws {
        try Self.inFolder { folder in
            let path = "\(folder)/r.json"
            try OutputFile.report.write("one\n\n", to: path)
            #expect(Self.text(path) == "one\n")
            let mask = umask(0)
            umask(mask)
            #expect(Self.mode(path) == 0o644 & ~mask)
            chmod(path, 0o600)
            try OutputFile.report.write("two", to: path)
            #expect(Self.text(path) == "two\n" && Self.mode(path) == 0o600)
            try OutputFile.program.write("#!/bin/sh", to: "\(folder)/p")
            #expect(Self.mode("\(folder)/p") == 0o755 & ~mask && Self.text("\(folder)/p") == "#!/bin/sh")
            #expect(try Self.names(folder) == ["p", "r.json"])
        }
    }

    /// What a link leads to is replaced, as whoever made the link wants it.
    @Test func aLinkStays() throws {
        try Self.inFolder { folder in
            try OutputFile.golden.write("old", to: "\(folder)/file")
            try FileManager.default.createSymbolicLink(
                atPath: "\(folder)/link", withDestinationPath: "\(folder)/file")
            try OutputFile.golden.write("new", to: "\(folder)/link")
            #expect(Self.text("\(folder)/file") == "new")
            let leads = try FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/link")
            #expect(leads == "\(folder)/file")
        }
    }

    /// As `--report-json >(jq .)` of a shell, or /dev/stdout.
    @Test func aPipeIsWrittenTo() throws {
        try Self.inFolder { folder in
            let path = "\(folder)/pipe"
            #expect(mkfifo(path, 0o600) == 0)
            let end = open(path, O_RDONLY | O_NONBLOCK)
            defer { close(end) }
            try OutputFile.report.write("told", to: path)
            var bytes = [UInt8](repeating: 0, count: 16)
            let count = read(end, &bytes, bytes.count)
            #expect(String(decoding: bytes.prefix(max(0, count)), as: UTF8.self) == "told\n")
            #expect(try Self.names(folder) == ["pipe"])
        }
    }

    /// As /dev/stdout, wherever that was sent: what is there stays, and so does the link.
    @Test func whatIsOpenAlreadyIsWrittenTo() throws {
        try Self.inFolder { folder in
            let path = "\(folder)/sent-to"
            let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
            #expect(descriptor >= 0)
            defer { close(descriptor) }
            write(descriptor, "before\n", 7)
            let link = "\(folder)/link"
            try FileManager.default.createSymbolicLink(
                atPath: link, withDestinationPath: "/proc/self/fd/\(descriptor)")
            try OutputFile.report.of(.json).expectPlace(at: link)
            try OutputFile.report.of(.json).write("told", to: link)
            #expect(Self.text(path) == "before\ntold\n")
            // One that has no name any more is open all the same.
            unlink(path)
            try OutputFile.report.write("again", to: link)
            #expect(try Self.names(folder) == ["link"])
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link).hasPrefix("/proc/self/fd/"))
        }
    }

    /// SQLite cannot write into a pipe, and nothing takes the place of one.
    @Test func tablesNeedAFile() throws {
        try Self.inFolder { folder in
            let path = "\(folder)/pipe"
            #expect(mkfifo(path, 0o600) == 0)
            let attempts: [() throws -> Void] = [
                { try OutputFile.tables.expectPlace(at: path) }, { try OutputFile.tables.make(at: path) { _ in } },
            ]
            for attempt in attempts {
                let failure = #expect(throws: OutputFile.Failure.self) { try attempt() }
                #expect(failure?.reason == "cannot be written: it is no file")
            }
            var facts = stat()
            #expect(lstat(path, &facts) == 0 && facts.st_mode & S_IFMT == S_IFIFO)
        }
    }

    @Test func aScenarioIsNeverWrittenOver() throws {
        try Self.inFolder { folder in
            let path = "\(folder)/mine/a.yaml"
            try OutputFile.scenario.expectPlace(at: path)
            try OutputFile.scenario.write("mine", to: path)
            let attempts: [() throws -> Void] = [
                { try OutputFile.scenario.expectPlace(at: path) }, { try OutputFile.scenario.write("other", to: path) },
            ]
            for attempt in attempts {
                let failure = #expect(throws: OutputFile.Failure.self) { try attempt() }
                #expect(failure?.isTaken == true)
                #expect(failure?.description == "\(path): there is such a file; nothing was written")
            }
            #expect(Self.text(path) == "mine\n")
            #expect(try Self.names("\(folder)/mine") == ["a.yaml"])
        }
    }

    @Test func whatCannotBeWrittenSaysWhy() throws {
        try Self.inFolder { folder in
            func reason(_ path: String) -> String? {
                #expect(throws: OutputFile.Failure.self) { try OutputFile.report.write("x", to: path) }?.reason
            }
            #expect(reason("\(folder)/none/x") == "cannot be written: there is no folder \(folder)/none")
            #expect(reason(folder) == "cannot be written: it is a folder")
            let left = try Self.names(folder)
            #expect(left == [])
        }
    }

    /// What somebody else writes and does not end is no file.
    @Test func whatFailsHalfWayLeavesTheOldOne() throws {
        struct Stopped: Error {}
        try Self.inFolder { folder in
            let path = "\(folder)/t.sqlite"
            try OutputFile.golden.write("old", to: path)
            #expect(throws: Stopped.self) {
                try OutputFile.report.make(at: path) { aside in
                    try OutputFile.golden.write("half", to: aside)
                    throw Stopped()
                }
            }
            #expect(Self.text(path) == "old")
            try OutputFile.report.make(at: path) { try OutputFile.golden.write("new", to: $0) }
            #expect(Self.text(path) == "new")
            #expect(try Self.names(folder) == ["t.sqlite"])
        }
    }
}
