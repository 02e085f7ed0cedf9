import Explore
import Foundation
import Harness
import Kernel
import Scenario
import Testing

private let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path

struct FaultSweepTests {
    private func sweep(_ path: String, off: [String] = []) async throws -> FaultSweep.Result {
        let file = try #require(Library.load(paths: [path], root: root).0.first)
        let definition = try LabDefinition.load(named: file.lab.name, root: root)
        var settings = RunSettings()
        settings.root = root
        settings.rulesOff = off
        let runner = Runner(definitions: [file.lab.name: definition], settings: settings)
        return try await FaultSweep(runner, root: root, jobs: 2, seed: 1).run(file, in: definition)
    }

    @Test func noFaultBreaksAnInvariant() async throws {
        let result = try await sweep("scenarios/flow/method-2.yaml")
        #expect(result.remark == nil)
        #expect(result.variants > 60)
        #expect(result.findings.map(\.violation.text) == [])
    }

    /// Where a code may be used twice, an answer that comes twice gives two tokens.
    @Test func aDuplicateShowsACodeThatServesTwice() async throws {
        let result = try await sweep("scenarios/flow/method-2.yaml", off: ["authorization-code-single-use"])
        #expect(result.findings.map(\.violation.invariant) == [.oneRedemption])
        #expect(result.findings[0].scenario.contains("\"duplicate\":true"))
    }

    @Test func whatCannotBeSweptSaysWhy() async throws {
        let result = try await sweep("scenarios/language/a-matrix-of-users-and-tools.yaml")
        #expect(result.variants == 0 && result.remark == "it has a matrix")
    }
}
