import Foundation
import Harness
import Kernel
import Scenario
import TestSupport
import Testing

/// What is told of several runs does not depend on which of them ended first.
struct SeveralRunsTests {
    private static func files(_ texts: [(name: String, body: String)]) throws -> [ScenarioFile] {
        let sources = texts.map { name, body in
            Source(name: "scenarios/\(name).yaml", text: "scenario: s\nspec: [T2]\n\(body)")
        }
        let (files, mistakes) = Library.load(sources: sources, root: Checkout.root)
        try #require(mistakes.map(\.rendered) == [])
        return files
    }

    @Test(arguments: [1, 2, 4])
    func withFailFastResultsEndWithTheFirstFailure(_ jobs: Int) async throws {
        let slow = (1...40).map { _ in "  - aws: ListGateways" }.joined(separator: "\n")
        let wrong = "steps:\n  - aws: ListGateways\n    expect: {status: 418}\n"
        let files = try Self.files([
            ("a", "steps:\n\(slow)\n"), ("b", wrong), ("c", wrong), ("d", "steps:\n\(slow)\n"),
        ])
        let definition = try LabDefinition.load(named: "default", root: Checkout.root)
        let results = await Runner(definition: definition).run(files, jobs: jobs, failFast: true)
        #expect(results.map(\.file.path) == ["scenarios/a.yaml", "scenarios/b.yaml"])
        // What was known to fail ends nothing.
        let others = await Runner(definitions: ["default": definition], settings: RunSettings()).run(
            files.map { (Shared($0), 1) }, jobs: jobs, failFast: true, isKnown: { $0.file.path == "scenarios/b.yaml" })
        #expect(others.map(\.file.path) == ["scenarios/a.yaml", "scenarios/b.yaml", "scenarios/c.yaml"])
    }

    private static func update(_ body: String, seeds: [UInt64] = [1]) async throws -> ([ScenarioResult], [String]) {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("goldens-\(UUID().uuidString)")
        let scenarios = folder.appendingPathComponent("scenarios")
        try FileManager.default.createDirectory(at: scenarios, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data().write(to: scenarios.appendingPathComponent("s.yaml"))
        try Data("mine\n".utf8).write(to: scenarios.appendingPathComponent("taken.txt"))
        var settings = RunSettings()
        settings.root = folder.path
        settings.updatesGolden = true
        let traces = GoldenTraces()
        settings.goldenTraces = traces
        let files = try Self.files([("s", body)])
        let definitions = ["default": try LabDefinition.load(named: "default", root: Checkout.root)]
        let work = seeds.flatMap { seed in files.map { (file: Shared($0), seed: seed) } }
        let results = await Runner(definitions: definitions, settings: settings).run(work, jobs: 2)
        let found = traces.written(results)
        let taken = try String(contentsOf: scenarios.appendingPathComponent("taken.txt"), encoding: .utf8)
        #expect(taken == "mine\n")
        return (found, try FileManager.default.contentsOfDirectory(atPath: scenarios.path).sorted())
    }

    /// Ids of gateways and targets, tokens and codes, times and sessions: one trace serves every seed.
    @Test func aGoldenTraceOfAFlowServesEverySeed() async throws {
        let flow = try String(contentsOfFile: "\(Checkout.root)/scenarios/flow/method-2.yaml", encoding: .utf8)
        let body = flow.split(separator: "\n", omittingEmptySubsequences: false)
            .drop { !$0.hasPrefix("given:") }.joined(separator: "\n")
            .replacing("\nthen:\n", with: "\nthen:\n  golden: x.trace\n")
        let (results, left) = try await Self.update(body, seeds: Array(1...20))
        #expect(results.map(\.verdict) == Array(repeating: .held, count: 20))
        #expect(results.flatMap(\.failures).map(\.actual) == [] && left.contains("x.trace"))
    }

    @Test func oneGoldenTraceServesSeedsThatLeaveTheSame() async throws {
        let (step, not) = ("steps:\n  - http: GET ${lab.github}/", "\n    expect: {status: 404}\nthen: {golden:")
        let (different, left) = try await Self.update("\(step)${seed}\(not) x.trace}\n", seeds: [1, 2])
        #expect(different.map(\.verdict) == [.failed, .failed] && left == ["s.yaml", "taken.txt"])
        #expect(different[0].failures.last?.hint?.contains("let its name have the seed") == true)
        let (same, one) = try await Self.update("\(step)one\(not) x.trace}\n", seeds: [1, 2])
        #expect(same.map(\.verdict) == [.held, .held] && one.contains("x.trace"))
        let (named, two) = try await Self.update(
            "matrix: {way: [one, two]}\n\(step)${way}\(not) \"${way}.trace\"}\n")
        #expect(named.map(\.verdict) == [.held, .held])
        #expect(two == ["one.trace", "s.yaml", "taken.txt", "two.trace"])
    }

    @Test func aGoldenTraceIsWrittenOverNothingElse() async throws {
        let (taken, _) = try await Self.update(
            "steps:\n  - http: GET ${lab.github}/one\n    expect: {status: 404}\nthen: {golden: taken.txt}\n")
        #expect(taken.map(\.verdict) == [.failed])
        #expect(taken[0].failures.last?.actual.contains("no golden trace; nothing was written") == true)
    }
}
