import Harness
import Kernel
import OAuthCore
import Scenario

/// All there is to try.
package enum FuzzPlan {
    /// `root` is the folder that holds `mocks` and `scenarios`; `files` gives those of a folder by their ending.
    package static func targets(
        root: String, seed: UInt64, files: (String, String) -> [[UInt8]]
    ) async throws -> (parsers: [FuzzTarget], endpoints: Endpoints) {
        let definition = try LabDefinition.load(named: "default", root: root)
        let path = "scenarios/flow/method-2.yaml"
        guard let text = files("scenarios/flow", "method-2.yaml").first else { throw Missing(path: path) }
        var vocabulary = LabVocabulary.bare
        vocabulary.users = definition.directory.users.map(\.name)
        let source = Source(name: path, text: String(decoding: text, as: UTF8.self))
        guard let file = ScenarioReader(vocabulary, shelf: Library.shelf(root: root)).read(source).0 else {
            throw Missing(path: path)
        }
        let result = await Runner.run(file, definition: definition, seed: 1)
        guard result.verdict == .held else { throw Missing(path: path) }
        let endpoints = Endpoints(try Lab(definition), journal: result.journal, seed: seed)
        return (Parsers.all(files: files), endpoints)
    }

    struct Missing: Error { let path: String }
}
