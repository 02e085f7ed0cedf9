// Measures what the budgets are about and prints a table. It checks no behaviour; scenarios do that.

import Foundation
import Kernel

/// `bench [--root DIR] [--scenario FILE] [--json FILE] [--check] [--only PART] [--profile ROUNDS]`
///
/// `--only` is one of exchanges, tokens, scenarios, harness, serve, mcp, aws, console.
/// `--profile` only plays the scenario, from its file, over and over on cached signatures: something to put a
/// profiler on.
/// Counts come first because they are exact on any machine; times on a shared one are not. `--check` makes a figure
/// over its budget an exit code of 4.
@main
enum Bench {
    /// Off the main thread: from there every hop would cost microseconds, and the figures would be about that.
    @concurrent
    static func main() async {
        do {
            let options = try BenchOptions(Array(CommandLine.arguments.dropFirst()))
            if let rounds = options.profile { return try await Scenarios(options).play(rounds) }
            var table = FigureTable()
            if options.wants("exchanges") { try await Exchanges.measure(into: &table) }
            if options.wants("tokens") { try await AuthBench(options).measure(into: &table) }
            if options.wants("scenarios") { try await Scenarios(options).measure(into: &table) }
            if options.wants("harness") { try await HarnessBench(options).measure(into: &table) }
            if options.wants("serve") { try ServedProcess(options).measure(into: &table) }
            if options.wants("mcp") { try MCPBench(options).measure(into: &table) }
            if options.wants("aws") { try AWSBench(options).measure(into: &table) }
            if options.wants("console") { try ConsoleBench(options).measure(into: &table) }
            print(table.text)
            if let path = options.json {
                try Data("\(table.json.pretty)\n".utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
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
            case "--profile": profile = Int(value)
            case "--only": only = value
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
