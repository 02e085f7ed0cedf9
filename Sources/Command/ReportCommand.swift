import ArgumentParser
import Foundation
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
                Refuses reports that have a scenario twice, and a set in which a shard is missing. Exit code 4 if any \
                scenario failed, 3 if one could not go on. Joins reports of explore too: exit code 4 if one has a \
                finding.
                """)

        @Argument(help: "Reports that run or explore wrote with --report-json.")
        var reports: [String]

        @Option(name: .shortAndLong, help: ArgumentHelp("Where to write it (default: stdout).", valueName: "file"))
        var output: String?

        func run() throws {
            let found = try reports.map { path -> (name: String, json: JSONValue) in
                guard let data = FileManager.default.contents(atPath: path) else {
                    throw CommandFailure(.usage, "\(path): there is no such file")
                }
                guard let json = try? JSONValue(parsing: Array(data)) else {
                    throw CommandFailure(.unparsed, "\(path): this is no JSON")
                }
                return (path, json)
            }
            let merged: JSONValue
            do {
                merged = try MergedReport.merge(found)
            } catch {
                throw CommandFailure(.stuck, "\(error)")
            }
            if let output {
                try ReportFiles.put(merged.pretty, at: output)
            } else {
                Terminal.write(merged.pretty)
            }
            if let findings = merged["findings"]?.array {
                let walked = merged["edges"]?.array?.count ?? 0
                let all = walked + (merged["edgesMissing"]?.array?.count ?? 0)
                Terminal.say("\(findings.count) findings, \(walked) of \(all) edges walked")
                return try leave(findings.isEmpty ? .held : .failed)
            }
            let summary = merged["summary"]
            let count = { (name: String) in summary?[name]?.int ?? 0 }
            Terminal.say("\(count("scenarios")) scenarios, \(count("held")) held, \(count("failed")) failed")
            try leave(count("failed") > 0 ? .failed : count("errors") > 0 ? .stuck : .held)
        }
    }
}
