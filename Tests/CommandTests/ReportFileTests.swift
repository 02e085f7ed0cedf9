import ArgumentParser
import Foundation
import Harness
import Kernel
import Testing

@testable import Command

/// Where a command writes its reports, and what they are called.
@Suite struct ReportFileTests {
    private static func inFolder(_ body: (String) throws -> Void) throws {
        let place = FileManager.default.temporaryDirectory.appendingPathComponent("reports-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: place) }
        try body(place.path)
    }

    @Test func twoReportsInOneFileAreWrongUsage() throws {
        try Self.inFolder { folder in
            let file = "\(folder)/r.json"
            try OutputFile.golden.write("", to: file)
            try FileManager.default.createSymbolicLink(atPath: "\(folder)/link", withDestinationPath: file)
            for other in [file, "\(folder)/link", "\(folder)/../\(folder.split(separator: "/").last ?? "")/r.json"] {
                let words = ["--report-json", file, "--report-tap", other]
                #expect(throws: (any Error).self, "\(other)") { try ReportFiles.parse(words) }
            }
            _ = try ReportFiles.parse(["--report-json", file, "--report-tap", "\(folder)/r.tap"])
            _ = try ReportFiles.parse(["--report-json", "/dev/null", "--report-tap", "/dev/null"])
            // What is joined is not written over either.
            #expect(throws: (any Error).self) {
                try ReportCommand.Merge.parse([file, "\(folder)/b.json", "--output", "\(folder)/link"])
            }
        }
    }

    @Test func whatLooksLikeAnotherPlaceIsWrongUsage() throws {
        try Self.inFolder { folder in
            for words in [
                ["--report-json", "-"], ["--report-junit", "-"], ["--record", "-"], ["--diagram", "-"],
                ["--diagram", "\(folder)/x.png"], ["--diagram", "\(folder)/x.html"],
            ] {
                #expect(throws: (any Error).self, "\(words)") { try ReportFiles.parse(words) }
            }
            for name in ["x.svg", "x.mmd", "x", "x.png/", ".svgs", "of-1.2"] {
                _ = try ReportFiles.parse(["--diagram", "\(folder)/\(name)"])
            }
        }
    }

    @Test func aListIsOneList() throws {
        for words in [
            ["--requirements", "--json"], ["--fragments", "--operations"], ["--ledger", "--unknown"],
        ] {
            #expect(throws: (any Error).self, "\(words)") { try ListCommand.parse(words) }
        }
        for words in [["--requirements"], ["--unknown", "--json"], ["--ledger", "--json"]] {
            _ = try ListCommand.parse(words)
        }
    }

    @Test func aScenarioIsNoPlaceForAReport() throws {
        try Self.inFolder { folder in
            let file = "\(folder)/victim.yaml"
            try OutputFile.golden.write("scenario: mine\n", to: file)
            for flag in ["--report-junit", "--report-tap", "--report-json", "--report-html", "--record"] {
                let reports = try ReportFiles.parse([flag, file])
                let failure = #expect(throws: OutputFile.Failure.self) { try reports.places.expectRoom() }
                #expect(failure?.isTaken == true && failure?.reason.hasSuffix("nothing was written") == true)
                #expect(throws: OutputFile.Failure.self) { try reports.write([], run: [:]) }
            }
            #expect(FileManager.default.contents(atPath: file) == Data("scenario: mine\n".utf8))
        }
    }

    /// A report takes the place of one of its own kind, again and again.
    @Test func aReportTakesThePlaceOfAnother() throws {
        try Self.inFolder { folder in
            let kinds = ["junit", "tap", "json", "html"]
            let words = kinds.flatMap { ["--report-\($0)", "\(folder)/r.\($0)"] } + ["--record", "\(folder)/r.sqlite"]
            let reports = try ReportFiles.parse(words)
            for _ in 1...2 {
                try reports.places.expectRoom()
                try reports.write([], run: [:])
            }
            for flag in kinds {
                let other = try ReportFiles.parse(["--report-\(flag)", "\(folder)/r.sqlite"])
                #expect(throws: OutputFile.Failure.self) { try other.places.expectRoom() }
            }
        }
    }

