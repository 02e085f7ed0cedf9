// Measures what the budgets are about and prints a table. It checks no behaviour; scenarios do that.

import Foundation
import Harness
import Kernel
import Serve

/// `bench [--root DIR] [--scenario FILE] [--json FILE] [--check] [--only PART] [--profile ROUNDS]`, or
/// `bench bare PORT`: the route that served answers are measured beside.
///
/// `--only` is one of `BenchOptions.parts`. `BENCH_SCALE=0.01` makes what is done by the thousand that much smaller, to
/// see whether it runs at all. `--profile` only plays the scenario, from its file, over and over on cached signatures:
/// something to put a profiler on.
/// Counts come first because they are exact on any machine; times on a shared one are not. `--check` makes a figure
/// over its budget an exit code of 4.
@main
enum Bench {
    /// Off the main thread: from there every hop would cost microseconds, and the figures would be about that.
    @concurrent
    static func main() async {
        do {
            let words = Array(CommandLine.arguments.dropFirst())
            if words.count == 2, words[0] == "bare", let port = Int(words[1]) {
                return try await BareRoute.serve(port: port)
            }
            let options = try BenchOptions(words)
            // As `run` does.
            if options.wants("scenarios") || options.wants("harness") { RoomyHeap.begin() }
            if let rounds = options.profile { return try await Scenarios(options).play(rounds) }
            var table = FigureTable()
            if options.wants("exchanges") { try await Exchanges.measure(into: &table) }
            if options.wants("tokens") { try await AuthBench(options).measure(into: &table) }
            if options.wants("scenarios") { try await Scenarios(options).measure(into: &table) }
            if options.wants("harness") { try await HarnessBench(options).measure(into: &table) }
            if options.wants("serve") { try ServedProcess(options).measure(into: &table) }
            if options.wants("rates") { try await RateBench(options).measure(into: &table) }
            if options.wants("growth") { try await GrowthBench(options).measure(into: &table) }
            if options.wants("mcp") { try MCPBench(options).measure(into: &table) }
            if options.wants("aws") { try AWSBench(options).measure(into: &table) }
            if options.wants("console") { try ConsoleBench(options).measure(into: &table) }
            print(table.text)
            if let path = options.json {
                let json = table.json(at: Host.now.iso8601, machine: Machine.described)
                try Data("\(json.pretty)\n".utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
            }
            if options.check, !table.isWithinBudget { exit(4) }
        } catch {
            FileHandle.standardError.write(Data("bench: \(error)\n".utf8))
            exit(3)
        }
    }
}

/// What the command line asked for.
struct BenchOptions {
    private(set) var root = "."
    private(set) var scenario = "scenarios/flow/method-2.yaml"
    private(set) var json: String?
    private(set) var check = false
    private(set) var profile: Int?
    private var only: String?
    /// Of what is done by the thousand.
    let scale = ProcessInfo.processInfo.environment["BENCH_SCALE"].flatMap { Double($0) } ?? 1

    static let parts = [
        "exchanges", "tokens", "scenarios", "harness", "serve", "rates", "growth", "mcp", "aws", "console",
    ]

    func wants(_ part: String) -> Bool { only == nil || only == part }

    init(_ arguments: [String]) throws {
        var rest = arguments[...]
        while let word = rest.popFirst() {
            if word == "--check" {
                check = true
                continue
            }
            guard let value = rest.popFirst() else { throw BenchFailure("\(word) is not known or needs a value") }
            switch word {
            case "--root": root = value
            case "--scenario": scenario = value
            case "--json": json = value
            case "--profile":
                guard let rounds = Int(value), rounds > 0 else {
                    throw BenchFailure("--profile \(value): how many rounds?")
                }
                profile = rounds
            case "--only":
                guard Self.parts.contains(value) else {
                    throw BenchFailure("--only \(value): there are \(Self.parts.joined(separator: ", "))")
                }
                only = value
            default: throw BenchFailure("\(word) is not known")
            }
        }
    }
}

/// Why nothing could be measured.
struct BenchFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// What figures were measured on.
enum Machine {
    static var described: JSONValue {
        let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        let model = text.split(separator: "\n").first { $0.hasPrefix("model name") }?.split(separator: ":").last
        return [
            "cores": .int(Int64(ProcessInfo.processInfo.activeProcessorCount)),
            "processor": .string(model.map { $0.trimmingCharacters(in: .whitespaces) } ?? "unknown"),
            "memoryMB": .int(Int64(ProcessInfo.processInfo.physicalMemory >> 20)),
        ]
    }
}
