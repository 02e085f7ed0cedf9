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
            Verdict, trace and the words of every failure are compared. Exit code 0 if the run is the same, 4 if it \
            differs: then the first difference of each is told, and what here is not as it was there, as it is where \
            a file cannot be read here. Secrets are in no capsule: stand-ins take their place, unless --var or the \
            environment has them.
            """)

    @Argument(help: ArgumentHelp("The capsule.", valueName: "file"))
    var file: String

    @OptionGroup var root: RootOption

    @Option(
        help: ArgumentHelp("Set a secret variable that the capsule left out (repeatable).", valueName: "name=value"))
    var `var`: [String] = []

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
        let given = try RunConditions.pairs(`var`, of: "--var")
        let environment = ProcessInfo.processInfo.environment
        let standIns =
            capsule.secretVariables.filter { given[$0] == nil }
            + capsule.secretEnvironment.filter { environment[$0] == nil }
        let result = try await telling(of: capsule, root: base) {
            try await play(capsule, in: folder, given) { settings in
                settings.variables.merge(given) { $1 }
                settings.environment = capsule.environment
                for name in capsule.secretVariables where given[name] == nil {
                    settings.variables[name] = Capsule.standIn(for: name)
                }
                for name in capsule.secretEnvironment {
                    settings.environment[name] = environment[name] ?? Capsule.standIn(for: name)
                }
            }
        }
        if trace { Terminal.write(Capsule.trace(of: result).trimmedEnd) }
        for failure in capsule.failures { Terminal.write(failure) }
        let differences = capsule.differences(
            from: result, version: Version.current, mocks: CapsuleFiles.mocks(root: base), standIns: standIns)
        guard differences.isEmpty else {
            for difference in differences { Terminal.write(difference) }
            return try leave(.failed)
        }
        Terminal.write("\(capsule.path) with seed \(capsule.seed): \(capsule.verdict), every byte as in the capsule")
    }

    /// A file that cannot be read here could be read there: what is not as it was may be why.
    private func telling(
        of capsule: Capsule, root: String, _ play: () async throws -> ScenarioResult
    ) async throws -> ScenarioResult {
        do {
            return try await play()
        } catch let failure as CommandFailure where failure.code == .unparsed {
            if capsule.version != Version.current {
                Terminal.say("this is version \(Version.current), it was written by \(capsule.version)")
            }
            for stranger in capsule.strangers(among: CapsuleFiles.mocks(root: root)) { Terminal.say(stranger) }
            throw failure
        }
    }

    private func play(
        _ capsule: Capsule, in folder: String, _ given: [String: String], _ change: (inout RunSettings) -> Void
    ) async throws -> ScenarioResult {
        let (files, mistakes) = Library.load(
            paths: ["\(folder)/\(capsule.path)"], root: folder,
            variables: (Array(capsule.variables.keys) + capsule.secretVariables).sorted())
        try ScenarioSelection.tell(mistakes)
        let cells = try RunConditions.fixed(files, by: capsule.variables)
        guard let file = cells.first(where: { $0.cellText == capsule.cell }) else {
            throw CommandFailure(.unparsed, "\(self.file): the capsule has no \(capsule.path) \(capsule.cell)")
        }
        let secrets = capsule.secretVariables + file.secrets.map(\.name)
        for name in given.keys.sorted() where !secrets.contains(name) {
            throw CommandFailure(.usage, "--var \(name): the capsule left out no secret of that name")
        }
        var settings = RunSettings(root: folder)
        settings.variables = capsule.variables
        settings.unknowns = capsule.unknowns
        change(&settings)
        let definitions = try LabLoading.definitions(for: [file], root: folder)
        return await Runner(definitions: definitions, settings: settings).run(
            file, seed: capsule.seed, rulesOff: capsule.rulesOff)
    }
}
