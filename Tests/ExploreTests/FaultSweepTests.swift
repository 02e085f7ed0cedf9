import Explore
import Foundation
import Harness
import Kernel
import Scenario
import Synchronization
import TestSupport
import Testing

struct FaultSweepTests {
    private func sweep(_ path: String, off: [String] = []) async throws -> FaultSweep.Result {
        let file = try #require(Library.load(paths: [path], root: Checkout.root).0.first)
        let definition = try LabDefinition.load(named: file.lab.name, root: Checkout.root)
        var settings = RunSettings()
        settings.root = Checkout.root
        settings.rulesOff = off
        let runner = Runner(definitions: [file.lab.name: definition], settings: settings)
        return try await FaultSweep(runner, root: Checkout.root, jobs: 2, seed: 1).run(file, in: definition)
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

    /// `faults: all` in a file: a run of it fails where a fault breaks an invariant, and where none can be played.
    @Test(arguments: [
        (#"steps:"#, [], nil),
        (#"steps:"#, ["authorization-code-single-use"], "a code gives one access token"),
        (#"steps:  # on a line of their own they are not"#, [], "a fault at every edge"),
    ])
    func aFileMayAskForEveryFault(_ steps: String, _ off: [String], _ expected: String?) async throws {
        let path = "scenarios/flow/method-2.yaml"
        let text = try String(contentsOfFile: "\(Checkout.root)/\(path)", encoding: .utf8)
        let source = Source(name: path, text: text.replacing("steps:", with: "faults: all\n\(steps)"))
        let file = try #require(Library.load(sources: [source], root: Checkout.root).0.first)
        let definition = try LabDefinition.load(named: "default", root: Checkout.root)
        var settings = RunSettings()
        settings.root = Checkout.root
        settings.rulesOff = off
        let runner = Runner(definitions: ["default": definition], settings: settings)
        let plain = await runner.run(file, seed: 1)
        #expect(plain.verdict == .held)
        let judged = try await FaultSweep(runner, root: Checkout.root, jobs: 2, seed: 1).judged(plain, in: definition)
        #expect(judged.verdict == (expected == nil ? .held : .failed))
        #expect(judged.failures.first?.expected == expected)
    }

    @Test func whatCannotBeSweptSaysWhy() async throws {
        let result = try await sweep("scenarios/attacks/a-shared-link-binds-no-victim.yaml", off: ["session-binding"])
        #expect(result.variants == 0 && result.remark == "it does not hold as it is")
    }

    /// The consent that is forgotten was given, and what went wrong with it counts.
    @Test func whatIsUndoneIsSweptToo() async throws {
        let path = "scenarios/language/going-back-in-time-forgets-a-consent.yaml"
        let held = try await sweep(path)
        #expect(held.remark == nil && held.variants > 20 && held.findings.map(\.violation.text) == [])
        let broken = try await sweep(path, off: ["authorization-code-single-use"])
        #expect(broken.findings.map(\.violation.invariant) == [.oneRedemption])
    }

    /// A cell of a matrix is swept as itself, also one that `--var` made: the expectation holds for its value alone.
    @Test(arguments: ["alice", "bob", "mallory"]) func aMatrixIsSweptCellByCell(_ user: String) async throws {
        let text = """
            scenario: Who it is
            spec: [T2]
            matrix: {user: [alice, bob]}
            given: [github-provider, gateway, target-method-2]
            steps:
              - mcp: tools/call
                as: ${user}
                with: {name: github___get_me}
                expect: {error.code: -32042}
            """
        let (cells, mistakes) = Library.load(
            sources: [Source(name: "scenarios/made-here.yaml", text: text)], root: Checkout.root)
        #expect(mistakes.map(\.rendered) == [] && cells.count == 2)
        let file = try #require(cells.first).inCell([("user", .string(user))])
        let definition = try LabDefinition.load(named: "default", root: Checkout.root)
        var settings = RunSettings()
        settings.root = Checkout.root
        let seen = Mutex<Set<String>>([])
        settings.afterSteps = { run in
            seen.withLock { $0.formUnion([run.variables["user"]?.string ?? ""]) }
            return []
        }
        let runner = Runner(definitions: ["default": definition], settings: settings)
        let result = try await FaultSweep(runner, root: Checkout.root, jobs: 2, seed: 1).run(file, in: definition)
        #expect(result.remark == nil && result.variants > 20 && result.findings.isEmpty)
        #expect(seen.withLock { $0 } == [user])
    }
}
