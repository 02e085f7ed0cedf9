import ArgumentParser
import Foundation
import Harness
import Kernel
import Reports
import Scenario

/// Which reports a run writes, and where.
struct ReportFiles: ParsableArguments {
    @OptionGroup var shared: SharedReports

    @Option(
        help: ArgumentHelp(
            "Write a JSON report; beside a page or diagrams with what these show, for report merge.",
            valueName: "file"))
    var reportJson: String?

    @Option(help: ArgumentHelp("Write every run with its journal as tables.", valueName: "file.sqlite"))
    var record: String?

    /// Journals are kept only where somebody will read them.
    var keeps: RunSettings.Keeping {
        if hasPages || record != nil { return .journals }
        return reportJson != nil ? .seals : .counts
    }

    var places: ReportPlaces {
        ReportPlaces(
            shared.places + [("--report-json", reportJson, .report(.json)), ("--record", record, .file(.tables))])
    }

    private var hasPages: Bool { shared.reportHtml != nil || shared.diagram != nil }

    func validate() throws { try places.expectNames() }

    /// Where files have mistakes nothing was run: what continuous integration reads tells them, and there are neither
    /// diagrams nor tables.
    func write(_ results: [ScenarioResult], mistakes: [FileMistake] = [], run: JSONObject) throws {
        try shared.write(results, mistakes: mistakes, run: run)
        if let reportJson {
            let report = JSONReport.render(results, mistakes: mistakes, run: run, pages: hasPages)
            try OutputFile.report.of(.json).write(report.pretty, to: reportJson)
        }
        if mistakes.isEmpty, let record { try self.record(results, at: record) }
        try Self.tellGitHub(results, mistakes: mistakes, run: run)
    }

    private func record(_ results: [ScenarioResult], at path: String) throws {
        do {
            try OutputFile.tables.make(at: path) { aside in
                try Recording.write(results, to: aside)
                // What SQLite left beside an older one is not of this one.
                for end in ["-wal", "-shm"] { unlink(path + end) }
            }
        } catch let failure as StoreFailure {
            throw CommandFailure(.stuck, "\(path): the record cannot be written: \(failure)")
        }
    }

    /// Annotations and the summary of a step, where GitHub Actions asks for them.
    static func tellGitHub(
        _ results: [some ReportRow], mistakes: [FileMistake] = [], run: JSONObject, annotates: Bool = true
    ) throws {
        let stale = BaselineFinding.stale(in: run)
        let environment = ProcessInfo.processInfo.environment
        guard environment["GITHUB_ACTIONS"] == "true" else { return }
        let annotations =
            annotates ? GitHubReport.annotations(results, mistakes: mistakes, stale: stale).trimmedEnd : ""
        if !annotations.isEmpty { Terminal.write(asItIs: annotations) }
        guard let path = environment["GITHUB_STEP_SUMMARY"], !path.isEmpty else { return }
        let earlier = FileManager.default.contents(atPath: path) ?? Data()
        let summary = GitHubReport.summary(results, mistakes: mistakes, stale: stale)
        try OutputFile.report.write(String(decoding: earlier, as: UTF8.self) + summary, to: path)
    }
}
