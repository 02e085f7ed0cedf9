import ArgumentParser
import Explore
import Foundation
import Harness
import Kernel
import Reports
import Scenario
import Serve
import Synchronization

/// Runs scenario files and says which held.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run scenario files, each in a lab of its own.")

    @OptionGroup var selection: ScenarioSelection
    @OptionGroup var conditions: RunConditions
    @OptionGroup var reports: ReportFiles

    @OptionGroup var threads: JobsOption

    @Flag(help: "Begin no scenario after one that did not hold and was not expected to fail.")
    var failFast = false

    @Option(help: ArgumentHelp("Run part i of n, such as 2/4.", valueName: "i/n"))
    var shard: Shard?

    @Option(
        help: ArgumentHelp(
            "Scenarios that may fail, one path a line, with # and a reason; one that holds is stale: exit code 5.",
            valueName: "file"))
    var expectedFailures: String?

    @Option(
        help: ArgumentHelp(
            "Write a capsule of each run that did not hold and was not expected to fail; replay repeats it.",
            valueName: "dir"))
    var capsule: String?

    @Flag(help: "Write golden traces instead of comparing with them.")
    var updateGolden = false

    @Flag(help: "Run again whenever a file below scenarios/ or mocks/ changes.")
    var watch = false

    @Option(
        help: ArgumentHelp(
            "Run this command after the steps of each scenario and judge the MCP client it is.", valueName: "cmd"))
    var client: String?

    func validate() throws {
        if client != nil, watch || conditions.seedCount > 1 || threads.jobs ?? 1 != 1 {
            throw ValidationError("--client runs one program at a time: neither --watch nor --seeds nor --jobs.")
        }
        try conditions.check()
        try capsules.expectNames()
    }

    private var capsules: ReportPlaces { ReportPlaces([("--capsule", capsule, .folder)]) }

    func run() async throws {
        try reports.places.expectRoom()
        try capsules.expectRoom()
        if updateGolden, !conditions.rulesOff.isEmpty || !conditions.unknown.isEmpty {
            throw CommandFailure(.usage, "--update-golden: golden traces are those of the labs as they are")
        }
        guard watch else { return try leave(try await once(selection.paths)) }
        try await Watch(root: try selection.root.folder(), paths: selection.paths).loop { changed in
            // A file that changed alone is run alone; anything else may concern every file.
            let paths = changed.isEmpty ? selection.paths : changed
            do {
                _ = try await once(paths)
            } catch {
                Terminal.say("\(error)")
            }
        }
    }

    private func once(_ paths: [String]) async throws -> Outcome {
        let root = try selection.root.folder()
        let baseline = try expectedFailures.map { try Baseline(file: $0, root: root) }
        let (start, ended) = (Host.now, EndedRuns())
        let settings = try conditions.settings(root: root, isGiven: selection.root.root != nil) { [self] stuck in
            // Of what else is under way nothing can be said.
            try reports.write(Baseline.marked(ended.results + [stuck], by: baseline), run: about(root, start))
        } _: {
            $0.updatesGolden = updateGolden
            $0.goldenTraces = updateGolden ? GoldenTraces() : nil
            $0.keeps = capsule == nil ? reports.keeps : .journals
            $0.client = client
        }
        let (files, definitions) = try read(paths, settings) { mistakes in
            try reports.write([], mistakes: mistakes.map(FileMistake.init), run: about(root, start))
        }
        let shared = files.map { Shared($0) }
        var work = conditions.seeds.flatMap { seed in shared.map { (file: $0, seed: seed) } }
        let whole = work
        if let shard { work = shard.part(of: work) { $0.file.value.weight } }
        var progress = Progress(count: work.count, start: start)
        var results = try await play(work, definitions, settings, known: baseline) { result in
            ended.add(result)
            progress.tell(result)
        }
        results = Baseline.marked(settings.goldenTraces?.written(results) ?? results, by: baseline)
        // Before the faults: a capsule is of the run itself, and `replay` plays nothing else.
        if let capsule { try CapsuleFiles.write(results, into: capsule, root: root) }
        results = Baseline.marked(try await swept(results, definitions, settings, root), by: baseline)
        progress.end()
        var run = about(root, start)
        if !settings.rootFlag.isEmpty { run["rootFlag"] = .string(settings.rootFlag) }
        if shard != nil {
            run["positions"] = Shard.positions(of: results, in: whole.map { (name: $0.file.value.name, seed: $0.seed) })
            run["whole"] = .string(Shard.mark(of: whole.map { ($0.file.value, $0.seed) }, settings))
        }
        let leftOut = work.count - results.count
        if leftOut > 0 { run["leftOut"] = .int(Int64(leftOut)) }
        let others = Baseline.Others(
            files: files, seedCount: conditions.seeds.count, leftOut: leftOut, paths: paths,
            isWhole: selection.tags == nil && settings.variables.isEmpty)
        let finding = baseline?.finding(results, among: others) ?? BaselineFinding()
        finding.add(to: &run)
        try reports.write(results, run: run)
        Terminal.write(asItIs: Terminal.coloured(TextReport.render(results).trimmedEnd))
        if leftOut > 0 { Terminal.write("left out by --fail-fast: \(leftOut) of \(work.count) scenarios") }
        for line in finding.stale { Terminal.say(line) }
        return verdict(results, finding.stale)
    }

    /// The files and their labs; `onMistakes` is given what is wrong with any before the command ends.
    private func read(
        _ paths: [String], _ settings: RunSettings, onMistakes: ([Diagnostic]) throws -> Void
    ) throws -> ([ScenarioFile], [String: LabDefinition]) {
        var chosen = selection
        chosen.paths = paths
        let variables = settings.variables.keys.sorted()
        let files = try RunConditions.fixed(
            try chosen.load(
                variables: variables,
                looking: updateGolden ? Library.Look.running.subtracting(.goldenTraces) : .running,
                onMistakes: onMistakes),
            by: settings.variables)
        for name in variables where !files.contains(where: { $0.speaks(of: name) }) {
            throw CommandFailure(.usage, "--var \(name): no file speaks of such a variable")
        }
        let definitions = try LabLoading.definitions(for: files, root: settings.root) { try onMistakes([$0]) }
        return (files, definitions)
    }

    private func play(
        _ work: [(file: Shared<ScenarioFile>, seed: UInt64)], _ definitions: [String: LabDefinition],
        _ settings: RunSettings, known baseline: Baseline?, onResult: (ScenarioResult) -> Void
    ) async throws -> [ScenarioResult] {
        let isKnown: @Sendable (ScenarioResult) -> Bool = { baseline?.knows($0) ?? false }
        guard let client else {
            return await Runner(definitions: definitions, settings: settings).run(
                work, jobs: threads.count, failFast: failFast, isKnown: isKnown, onResult: onResult)
        }
        let limit = Span(conditions.timeLimit) ?? .seconds(60)
        return try await ClientTrial(command: client, limit: limit, definitions: definitions, settings: settings)
            .run(work, failFast: failFast, isKnown: isKnown)
    }

    /// What the reports say of the run as a whole, whether it came to its end or not.
    private func about(_ root: String, _ start: Instant) -> JSONObject {
        var run: JSONObject = [
            "version": .string(Version.current), "startedAt": .string(start.iso8601),
            "seconds": .double(Double((Host.now - start).milliseconds) / 1000), "root": .string(root),
        ]
        if let shard { run["shard"] = .string("\(shard.index)/\(shard.count)") }
        return run
    }

    /// Files that say `faults: all` are played again with every fault; `explore FILE` shows what was found.
    private func swept(
        _ results: [ScenarioResult], _ definitions: [String: LabDefinition], _ settings: RunSettings, _ root: String
    ) async throws -> [ScenarioResult] {
        guard client == nil, results.contains(where: \.file.sweepsFaults) else { return results }
        var settings = settings
        settings.keeps = .journals
        (settings.updatesGolden, settings.goldenTraces) = (false, nil)
        let runner = Runner(definitions: definitions, settings: settings)
        var judged: [ScenarioResult] = []
        for result in results {
            guard let definition = definitions[result.file.lab.name] else { continue }
            let sweep = FaultSweep(runner, root: root, jobs: threads.count, seed: result.seed)
            judged.append(
                try await sweep.judged(result, in: definition) { count in
                    Terminal.say("\(result.name): played again with each of \(count) faults")
                })
        }
        return judged
    }

    /// A failed expectation outranks a run that could not go on, and both a stale baseline.
    private func verdict(_ results: [ScenarioResult], _ stale: [String]) -> Outcome {
        let unexpected = results.filter(\.isWrong)
        if unexpected.contains(where: { $0.verdict == .failed }) { return .failed }
        if !unexpected.isEmpty { return .stuck }
        return stale.isEmpty ? .held : .stale
    }
}

/// What has ended so far, in the order in which it did.
private final class EndedRuns: Sendable {
    private let state = Mutex<[ScenarioResult]>([])

    func add(_ result: ScenarioResult) { state.withLock { $0.append(result) } }
    var results: [ScenarioResult] { state.withLock { $0 } }
}
