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
        for name in try variables().keys.sorted() where LabVocabulary.bare.reserved.contains(name) {
            throw ValidationError("--var \(name): the name is taken; ${\(name)} is there before the first step")
        }
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
        guard seed <= UInt64.max - UInt64(seedCount - 1) else {
            throw ValidationError("--seeds \(seedCount): from --seed \(seed) up there are not so many.")
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

    /// Of a matrix whose names `--var` sets, the cells with those values; if none has them, every other combination of
    /// its values with those in their place.
    ///
    /// - Throws: `CommandFailure` for a value that no cell has and that decides on the lab.
    static func fixed(_ files: [ScenarioFile], by variables: [String: String]) throws -> [ScenarioFile] {
        var (fixed, rest): ([ScenarioFile], ArraySlice<ScenarioFile>) = ([], files[...])
        while let first = rest.first {
            let cells = rest.prefix { $0.path == first.path }
            rest = rest.dropFirst(cells.count)
            let named = variables.filter { given in first.cell.contains { $0.name == given.key } }
            fixed += try Self.fixed(cells: cells, by: named)
        }
        return fixed
    }

    private static func fixed(
        cells: ArraySlice<ScenarioFile>, by variables: [String: String]
    ) throws -> [ScenarioFile] {
        guard !variables.isEmpty else { return Array(cells) }
        let meant = cells.filter { file in
            file.cell.allSatisfy { variables[$0.name, default: text(of: $0.value)] == text(of: $0.value) }
        }
        guard meant.isEmpty else { return meant }
        var (labs, fixed): ([String: LabChoice], [ScenarioFile]) = ([:], [])
        for file in cells {
            let other = file.inCell(file.cell.map { ($0.name, value(of: $0.name, $0.value, cells, variables)) })
            if let lab = labs[other.cellText] {
                guard lab == other.lab else {
                    let given = variables.sorted { $0.key < $1.key }.map { "--var \($0.key)=\($0.value)" }
                    throw CommandFailure(
                        .usage,
                        "\(given.joined(separator: " ")): no cell of \(file.path) has that, and its lab depends on it")
                }
                continue
            }
            labs[other.cellText] = other.lab
            fixed.append(other)
        }
        return fixed
    }

    /// What `--var` gives one name of a cell: the matrix's own value if it has that one, else one of its type, else a
    /// text.
    private static func value(
        of name: String, _ own: JSONValue, _ cells: ArraySlice<ScenarioFile>, _ variables: [String: String]
    ) -> JSONValue {
        guard let given = variables[name] else { return own }
        let known = cells.lazy.flatMap(\.cell).first { $0.name == name && text(of: $0.value) == given }
        if let known { return known.value }
        guard own.string == nil, let parsed = try? JSONValue(parsing: given), parsed.typeName == own.typeName else {
            return .string(given)
        }
        return parsed
    }

    private static func text(of value: JSONValue) -> String { value.string ?? value.text }

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
