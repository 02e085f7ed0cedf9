import Foundation
import Harness
import Kernel
import Scenario

/// Reads labs for commands and says what is wrong with them.
enum LabLoading {
    /// `onMistake` is given what is wrong with the lab before it throws.
    ///
    /// - Throws: `CommandFailure`: wrong usage for a lab that does not exist, unparsed for one with a mistake.
    static func definition(
        _ name: String, root: String, onMistake: (Diagnostic) throws -> Void = { _ in }
    ) throws -> LabDefinition {
        do {
            return try LabDefinition.load(named: name, root: root)
        } catch {
            let known = names(root: root)
            guard known.contains(name) else {
                let hint = Suggestion.hint(for: name, among: known).map { "; \($0)" } ?? ""
                throw CommandFailure(.usage, "--lab \(name): there is no lab of that name\(hint)")
            }
            try onMistake(error)
            throw CommandFailure(.unparsed, "the lab \(name) has a mistake\n\(error.rendered)")
        }
    }

    /// The labs that scenarios name, each read once; `onMistake` is given what is wrong with one before it throws.
    ///
    /// - Throws: `CommandFailure` for one with a mistake.
    static func definitions(
        for files: [ScenarioFile], root: String, onMistake: (Diagnostic) throws -> Void = { _ in }
    ) throws -> [String: LabDefinition] {
        do throws(Diagnostic) {
            return try Library.definitions(for: files, root: root)
        } catch {
            try onMistake(error)
            throw CommandFailure(.unparsed, "a lab has a mistake\n\(error.rendered)")
        }
    }

    static func names(root: String) -> [String] { names(in: "\(root)/mocks/labs") }

    /// The YAML files of a folder in their order, without ending; none where there is no such folder.
    static func names(in folder: String) -> [String] {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return files.filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(".yaml".count)) }.sorted()
    }
}

extension RunSettings {
    /// Files below `root`, and the environment of this process.
    init(root: String) {
        self.init()
        self.root = root
        environment = ProcessInfo.processInfo.environment
    }
}
