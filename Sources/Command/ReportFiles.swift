import ArgumentParser
import Foundation
import Harness
import Kernel
import Reports
import Scenario

/// Which reports a run writes, and where.
struct ReportFiles: ParsableArguments {
    @Option(help: ArgumentHelp("Write a JUnit report.", valueName: "file"))
    var reportJunit: String?

    @Option(help: ArgumentHelp("Write a TAP report.", valueName: "file"))
    var reportTap: String?

    @Option(
        help: ArgumentHelp(
            "Write a JSON report; beside a page or diagrams with what these show, for report merge.",
            valueName: "file"))
    var reportJson: String?

    @Option(help: ArgumentHelp("Write one page with every step, token and diagram.", valueName: "file"))
    var reportHtml: String?

    @Option(
        help: ArgumentHelp(
            "Write sequence diagrams: FILE.svg or FILE.mmd for one scenario, else a folder.", valueName: "path"))
    var diagram: String?

    @Option(help: ArgumentHelp("Write every run with its journal as tables.", valueName: "file.sqlite"))
    var record: String?

    /// Journals are kept only where somebody will read them.
    var keeps: RunSettings.Keeping {
        if reportHtml != nil || diagram != nil || record != nil { return .journals }
        return reportJson != nil ? .seals : .counts
    }

    var places: ReportPlaces {
        ReportPlaces([
            ("--report-junit", reportJunit, .report(.junit)), ("--report-tap", reportTap, .report(.tap)),
            ("--report-json", reportJson, .report(.json)), ("--report-html", reportHtml, .report(.page)),
            ("--diagram", diagram, .diagram(at: diagram)), ("--record", record, .file(.tables)),
        ])
    }

    func validate() throws { try places.expectNames() }

    /// Where files have mistakes nothing was run: what continuous integration reads tells them, and there are neither
    /// diagrams nor tables.
    func write(_ results: [ScenarioResult], mistakes: [FileMistake] = [], run: JSONObject) throws {
        try Self.write(results, mistakes, run, junit: reportJunit, tap: reportTap, html: reportHtml)
        if let reportJson {
            let hasPages = reportHtml != nil || diagram != nil
            let report = JSONReport.render(results, mistakes: mistakes, run: run, pages: hasPages)
            try OutputFile.report.of(.json).write(report.pretty, to: reportJson)
        }
        if mistakes.isEmpty {
            if let diagram { try Self.draw(results, at: diagram) }
            if let record { try self.record(results, at: record) }
        }
        try Self.tellGitHub(results, mistakes: mistakes)
    }

    /// The reports that can be made of runs on other machines too.
    static func write(
        _ rows: [some PageRow], _ mistakes: [FileMistake], _ run: JSONObject, junit: String?, tap: String?,
        html: String?
    ) throws {
        let leftOut = Int(run["leftOut"]?.int ?? 0)
        let files: [(String?, ReportKind, () -> String)] = [
            (junit, .junit, { JUnitReport.render(rows, mistakes: mistakes, seconds: run["seconds"]?.double) }),
            (tap, .tap, { TAPReport.render(rows, mistakes: mistakes, leftOut: leftOut) }),
            (html, .page, { HTMLReport.render(rows, mistakes: mistakes, run: run) }),
        ]
        for (path, kind, text) in files { if let path { try OutputFile.report.of(kind).write(text(), to: path) } }
    }

    static func draw(_ results: [some PageRow], at path: String) throws {
        let isSVG = path.hasSuffix(".svg")
        if isSVG || path.hasSuffix(".mmd") {
            guard let only = results.first, results.count == 1 else {
                throw CommandFailure(.usage, "--diagram \(path): one file shows one scenario; name a folder for more")
            }
            return try OutputFile.report.of(isSVG ? .svg : .mermaid).write(
                isSVG ? SVGReport.render(only.story) : MermaidReport.render(only.story), to: path)
        }
        for result in results {
            // A name of a file may end with a number too, and none has a full stop before it.
            let seed = result.seed == 1 ? "" : ".seed-\(result.seed)"
            let (story, name) = (result.story, "\(path)/\(RunFileName(result))\(seed)")
            try OutputFile.reportInFolder.of(.svg).write(SVGReport.render(story), to: "\(name).svg")
            try OutputFile.reportInFolder.of(.mermaid).write(MermaidReport.render(story), to: "\(name).mmd")
        }
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
        _ results: [some ReportRow], mistakes: [FileMistake] = [], annotates: Bool = true
    ) throws {
        let environment = ProcessInfo.processInfo.environment
        guard environment["GITHUB_ACTIONS"] == "true" else { return }
        let annotations =
            annotates ? GitHubReport.annotations(results, mistakes: mistakes).trimmedEnd : ""
        if !annotations.isEmpty { Terminal.write(asItIs: annotations) }
        guard let path = environment["GITHUB_STEP_SUMMARY"], !path.isEmpty else { return }
        let earlier = FileManager.default.contents(atPath: path) ?? Data()
        let text = String(decoding: earlier, as: UTF8.self) + GitHubReport.summary(results, mistakes: mistakes)
        try OutputFile.report.write(text, to: path)
    }
}
