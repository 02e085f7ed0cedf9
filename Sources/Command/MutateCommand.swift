import ArgumentParser
import Explore
import Foundation
import Harness
import Kernel
import Reports
import Scenario

/// Breaks one rule at a time and names the scenarios that notice.
struct MutateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mutate", abstract: "Turn one rule off at a time and see which scenarios notice.",
        discussion: """
            A rule that no scenario misses has survived: exit code 4. So has one that a scenario names in `breaks:` \
            and then does not miss.
            """)

    @OptionGroup var selection: ScenarioSelection

    @Option(help: ArgumentHelp("Only this rule (repeatable).", valueName: "rule"))
    var rule: [String] = []

    @Flag(help: "Ask only the scenarios that name the rule in `breaks:`, where there are any.")
    var quick = false

    @Flag(help: "Name every scenario that noticed.")
    var verbose = false

    @OptionGroup var threads: JobsOption

    @Option(help: ArgumentHelp("Seed of every random value.", valueName: "n"))
    var seed: UInt64 = 1

    @Option(help: ArgumentHelp("Write the table as JSON.", valueName: "file"))
    var reportJson: String?

    func validate() throws {
        try RunConditions.checkRules(rule, of: "--rule")
        try places.expectNames()
    }

    private var places: ReportPlaces { ReportPlaces([("--report-json", reportJson, .report(.json))]) }

    func run() async throws {
        try places.expectRoom()
        let root = try selection.root.folder()
        let files = try selection.load(onMistakes: report)
        let definitions = try LabLoading.definitions(for: files, root: root) { try report([$0]) }
        var settings = RunSettings(root: root)
        settings.keeps = .counts
        let work = MutationRun(
            files, with: Runner(definitions: definitions, settings: settings), seed: seed,
            jobs: threads.count)
        let broken = await work.brokenAlready()
        guard broken.isEmpty else {
            let names = broken.prefix(5).map(\.file.name).joined(separator: ", ")
            let counted = TextReport.counted(broken.count, "scenario")
            let told = broken.count == 1 ? "does not hold as it is" : "do not hold as they are"
            throw CommandFailure(.stuck, "\(counted) \(told): \(names)")
        }
        let rules = SwitchCatalogue.all.rules.filter { rule.isEmpty || rule.contains($0.name) }
        let width = rules.map(\.name.utf8.count).max() ?? 0
        let mutations = await work.run(rules, quick: quick) { mutation in
            Terminal.write(mutation.line(width: width))
            if verbose { for file in mutation.noticedBy { Terminal.write("             \(file.name)") } }
            for file in mutation.deaf { Terminal.write("             \(file.name) says it breaks and holds") }
        }
        let survivors = mutations.filter(\.survived)
        let score = rules.isEmpty ? 100 : 100 * (rules.count - survivors.count) / rules.count
        let counted = TextReport.counted(rules.count, "rule")
        Terminal.write("\(counted), \(rules.count - survivors.count) caught, score \(score) %")
        if let reportJson {
            let report: JSONValue = [
                "rules": .array(mutations.map(\.json)), "score": .int(Int64(score)), "seed": .string(String(seed)),
            ]
            try OutputFile.report.of(.json).write(report.pretty, to: reportJson)
        }
        try leave(survivors.isEmpty ? .held : .failed)
    }

    /// Where files have mistakes no rule was turned off, so there is no score.
    private func report(_ mistakes: [Diagnostic]) throws {
        guard let reportJson else { return }
        let report: JSONValue = [
            "rules": [], "seed": .string(String(seed)), "mistakes": .array(mistakes.map { FileMistake($0).json }),
        ]
        try OutputFile.report.of(.json).write(report.pretty, to: reportJson)
    }
}
