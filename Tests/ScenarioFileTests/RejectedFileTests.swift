import Foundation
import Harness
import Scenario
import Testing

/// What a person reads who made a mistake with the harness's own words: each `Rejected/*.yaml` has its words in the
/// `.err` beside it.
struct RejectedFileTests {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Rejected")
    static let names: [String] = {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return files.filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
    }()

    @Test(arguments: names)
    func mistakeIsToldInTheseWords(_ name: String) throws {
        let file = Self.folder.appendingPathComponent("\(name).yaml")
        let shown = "Tests/ScenarioFileTests/Rejected/\(name).yaml"
        let source = Source(name: shown, text: try String(contentsOf: file, encoding: .utf8))
        let (files, diagnostics) = Library.load(sources: [source], root: Corpus.root, looking: .checking)
        #expect(files.isEmpty)
        #expect(!diagnostics.isEmpty)
        let rendered = diagnostics.map(\.rendered).joined(separator: "\n")
        let expected = Self.folder.appendingPathComponent("\(name).err")
        if ProcessInfo.processInfo.environment["RECORD"] == "1" {
            try rendered.write(to: expected, atomically: true, encoding: .utf8)
        }
        #expect(try rendered == String(contentsOf: expected, encoding: .utf8))
    }

    @Test func thereAreManyKinds() { #expect(Self.names.count >= 18) }

    /// Every word of a step's shape is one that its reader takes, and no other is taken: the JSON Schema is written
    /// from the shapes.
    @Test func shapesAndReadersKnowTheSameWords() {
        for type in LabVocabulary.steps {
            #expect(!type.shape.about.isEmpty, "\(type.keyword) does not say what it is for")
            for name in type.shape.names + StepShape.common.map(\.name) + ["no-such-member"] {
                let text = "scenario: s\nspec: [T2]\nsteps:\n  - \(type.keyword): {}\n    \(name): x\n"
                let (_, diagnostics) = ScenarioReader(LabVocabulary.bare).read(Source(name: "s.yaml", text: text))
                let isUnknown = diagnostics.contains { $0.message.hasSuffix("has no member \"\(name)\"") }
                #expect(isUnknown == (name == "no-such-member"), "\(type.keyword): \(name)")
            }
        }
    }
}
