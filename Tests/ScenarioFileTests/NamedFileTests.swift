import Foundation
import Harness
import Kernel
import Scenario
import Testing

/// Which files steps and checks read: each says it itself, however it is written.
struct NamedFileTests {
    private static func load(_ text: String, looking look: Library.Look = []) -> ([ScenarioFile], [String]) {
        let source = Source(name: "scenarios/deploy/made-here.yaml", text: text)
        let (files, mistakes) = Library.load(sources: [source], root: Corpus.root, looking: look)
        return (files, mistakes.map(\.description))
    }

    private static let head = "scenario: s\nspec: [T2]\n"

    /// In a flow, in quotes, with a space, inside a wait and in the checks of a fork's way; not in a text.
    @Test func stepsAndChecksSayWhatTheyRead() async throws {
        let (files, mistakes) = Self.load(
            """
            \(Self.head)about: |
              deploy: not-this.template.yaml
            matrix: {part: [two-roles]}
            steps:
              - {deploy: "failing-target.template.yaml", expect: {status: present}}
              - wait: {until: {deploy: unsupported.template.yaml, check: true, expect: {status: REFUSED}}}
              - {deploy: "${part}.template.yaml", stack: other, check: true, expect: {status: CHECKED}}
              - fork:
                  only:
                    steps: [{aws: ListGateways}]
                    then: {golden: 'no such.trace'}
            """)
        try #require(mistakes == [])
        let file = try #require(files.first)
        let names = ["failing-target.template.yaml", "unsupported.template.yaml"]
        #expect(file.reads.filter(\.name.isConstant).count == 3 && file.reads.count == 4)
        let result = await Runner(definition: try LabDefinition.load(named: "default", root: Corpus.root)).run(file)
        #expect(result.failures.map(\.actual) == ["no such file"])
        // What a variable names is known once the run came to it.
        #expect(result.reads.map(\.name) == names + ["no such.trace", "two-roles.template.yaml"])
        #expect(Set(result.reads.map(\.source)) == ["scenarios/deploy/made-here.yaml"])
    }

    /// `run` tells before it begins what it can know without reading the ledger; the rest is for `check`.
    @Test func aRunKnowsTheRowsAndTheGoldenTraces() {
        let text = """
            scenario: s
            spec: [T2, RFC 6749 section 4.1, U777]
            steps: [{aws: ListGateways}]
            then: {golden: nowhere.trace}
            """
        #expect(Self.load(text).1 == [])
        let told = Self.load(text, looking: .running).1
        #expect(told.count == 2)
        #expect(told.first?.contains("made-here.yaml:2:34: the ledger has no \"U777\"") == true)
        #expect(told.last?.contains("there is no golden trace \"nowhere.trace\" beside the file") == true)
        #expect(Self.load(text, looking: .checking).1 == told)
        #expect(Self.load(text, looking: Library.Look.running.subtracting(.goldenTraces)).1.count == 1)
    }

    /// Ids that are no row as it is written most of the time are found all the same.
    @Test func aRowIsARowHoweverItIsWritten() throws {
        let root = FileManager.default.temporaryDirectory.appendingPathComponent("rows-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: root) }
        let folder = root.appendingPathComponent("mocks/ledger")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let facts = "states: a fact, mark: confirmed, source: somewhere, date: 2026-11-20"
        let rows = "- {id: X1, \(facts)}\n-   id: 'X2'\n    \(facts.replacing(", ", with: "\n    "))\n"
        try rows.write(to: folder.appendingPathComponent("a.yaml"), atomically: true, encoding: .utf8)
        func told(_ id: String) -> Bool {
            let source = Source(name: "s.yaml", text: "scenario: s\nspec: [\(id)]\nsteps: [{set: {a: 1}}]\n")
            return Library.load(sources: [source], root: root.path, looking: .running).1.contains {
                $0.message == "the ledger has no \"\(id)\""
            }
        }
        #expect(!told("X1") && !told("X2") && told("X3"))
    }

    /// A folder has no line to show.
    @Test func aFolderWithoutAScenarioIsToldAsAWhole() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("empty-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let mistakes = Library.load(paths: [folder.path], root: Corpus.root).1
        #expect(mistakes.map(\.rendered) == ["error: there is no scenario\n --> \(folder.path)\n"])
        #expect(mistakes.map(\.description) == ["\(folder.path): there is no scenario"])
    }
}
