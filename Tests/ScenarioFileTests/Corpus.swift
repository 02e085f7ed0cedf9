import Foundation
import Harness
import Kernel
import Scenario
import TestSupport
import Testing

/// Every scenario of the repository, read once.
enum Corpus {
    static let root = Checkout.root
    static let loaded = Library.load(paths: ["\(root)/scenarios"], root: root)
    static let cases = loaded.0.map { ScenarioCase(file: $0) }
    static let mutations = loaded.0.flatMap { file in file.breaks.map { Mutation(file: file, rule: $0) } }

    /// Of all labs, each read once.
    private static let shared = Result { Runner(definitions: try Library.definitions(for: loaded.0, root: root)) }
    static func runner() throws -> Runner { try shared.get() }
}

struct ScenarioCase: Sendable, CustomTestStringConvertible {
    let file: ScenarioFile
    var testDescription: String { file.name.replacingOccurrences(of: "\(Corpus.root)/", with: "") }
}

struct Mutation: Sendable, CustomTestStringConvertible {
    let file: ScenarioFile
    let rule: PlacedName
    var testDescription: String { "\(ScenarioCase(file: file).testDescription) without \(rule.name)" }
}

extension Place {
    /// The line of the YAML file, so that a failure of a test is a link to it.
    var sourceLocation: SourceLocation {
        let path = source.name.hasPrefix("/") ? source.name : "\(Corpus.root)/\(source.name)"
        let short = path.replacingOccurrences(of: "\(Corpus.root)/", with: "")
        return SourceLocation(
            fileID: short.contains("/") ? short : "scenarios/\(short)", filePath: path, line: line, column: column)
    }
}
