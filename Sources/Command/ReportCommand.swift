import ArgumentParser
import Foundation
import Harness
import Kernel
import Reports

/// What is done with reports after the runs.
struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Join reports of shards.", subcommands: [Merge.self])

    /// Joins the JSON reports of shards to one.
    struct Merge: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "merge", abstract: "Join the JSON reports of shards to one.",
            discussion: """
                Scenarios come in the order in which one machine would have run them. With --output the terminal has \
                what that machine would have told, annotations for GitHub Actions too, else the joined report \
                itself; GITHUB_STEP_SUMMARY has its table. For --report-html and --diagram the runs must have had one \
                of them as well: their JSON then carries what they show. Refuses reports that have a scenario twice, \
                and a set in which a shard is missing. Exit code 4 if any scenario failed that \
                was not expected to, 3 if one could not go on, 5 if the baseline of the runs is stale. \
                Joins reports of explore too: exit code 4 if one has a finding. Where files had mistakes, every report \
                tells them: exit code 2. It makes no tables: --record writes those from journals, which no report \
                carries; name such a file for each shard.
                """)

        @Argument(help: "Reports that run or explore wrote with --report-json.")
        var reports: [String]

        @Option(name: .shortAndLong, help: ArgumentHelp("Where to write it (default: stdout).", valueName: "file"))
        var output: String?

        @OptionGroup var shared: SharedReports

        private var places: ReportPlaces {
            // A report that is joined is not written over: the join could not be repeated.
            let joined: [(flag: String, path: String?, kind: ReportPlaces.Kind)] = Set(reports).sorted().map {
                ("the report", $0, .source)
            }
            return ReportPlaces([("--output", output, .report(.json))] + shared.places + joined)
        }

        func validate() throws { try places.expectNames() }

        func run() throws {
            try places.expectRoom()
            let found = try read()
            let merged: JSONValue
            do {
                merged = try MergedReport.merge(found)
            } catch {
                throw CommandFailure(.stuck, "\(error)")
            }
            if merged["findings"] != nil {
                if let asked = shared.places.first(where: { $0.path != nil }) {
                    throw CommandFailure(.usage, "\(asked.flag): what explore found has no such report")
                }
            }
            // Before anything is written.
            if let page = shared.reportHtml { try Self.expectPages(of: found, for: "--report-html \(page)") }
            if let diagram = shared.diagram { try Self.expectPages(of: found, for: "--diagram \(diagram)") }
            if let output {
                try OutputFile.report.of(.json).write(merged.pretty, to: output)
            } else {
                Terminal.write(json: merged)
            }
            if let findings = merged["findings"]?.array {
                let walked = merged["edges"]?.array?.count ?? 0
                let all = walked + (merged["edgesMissing"]?.array?.count ?? 0)
                Terminal.say("\(TextReport.counted(findings.count, "finding")), \(walked) of \(all) edges walked")
                try Self.tell(FileMistake.all(of: merged))
                return try leave(findings.isEmpty ? .held : .failed)
            }
            try tell(MergedRow.rows(of: merged), FileMistake.all(of: merged), run: merged["run"]?.object ?? [:])
        }

        private func read() throws -> [(name: String, json: JSONValue)] {
            try reports.map { path in
                guard let data = FileManager.default.contents(atPath: path) else {
                    throw CommandFailure(.usage, "\(path): there is no such file")
                }
                guard let json = try? JSONValue(parsing: Array(data)) else {
                    throw CommandFailure(.unparsed, "\(path): this is no JSON")
                }
                return (path, json)
            }
        }

        private static func expectPages(of reports: [(name: String, json: JSONValue)], for flag: String) throws {
            for report in reports where MergedRow.rows(of: report.json).contains(where: { $0.page == nil }) {
                throw CommandFailure(
                    .stuck,
                    "\(flag): \(report.name) carries no pages; its run needs --report-html or --diagram too")
            }
        }

        private func tell(_ rows: [MergedRow], _ mistakes: [FileMistake], run: JSONObject) throws {
            try shared.write(rows, mistakes: mistakes, run: run)
            try ReportFiles.tellGitHub(rows, mistakes: mistakes, run: run, annotates: output != nil)
            if output == nil {
                Terminal.say(TextReport.summary(rows))
            } else if !rows.isEmpty || mistakes.isEmpty {
                Terminal.write(asItIs: Terminal.coloured(TextReport.render(rows).trimmedEnd))
            }
            let stale = BaselineFinding.stale(in: run)
            for line in stale { Terminal.say(line) }
            try Self.tell(mistakes)
            let verdicts = Set(rows.filter(\.isWrong).map(\.verdict))
            try leave(
                verdicts.contains(.failed)
                    ? .failed : verdicts.contains(.error) ? .stuck : stale.isEmpty ? .held : .stale)
        }

        private static func tell(_ mistakes: [FileMistake]) throws {
            for mistake in mistakes { Terminal.say(mistake.rendered) }
            guard mistakes.isEmpty else { throw CommandFailure(.unparsed, FileMistake.counted(mistakes.count)) }
        }
    }
}
