import ArgumentParser
import Foundation
import Harness
import Kernel
import Scenario
import Serve

/// Under which conditions scenarios run.
struct RunConditions: ParsableArguments {
    @Option(help: ArgumentHelp("Seed of every random value; same seed, same bytes.", valueName: "n"))
    var seed: UInt64 = 1

    @Option(
        name: .customLong("seeds"),
        help: ArgumentHelp("Run every scenario with so many seeds, from --seed up.", valueName: "count"))
    var seedCount: Int = 1

    @Option(help: ArgumentHelp("Set a variable of the scenarios (repeatable).", valueName: "name=value"))
    var `var`: [String] = []

    @Option(help: ArgumentHelp("Turn a rule off, beyond what the files say (repeatable).", valueName: "rule"))
    var rulesOff: [String] = []

    @Option(help: ArgumentHelp("Decide an unknown, over what the files say (repeatable).", valueName: "name=choice"))
    var unknown: [String] = []

    @Option(help: ArgumentHelp("How long one scenario may take of real time.", valueName: "duration"))
    var timeLimit = "60s"

    func check() throws {
        _ = try variables()
        let unknowns = SwitchCatalogue.all.unknowns
        for (name, choice) in try Self.pairs(unknown, of: "--unknown").sorted(by: { $0.key < $1.key }) {
            guard let known = unknowns.first(where: { $0.name == name }) else {
                let hint = Suggestion.hint(for: name, among: unknowns.map(\.name)).map { "; \($0)" } ?? ""
                throw ValidationError("--unknown \(name): nobody knows of such an unknown\(hint)")
            }
            let choices = known.others.isEmpty ? [] : [known.standard] + known.others
            guard choices.isEmpty || choices.contains(choice) else {
                let hint = Suggestion.hint(for: choice, among: choices).map { "; \($0)" } ?? ""
                throw ValidationError("--unknown \(name): there is no choice \"\(choice)\"\(hint)")
            }
        }
        guard let limit = Span(timeLimit), limit > .zero else {
            throw ValidationError("--time-limit \(timeLimit): a duration such as 30s or 5m expected.")
        }
        guard (1...10_000_000).contains(seedCount) else {
            throw ValidationError("--seeds must be 1 to 10000000.")
        }
        try Self.checkRules(rulesOff, of: "--rules-off")
    }

    /// - Throws: `ValidationError` for the first name that no rule has.
    static func checkRules(_ names: [String], of flag: String) throws {
        let known = SwitchCatalogue.all.rules.map(\.name)
        for name in names where !known.contains(name) {
            let hint = Suggestion.hint(for: name, among: known).map { "; \($0)" } ?? ""
            throw ValidationError("\(flag) \(name): no party has a rule of that name\(hint)")
        }
    }

    var seeds: [UInt64] { (0..<UInt64(max(1, seedCount))).map { seed &+ $0 } }

    func variables() throws -> [String: String] { try Self.pairs(`var`, of: "--var") }

    /// `onStuck` is given the result of a run that does not end, before the program ends.
    func settings(
        root: String, isGiven: Bool, onStuck: @escaping @Sendable (ScenarioResult) throws -> Void,
        _ more: (inout RunSettings) -> Void
    ) throws -> RunSettings {
        var settings = RunSettings(root: root)
        settings.variables = try variables()
        settings.rulesOff = rulesOff
        settings.unknowns = try Self.pairs(unknown, of: "--unknown")
        settings.rootFlag = isGiven ? " --root \(ScenarioResult.quoted(root))" : ""
        if let limit = Span(timeLimit) {
            let runs = RunsUnderWay()
            settings.guardian = .init(limit: limit, runs: runs) { Host.now }
            StuckRuns.watch(runs, limit: limit, tell: onStuck)
        }
        more(&settings)
        return settings
    }

    /// Of a matrix whose name `--var` sets, the cells with that value; one cell if none has it.
    func fixed(_ files: [ScenarioFile]) -> [ScenarioFile] {
        guard let variables = try? variables(), !variables.isEmpty else { return files }
        var taken: Set<String> = []
        return files.filter { file in
            let named = file.cell.filter { variables[$0.name] != nil }
            guard !named.isEmpty else { return true }
            let isMeant = named.allSatisfy { ($0.value.string ?? $0.value.text) == variables[$0.name] }
            let cells = files.filter { $0.path == file.path }
            let hasMeant = cells.contains { other in
                other.cell.allSatisfy { value in
                    variables[value.name].map { $0 == value.value.string ?? value.value.text } ?? true
                }
            }
            return isMeant || (!hasMeant && taken.insert(file.path).inserted)
        }
    }

    /// - Throws: `ValidationError` for the first that is no name and value.
    static func pairs(_ texts: [String], of flag: String) throws -> [String: String] {
        var result: [String: String] = [:]
        for pair in texts {
            guard let equals = pair.firstIndex(of: "="), equals > pair.startIndex else {
                throw ValidationError("\(flag) \(pair): name=value expected.")
            }
            result[String(pair[..<equals])] = String(pair[pair.index(after: equals)...])
        }
        return result
    }
}
