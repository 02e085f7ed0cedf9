import ArgumentParser
import Foundation
import Harness
import Kernel
import Scenario
import Serve

/// Runs scenario files and says which held.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run scenario files, each in a lab of its own.")

    @OptionGroup var selection: ScenarioSelection

    @Option(help: ArgumentHelp("How many scenarios run at a time (default: one per core).", valueName: "n"))
    var jobs: Int?

    @Option(help: ArgumentHelp("Seed of every random value; same seed, same bytes.", valueName: "n"))
    var seed: UInt64 = 1

    @Flag(help: "Begin no scenario after one that did not hold.")
    var failFast = false

    @Option(help: ArgumentHelp("Set a variable of the scenarios (repeatable).", valueName: "name=value"))
    var `var`: [String] = []

    @Option(help: ArgumentHelp("Run part i of n, such as 2/4.", valueName: "i/n"))
    var shard: Shard?

    @Option(help: ArgumentHelp("Write a JUnit report.", valueName: "file"))
    var reportJunit: String?

    @Option(help: ArgumentHelp("Write a TAP report.", valueName: "file"))
    var reportTap: String?

    @Option(help: ArgumentHelp("Write a JSON report.", valueName: "file"))
    var reportJson: String?

    @Option(
        help: ArgumentHelp(
            "Scenarios that may fail, one path a line; one that holds is stale: exit code 5.", valueName: "file"))
    var expectedFailures: String?

    func validate() throws {
        if let jobs, jobs < 1 { throw ValidationError("--jobs must be at least 1.") }
        _ = try variables()
    }

    func run() async throws {
        let variables = try variables()
        let baseline = try expectedFailures.map { try Baseline(file: $0) }
        var files = try selection.load(variables: variables.keys.sorted())
        if let shard { files = shard.part(of: files) }
        let definitions: [String: LabDefinition]
        do {
            definitions = try Library.definitions(for: files, root: selection.root.folder())
        } catch let mistake as Diagnostic {
            throw CommandFailure(.unparsed, "a lab has a mistake\n\(mistake.rendered)")
        }
        let start = Host.now
        let results = await Runner(definitions: definitions, variables: variables).run(
            files, jobs: jobs ?? ProcessInfo.processInfo.activeProcessorCount, seed: seed, failFast: failFast)
        let took = Host.now - start
        try writeReports(results, start: start, took: took)
        Terminal.write(Self.coloured(TextReport.render(results).trimmedEnd))
        try leave(verdict(results, baseline))
    }

    /// A failed expectation outranks a run that could not go on, and both a stale baseline.
    private func verdict(_ results: [ScenarioResult], _ baseline: Baseline?) -> Outcome {
        let unexpected = results.filter { $0.verdict != .held && baseline?.contains($0.file.path) != true }
        if unexpected.contains(where: { $0.verdict == .failed }) { return .failed }
        if !unexpected.isEmpty { return .stuck }
        let stale = results.filter { $0.verdict == .held && baseline?.contains($0.file.path) == true }
        for result in stale { Terminal.say("\(result.file.path) holds: take it out of \(expectedFailures ?? "")") }
        return stale.isEmpty ? .held : .stale
    }

    private func writeReports(_ results: [ScenarioResult], start: Instant, took: Span) throws {
        let seconds = Double(took.milliseconds) / 1000
        let run: JSONObject = [
            "version": .string(Version.current), "startedAt": .string(start.iso8601), "seconds": .double(seconds),
        ]
        let reports: [(String?, () -> String)] = [
            (reportJunit, { JUnitReport.render(results, seconds: seconds) }),
            (reportTap, { TAPReport.render(results) }),
            (reportJson, { JSONReport.render(results, run: run).pretty }),
        ]
        for (path, text) in reports {
            guard let path else { continue }
            do {
                try Data("\(text().trimmedEnd)\n".utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
            } catch {
                throw CommandFailure(.stuck, "\(path): the report cannot be written: \(error.localizedDescription)")
            }
        }
    }

    private func variables() throws -> [String: String] {
        var result: [String: String] = [:]
        for pair in `var` {
            guard let equals = pair.firstIndex(of: "="), equals > pair.startIndex else {
                throw ValidationError("--var \(pair): name=value expected.")
            }
            result[String(pair[..<equals])] = String(pair[pair.index(after: equals)...])
        }
        return result
    }

    private static func coloured(_ text: String) -> String {
        guard Terminal.showsColour else { return text }
        let colours = [("held  ", "\u{1B}[32m"), ("FAILED", "\u{1B}[31m"), ("ERROR ", "\u{1B}[35m")]
        return text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            guard let (word, colour) = colours.first(where: { line.hasPrefix("\($0.0) ") }) else { return String(line) }
            return "\(colour)\(word)\u{1B}[0m\(line.dropFirst(word.count))"
        }.joined(separator: "\n")
    }
}

/// Part `index` (from 1) of `count` equal parts.
struct Shard: ExpressibleByArgument {
    let index: Int
    let count: Int

    init?(argument: String) {
        let parts = argument.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 2, let index = parts[0], let count = parts[1], index >= 1, index <= count else {
            return nil
        }
        self.index = index
        self.count = count
    }

    /// Every n-th, so that a folder of slow scenarios is spread over all parts.
    func part<Item>(of items: [Item]) -> [Item] {
        items.enumerated().filter { $0.offset % count == index - 1 }.map(\.element)
    }
}

/// Scenarios that are known to fail.
struct Baseline {
    private let paths: Set<String>

    /// - Throws: `CommandFailure` when the file cannot be read.
    init(file: String) throws {
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
            throw CommandFailure(.stuck, "--expected-failures \(file): the file cannot be read")
        }
        let lines = text.split(separator: "\n").map { trimmed($0.prefix { $0 != "#" }) }
        paths = Set(lines.filter { !$0.isEmpty })
    }

    func contains(_ path: String) -> Bool { paths.contains(path) }
}

extension String {
    /// Without line ends behind it.
    var trimmedEnd: String {
        var text = self[...]
        while text.last?.isNewline == true { text = text.dropLast() }
        return String(text)
    }
}
