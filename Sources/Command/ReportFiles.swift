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
            "Write a JSON report; beside an HTML page with what that shows, for report merge.", valueName: "file"))
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
            (reportJson, { JSONReport.render(results, run: run, pages: reportHtml != nil).pretty }),
            (reportHtml, { HTMLReport.render(results, run: run) }),
        ]
        for (path, text) in files { if let path { try OutputFiles.put(text(), at: path) } }
        if let diagram { try diagrams(results, at: diagram) }
        if let record { try self.record(results, at: record) }
        try Self.tellGitHub(results)
    }

    private func diagrams(_ results: [ScenarioResult], at path: String) throws {
        let isSVG = path.hasSuffix(".svg")
        if isSVG || path.hasSuffix(".mmd") {
            guard let only = results.first, results.count == 1 else {
                throw CommandFailure(.usage, "--diagram \(path): one file shows one scenario; name a folder for more")
            }
            return try OutputFiles.put(isSVG ? SVGReport.render(only) : MermaidReport.render(only), at: path)
        }
        try OutputFiles.makeFolder(path)
        for result in results {
            let bare = result.file.name.replacingOccurrences(of: ".yaml", with: "")
            let name = String(
                bare.map { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "=" ? $0 : "_" }.prefix(180))
            let seed = result.seed == 1 ? "" : "-\(result.seed)"
            try OutputFiles.put(SVGReport.render(result), at: "\(path)/\(name)\(seed).svg")
            try OutputFiles.put(MermaidReport.render(result), at: "\(path)/\(name)\(seed).mmd")
        }
    }

    private func record(_ results: [ScenarioResult], at path: String) throws {
        do {
            for suffix in ["", "-wal", "-shm"] where FileManager.default.fileExists(atPath: path + suffix) {
                try FileManager.default.removeItem(atPath: path + suffix)
            }
            try Recording.write(results, to: path)
        } catch {
            throw CommandFailure(.stuck, "\(path): the record cannot be written: \(error)")
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
        try OutputFiles.put(text, at: path)
    }
}
