import ArgumentParser
import Harness
import Kernel
import Reports

/// Reports that can be made of runs here and of runs on other machines.
struct SharedReports: ParsableArguments {
    @Option(help: ArgumentHelp("Write a JUnit report.", valueName: "file"))
    var reportJunit: String?

    @Option(help: ArgumentHelp("Write a TAP report.", valueName: "file"))
    var reportTap: String?

    @Option(help: ArgumentHelp("Write one page with every step, token and diagram.", valueName: "file"))
    var reportHtml: String?

    @Option(
        help: ArgumentHelp(
            "Write sequence diagrams: FILE.svg or FILE.mmd for one scenario, else a folder.", valueName: "path"))
    var diagram: String?

    /// Those that were asked for and those that were not.
    var places: [(flag: String, path: String?, kind: ReportPlaces.Kind)] {
        [
            ("--report-junit", reportJunit, .report(.junit)), ("--report-tap", reportTap, .report(.tap)),
            ("--report-html", reportHtml, .report(.page)), ("--diagram", diagram, .diagram(at: diagram)),
        ]
    }

    /// Where files had mistakes there may be nothing to draw.
    func write(_ rows: [some PageRow], mistakes: [FileMistake], run: JSONObject) throws {
        let (leftOut, stale) = (Int(run["leftOut"]?.int ?? 0), BaselineFinding.stale(in: run))
        let seconds = run["seconds"]?.double
        let files: [(String?, ReportKind, () -> String)] = [
            (reportJunit, .junit, { JUnitReport.render(rows, mistakes: mistakes, stale: stale, seconds: seconds) }),
            (reportTap, .tap, { TAPReport.render(rows, mistakes: mistakes, stale: stale, leftOut: leftOut) }),
            (reportHtml, .page, { HTMLReport.render(rows, mistakes: mistakes, run: run) }),
        ]
        for (path, kind, text) in files { if let path { try OutputFile.report.of(kind).write(text(), to: path) } }
        if let diagram, !rows.isEmpty || mistakes.isEmpty { try Self.draw(rows, at: diagram) }
    }

    private static func draw(_ results: [some PageRow], at path: String) throws {
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
}
