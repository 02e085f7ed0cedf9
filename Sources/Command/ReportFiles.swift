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

    func write(_ results: [ScenarioResult], run: JSONObject) throws {
        let seconds = run["seconds"]?.double
        let files: [(String?, () -> String)] = [
            (reportJunit, { JUnitReport.render(results, seconds: seconds) }),
            (reportTap, { TAPReport.render(results) }),
            (reportJson, { JSONReport.render(results, run: run, pages: reportHtml != nil || diagram != nil).pretty }),
            (reportHtml, { HTMLReport.render(results, run: run) }),
        ]
        for (path, text) in files { if let path { try OutputFile.report.write(text(), to: path) } }
        if let diagram { try Self.draw(results, at: diagram) }
        if let record { try self.record(results, at: record) }
        try Self.tellGitHub(results)
    }

    /// One file for one run, or a folder with two files for each.
    static func draw(_ results: [some PageRow], at path: String) throws {
        let isSVG = path.hasSuffix(".svg")
        if isSVG || path.hasSuffix(".mmd") {
            guard let only = results.first, results.count == 1 else {
                throw CommandFailure(.usage, "--diagram \(path): one file shows one scenario; name a folder for more")
            }
            return try OutputFile.report.write(
                isSVG ? SVGReport.render(only.story) : MermaidReport.render(only.story), to: path)
        }
        for result in results {
            let bare = result.name(amongSeeds: false).replacingOccurrences(of: ".yaml", with: "")
            let name = String(
                bare.map { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "=" ? $0 : "_" }.prefix(180))
            let seed = result.seed == 1 ? "" : "-\(result.seed)"
            let story = result.story
            try OutputFile.reportInFolder.write(SVGReport.render(story), to: "\(path)/\(name)\(seed).svg")
            try OutputFile.reportInFolder.write(MermaidReport.render(story), to: "\(path)/\(name)\(seed).mmd")
        }
    }

    private func record(_ results: [ScenarioResult], at path: String) throws {
        do {
            try OutputFile.report.make(at: path) { aside in
                try Recording.write(results, to: aside)
                // What SQLite left beside an older one is not of this one.
                for end in ["-wal", "-shm"] { unlink(path + end) }
            }
        } catch let failure as StoreFailure {
            throw CommandFailure(.stuck, "\(path): the record cannot be written: \(failure)")
        }
    }

    /// Annotations and the summary of a step, where GitHub Actions asks for them.
    static func tellGitHub(_ results: [some ReportRow], annotates: Bool = true) throws {
        let environment = ProcessInfo.processInfo.environment
        guard environment["GITHUB_ACTIONS"] == "true" else { return }
        let annotations = annotates ? GitHubReport.annotations(results).trimmedEnd : ""
        if !annotations.isEmpty { Terminal.write(annotations) }
        guard let path = environment["GITHUB_STEP_SUMMARY"], !path.isEmpty else { return }
        let earlier = FileManager.default.contents(atPath: path) ?? Data()
        let text = String(decoding: earlier, as: UTF8.self) + GitHubReport.summary(results)
        try OutputFile.report.write(text, to: path)
    }
}
