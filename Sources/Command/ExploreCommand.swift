import ArgumentParser
import Explore
import Foundation
import Harness
import Kernel
import Reports
import Scenario

/// Lets chance order what people do, and says which invariant did not hold.
struct ExploreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explore", abstract: "Let chance order people, callbacks, changes, clocks and faults.",
        discussion: """
            Without a path, schedules are made by chance: each seed is one. With a path, every scenario is played \
            again with each kind of fault at each of its exchanges. Whatever happens, the invariants have to hold; \
            where one does not, the schedule is made small and printed as a scenario file: exit code 4. Exit code 3 \
            if every scenario had to be left out, such as one that does not hold.
            """)

    @OptionGroup var selection: ScenarioSelection

    @Option(help: ArgumentHelp("First seed.", valueName: "n"))
    var seed: UInt64 = 1

    @Option(help: ArgumentHelp("How many seeds, from --seed up.", valueName: "count"))
    var seeds: UInt64 = 1000

    @Option(help: ArgumentHelp("Explore part i of n, such as 2/4.", valueName: "i/n"))
    var shard: Shard?

    @OptionGroup var threads: JobsOption

    @Option(help: "The lab in which schedules are played.")
    var lab = "default"

    @Option(help: ArgumentHelp("Turn a rule off, to see that it is missed (repeatable).", valueName: "rule"))
    var rulesOff: [String] = []

    @Option(help: ArgumentHelp("Write what was found into this folder, a file each.", valueName: "dir"))
    var out: String?

    @Option(help: ArgumentHelp("Write a report as JSON.", valueName: "file"))
    var reportJson: String?

    func validate() throws {
        guard seeds > 0, seeds <= 100_000_000, seed <= UInt64.max - seeds else {
            throw ValidationError("--seeds must be 1 to 100000000, and none beyond the greatest seed.")
        }
        try RunConditions.checkRules(rulesOff, of: "--rules-off")
        try places.expectNames()
    }

    private var places: ReportPlaces {
        ReportPlaces([("--out", out, .folder), ("--report-json", reportJson, .report(.json))])
    }

    func run() async throws {
        try places.expectRoom()
        let (findings, edges, report) = selection.paths.isEmpty ? try await schedules() : try await scenarios()
        for finding in findings {
            Terminal.write("\n# \(finding.title)")
            // Such as it is, `--out` has it.
            Terminal.write(finding.scenario.trimmedEnd)
        }
        tell(edges)
        if let reportJson { try OutputFile.report.of(.json).write(JSONValue.object(report).pretty, to: reportJson) }
        if let out { for (index, finding) in findings.enumerated() { try write(finding, index, into: out) } }
        try leave(findings.isEmpty ? .held : .failed)
    }

    // MARK: - Schedules of chance

    private func schedules() async throws -> ([Finding], Set<Edge>, JSONObject) {
        let root = try selection.root.folder()
        let definition = try LabLoading.definition(lab, root: root) {
            try tell([$0], ["schedules": 0, "moves": 0, "exchanges": 0])
        }
        var options = LabOptions()
        options.rulesOff = Set(rulesOff)
        let exploration = Exploration(definition, options, jobs: threads.count)
        let result: ExplorationResult
        do {
            result = try await exploration.run(part)
        } catch {
            throw CommandFailure(.stuck, "no schedule could be played: \(error)")
        }
        Terminal.write(
            [(result.schedules, "schedule"), (result.moves, "move"), (result.exchanges, "exchange")]
                .map { "\(TextReport.counted($0.0, $0.1)), " }.joined()
                + "\(result.findings.count) of \(Invariant.allCases.count) invariants broken")
        return (
            result.findings, result.edges,
            report(
                result.findings, result.edges,
                [
                    "schedules": .int(Int64(result.schedules)), "moves": .int(Int64(result.moves)),
                    "exchanges": .int(Int64(result.exchanges)),
                ])
        )
    }

    /// The seeds of this part: ranges that meet without a gap.
    private var part: Range<UInt64> {
        guard let shard else { return seed..<(seed + seeds) }
        let (index, count) = (UInt64(shard.index), UInt64(shard.count))
        return (seed + seeds * (index - 1) / count)..<(seed + seeds * index / count)
    }

    // MARK: - Scenarios with faults

    private func scenarios() async throws -> ([Finding], Set<Edge>, JSONObject) {
        let root = try selection.root.folder()
        let none: JSONObject = ["scenarios": 0, "faults": 0]
        var files = try selection.load { try tell($0, none) }
        if let shard { files = shard.part(of: files) { $0.weight } }
        let definitions = try LabLoading.definitions(for: files, root: root) { try tell([$0], none) }
        var settings = RunSettings(root: root)
        settings.rulesOff = rulesOff
        let sweep = FaultSweep(
            Runner(definitions: definitions, settings: settings), root: root, jobs: threads.count, seed: seed)
        var (findings, edges, variants, leftOut): ([Finding], Set<Edge>, Int, Int) = ([], [], 0, 0)
        for file in files {
            guard let definition = definitions[file.lab.name] else { continue }
            let result = try await sweep.run(file, in: definition)
            variants += result.variants
            edges.formUnion(result.edges)
            findings += result.findings
            let shown =
                result.already.isEmpty
                ? "" : "; it shows itself: \(result.already.map(\.rawValue).joined(separator: ", "))"
            let remark = result.remark.map { "left out, \($0)" }
            if remark != nil { leftOut += 1 }
            let faults = TextReport.counted(result.variants, "fault")
            let verdict = result.findings.isEmpty ? "held  " : "BROKEN"
            Terminal.write(
                "\(remark == nil ? verdict : "      ") \(file.name)  \(remark ?? "\(faults)\(shown)")")
        }
        let counted = [TextReport.counted(files.count, "scenario"), TextReport.counted(variants, "fault")]
        Terminal.write("\(counted.joined(separator: ", ")), \(findings.count) broke an invariant")
        guard leftOut < files.count || files.isEmpty else {
            throw CommandFailure(.stuck, "every scenario was left out: no fault was played")
        }
        return (
            findings, edges,
            report(findings, edges, ["scenarios": .int(Int64(files.count)), "faults": .int(Int64(variants))])
        )
    }

    /// What all parts together explore, by which the reports of one exploration know each other.
    private var whole: String {
        let words = ["\(seed)", "\(seeds)", lab] + rulesOff.sorted() + [selection.tags ?? ""] + selection.paths
        return String(hash64(words.joined(separator: "\n")), radix: 16)
    }

    // MARK: - Telling

    private func report(_ findings: [Finding], _ edges: Set<Edge>, _ counts: JSONObject) -> JSONObject {
        var report = counts
        if let shard {
            report["shard"] = .string("\(shard.index)/\(shard.count)")
            report["whole"] = .string(whole)
        }
        report["edges"] = .strings(edges.intersection(Edge.legal).sorted().map(\.description))
        report["edgesMissing"] = .strings(Edge.legal.filter { !edges.contains($0) }.map(\.description))
        report["findings"] = .array(
            findings.map { finding in
                [
                    "invariant": .string(finding.violation.invariant.rawValue), "seed": .string(String(finding.seed)),
                    "text": .string(finding.violation.text), "moves": .int(Int64(finding.moves.count)),
                    "scenario": .string(finding.scenario),
                ]
            })
        return report
    }

    /// Where files have mistakes nothing was explored.
    private func tell(_ mistakes: [Diagnostic], _ counts: JSONObject) throws {
        guard let reportJson else { return }
        var report = report([], [], counts)
        report["mistakes"] = .array(mistakes.map { FileMistake($0).json })
        try OutputFile.report.of(.json).write(JSONValue.object(report).pretty, to: reportJson)
    }

    private func tell(_ edges: Set<Edge>) {
        var kinds: [String] = []
        for edge in Edge.legal where !kinds.contains(edge.kind) { kinds.append(edge.kind) }
        let counts = kinds.map { kind in
            let all = Edge.legal.filter { $0.kind == kind }
            return "\(kind) \(all.count { edges.contains($0) })/\(all.count)"
        }
        Terminal.write("edges walked: \(counts.joined(separator: ", "))")
        let missing = Edge.legal.filter { !edges.contains($0) }
        // Of a scenario nobody expects that it goes everywhere.
        if !missing.isEmpty, selection.paths.isEmpty {
            Terminal.say("never walked: \(missing.map(\.description).joined(separator: "; "))")
        }
    }

    private func write(_ finding: Finding, _ index: Int, into folder: String) throws {
        let name = "\(finding.violation.invariant.rawValue)-\(finding.seed)-\(index + 1).yaml"
        let text = "# found by agentcore-local explore: \(finding.title)\n\(finding.scenario)"
        try OutputFile.reportInFolder.of(.finding).write(text, to: "\(folder)/\(name)")
    }
}

extension Finding {
    /// On one line, whatever an answer said.
    fileprivate var title: String {
        "\(violation.invariant.rawValue): \(violation.text)".replacing("\r", by: " ").replacing("\n", by: " ")
    }
}
