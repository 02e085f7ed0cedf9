import ArgumentParser
import Explore
import Foundation
import Harness
import Kernel
import Scenario
import Serve

/// Runs a capsule again and compares every byte.
struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Run a capsule that `run --capsule DIR` wrote, and compare every byte.",
        discussion: """
            The capsule brings the scenario, its fragments and its lab; the other mocks are those of this machine. \
            Exit code 0 if the run is the same, 4 if it differs: then the first difference is told, and what here \
            is not as it was there.
            """)

    @Argument(help: ArgumentHelp("The capsule.", valueName: "file"))
    var file: String

    @OptionGroup var root: RootOption

    @Flag(help: "Print the trace as well.")
    var trace = false

    func run() async throws {
        guard let data = FileManager.default.contents(atPath: file) else {
            throw CommandFailure(.usage, "\(file): there is no such file")
        }
        let capsule: Capsule
        do {
            capsule = try Capsule(text: String(decoding: data, as: UTF8.self))
        } catch {
            throw CommandFailure(.unparsed, "\(file): \(error)")
        }
        let base = try root.folder()
        let folder = try PrivateFolder.make("replay")
        defer { PrivateFolder.remove(folder) }
        try CapsuleFiles.lay(capsule, in: folder, root: base)
        let result = try await play(capsule, in: folder)
        if trace { Terminal.write(Capsule.trace(of: result).trimmedEnd) }
        for failure in capsule.failures { Terminal.write(failure) }
        let differences = capsule.differences(
            from: result, version: Version.current, mocks: CapsuleFiles.mocks(root: base))
        guard differences.isEmpty else {
            for difference in differences { Terminal.write(difference) }
            return try leave(.failed)
        }
        Terminal.write("\(capsule.path) with seed \(capsule.seed): \(capsule.verdict), every byte as in the capsule")
    }

    private func play(_ capsule: Capsule, in folder: String) async throws -> ScenarioResult {
        let (files, mistakes) = Library.load(
            paths: ["\(folder)/\(capsule.path)"], root: folder, variables: capsule.variables.keys.sorted())
        try ScenarioSelection.tell(mistakes)
        guard let file = files.first(where: { $0.cellText == capsule.cell }) else {
            throw CommandFailure(.unparsed, "\(self.file): the capsule has no \(capsule.path) \(capsule.cell)")
        }
        var settings = RunSettings()
        settings.root = folder
        settings.variables = capsule.variables
        settings.unknowns = capsule.unknowns
        settings.environment = ProcessInfo.processInfo.environment
        do {
            let definitions = try Library.definitions(for: [file], root: folder)
            return await Runner(definitions: definitions, settings: settings).run(
                file, seed: capsule.seed, rulesOff: capsule.rulesOff)
        } catch {
            throw CommandFailure(.unparsed, "a lab has a mistake\n\(error.rendered)")
        }
    }
}
