import ArgumentParser
import Foundation
import Harness
import Kernel
import Reports
import Scenario

/// Which scenario files a command works on.
struct ScenarioSelection: ParsableArguments {
    @OptionGroup var root: RootOption

    @Argument(help: "Scenario files or folders (default: scenarios).")
    var paths: [String] = []

    @Option(
        help: ArgumentHelp("Only scenarios with these tags: 'consent and not (slow or method-1)'.", valueName: "expr"))
    var tags: String?

    /// The files that were asked for, without those that other tags exclude.
    ///
    /// `onMistakes` is given every mistake of every file, if there is any, before the command ends.
    ///
    /// - Throws: `CommandFailure`, after every mistake of every file was told.
    func load(
        variables: [String] = [], looking look: Library.Look = [], onMistakes: ([Diagnostic]) throws -> Void = { _ in }
    ) throws -> [ScenarioFile] {
        let expression = try tags.map { try TagExpression($0) }
        let (files, mistakes) = try read(variables: variables, looking: look)
        if !mistakes.isEmpty { try onMistakes(mistakes) }
        try Self.tell(mistakes)
        guard let expression else { return files }
        let chosen = files.filter { expression.matches($0.tags) }
        guard !chosen.isEmpty || files.isEmpty else {
            let counted = TextReport.counted(files.count, "scenario")
            throw CommandFailure(.usage, "--tags '\(tags ?? "")': none of \(counted) is meant by that")
        }
        return chosen
    }

    /// Every file, and every mistake in any.
    ///
    /// - Throws: `CommandFailure` when there is nothing to read.
    func read(
        variables: [String] = [], looking look: Library.Look = []
    ) throws -> ([ScenarioFile], [Diagnostic]) {
        let folder = try root.folder()
        for path in paths where !FileManager.default.fileExists(atPath: Library.place(of: path, root: folder)) {
            let hint = Library.neighbour(of: path, root: folder).map { ". Did you mean '\($0)'?" } ?? ""
            throw CommandFailure(.usage, "\(path): there is no such file or folder\(hint)")
        }
        return Library.load(
            paths: paths.isEmpty ? [RootOption.scenarios(in: folder)] : paths, root: folder, variables: variables,
            looking: look)
    }

    /// - Throws: `CommandFailure` if there is any mistake.
    static func tell(_ mistakes: [Diagnostic]) throws {
        guard !mistakes.isEmpty else { return }
        for mistake in mistakes { Terminal.say(mistake.rendered) }
        throw CommandFailure(.unparsed, FileMistake.counted(mistakes.count))
    }
}