    @Test func aPlaceWithoutANameIsWrongUsage() throws {
        let names = ["junit", "tap", "json", "html"].map { "--report-\($0)" } + ["--diagram", "--record"]
        for flag in names { #expect(throws: (any Error).self, "\(flag)") { try ReportFiles.parse([flag, ""]) } }
        let others: [(any ParsableCommand.Type, [String])] = [
            (RunCommand.self, ["--capsule", ""]), (MutateCommand.self, ["--report-json", ""]),
            (ExploreCommand.self, ["--out", ""]), (ExploreCommand.self, ["--report-json", ""]),
            (DemoCommand.self, ["--cast", ""]), (DemoCommand.self, ["--html", ""]),
            (LearnCommand.self, ["--html", ""]), (RecordCommand.self, ["x.har", "--output", ""]),
            (ServeCommand.self, ["--endpoints-file", ""]), (ReportCommand.Merge.self, ["x.json", "--output", ""]),
        ]
        for (command, words) in others {
            let error = #expect(throws: (any Error).self, "\(words)") { _ = try command.parse(words) }
            #expect(error.map { command.message(for: $0) }?.hasSuffix("needs a name: it is empty.") == true)
        }
    }

    /// Numbers that no machine has are told, not computed with.
    @Test func aNumberBeyondReasonIsWrongUsage() throws {
        let most = "9223372036854775807"
        for shard in ["1/\(most)", "\(most)/\(most)", "1/10001", "0/2", "3/2", "1/2/3", "1"] {
            #expect(throws: (any Error).self, "\(shard)") { try RunCommand.parse(["--shard", shard]) }
            #expect(throws: (any Error).self, "\(shard)") { try ExploreCommand.parse(["--shard", shard]) }
        }
        _ = try RunCommand.parse(["--shard", "10000/10000"])
        #expect(throws: (any Error).self) { try RecordCommand.parse(["x.har", "--port-base", most]) }
    }

    /// Before anything runs.
    @Test func aFolderThatIsNotThereIsToldAtOnce() throws {
        try Self.inFolder { folder in
            try OutputFile.golden.write("mine\n", to: "\(folder)/file")
            for flag in ["--report-junit", "--report-tap", "--report-json", "--report-html", "--record"] {
                let reports = try ReportFiles.parse([flag, "\(folder)/none/x"])
                let failure = #expect(throws: OutputFile.Failure.self) { try reports.places.expectRoom() }
                #expect(failure?.reason == "cannot be written: there is no folder \(folder)/none")
                let whole = try ReportFiles.parse([flag, folder])
                let other = #expect(throws: OutputFile.Failure.self) { try whole.places.expectRoom() }
                #expect(other?.reason == "cannot be written: it is a folder")
            }
            // A folder of diagrams is made, but not where a file is.
            try ReportFiles.parse(["--diagram", "\(folder)/none/deep/"]).places.expectRoom()
            let taken = try ReportFiles.parse(["--diagram", "\(folder)/file/deep"])
            let failure = #expect(throws: OutputFile.Failure.self) { try taken.places.expectRoom() }
            #expect(failure?.reason == "cannot be written: Not a directory")
        }
    }

    @Test func everyFileOfACommandTakesThePlaceOfItsKindAlone() throws {
        try Self.inFolder { folder in
            let file = "\(folder)/mine.yaml"
            try OutputFile.golden.write("scenario: mine\n", to: file)
            let kinds: [OutputFile] = [
                .endpoints, .report.of(.cast), .report.of(.playedPage), .report.of(.finding), .capsule.of(.capsule),
            ]
            for kind in kinds {
                let failure = #expect(throws: OutputFile.Failure.self) { try kind.expectPlace(at: file) }
                #expect(failure?.isTaken == true)
                #expect(throws: OutputFile.Failure.self) { try kind.write("x", to: file) }
            }
            #expect(throws: OutputFile.Failure.self) { try EndpointsFile.makeRoom(at: file) }
            #expect(FileManager.default.contents(atPath: file) == Data("scenario: mine\n".utf8))
            let origins: JSONValue = ["aws": "http://127.0.0.1:4580", "region": "us-east-1"]
            try OutputFile.endpoints.write(origins.pretty, to: "\(folder)/e.json")
            try OutputFile.endpoints.write(origins.pretty, to: "\(folder)/e.json")
            try EndpointsFile.makeRoom(at: "\(folder)/e.json")
            #expect(!FileManager.default.fileExists(atPath: "\(folder)/e.json"))
            // A pipe is somebody's who reads it.
            #expect(mkfifo("\(folder)/pipe", 0o600) == 0)
            try EndpointsFile.makeRoom(at: "\(folder)/pipe")
            #expect(FileManager.default.fileExists(atPath: "\(folder)/pipe"))
        }
    }

    private struct Row: ReportRow {
        let path: String
        var cellText = ""
        let scenario = "s"
        let seed: UInt64 = 1
        let verdict = ScenarioResult.Verdict.held
        let skip: String? = nil
        let failures: [Failure] = []
        let expectedFailure: String? = nil
        let command = ""
        let commandHere = ""
    }

    @Test func noTwoRunsHaveOneName() {
        let rows = [
            Row(path: "my/col/a_b.yaml"), Row(path: "my/col/a/b.yaml"), Row(path: "my/col/a b.yaml"),
            Row(path: "my/col/a~b.yaml"), Row(path: "my/col/a_b.yml"), Row(path: "my/col_a_b.yaml"),
            Row(path: "my/mx.yaml", cellText: "n=a b"), Row(path: "my/mx.yaml", cellText: "n=a_b"),
            Row(path: "my/mx.yaml", cellText: "n=a/b"), Row(path: "my/mx.yaml", cellText: "n=a, b=c"),
            Row(path: "my/mx.yaml", cellText: "n=a,b=c"), Row(path: "my/mx__n=a_b_.yaml"),
            Row(path: String(repeating: "ä", count: 200) + ".yaml"),
            Row(path: String(repeating: "ä", count: 201) + ".yaml"),
        ]
        let names = rows.map { "\(RunFileName($0))" }
        #expect(Set(names).count == rows.count, "\(names)")
        #expect(names.allSatisfy { $0.utf8.count <= 200 })
        #expect("\(RunFileName(Row(path: "scenarios/flow/method-2.yaml")))" == "scenarios_flow_method-2")
        let cell = Row(path: "scenarios/mx.yaml", cellText: "user=alice, n=1")
        #expect("\(RunFileName(cell))" == "scenarios_mx__user=alice__n=1_")
    }
}
