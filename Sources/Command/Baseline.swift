import Foundation
import Harness
import Kernel
import Reports
import Scenario

/// Scenarios that are known to fail: a path a line, or a path with its cell; `#` begins the reason. A path is one from
/// the root or from where one stands, or an absolute one.
struct Baseline {
    private struct Line {
        /// As it stands there.
        let name: String
        let reason: String
        let path: String
        /// The file itself.
        let place: String
        /// `user=bob`; nil for every cell.
        let cell: String?
    }

    private let lines: [Line]
    private let root: String
    /// The file of them, as it was named.
    private let name: String

    /// What a line may mean that no result shows.
    struct Others {
        /// Those of every shard.
        let files: [ScenarioFile]
        /// How often each of them is run.
        let seedCount: Int
        /// How many runs of this shard were not begun.
        let leftOut: Int
        /// Where they were looked for; empty for the library.
        let paths: [String]
        /// Whether neither tags nor variables left any of them out.
        let isWhole: Bool
    }

    /// - Throws: `CommandFailure` when there is no such file, or it cannot be read.
    init(file: String, root: String) throws {
        guard FileManager.default.fileExists(atPath: file) else {
            throw CommandFailure(.usage, "--expected-failures \(file): there is no such file")
        }
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
            throw CommandFailure(.stuck, "--expected-failures \(file): the file cannot be read")
        }
        (self.root, name) = (root, file)
        // Without a byte order mark, which would be part of the first name.
        lines = Source(name: file, text: text).text.split(whereSeparator: \.isNewline).compactMap { line in
            let parts = line.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
            let name = trimmed(parts[0])
            guard !name.isEmpty else { return nil }
            let open = name.hasSuffix("]") ? name.range(of: " [") : nil
            let path = open.map { String(name[..<$0.lowerBound]) } ?? name
            return Line(
                name: name, reason: parts.count > 1 ? trimmed(parts[1]) : "", path: path,
                place: Self.file(at: Library.place(of: path, root: root)),
                cell: open.map { String(name[$0.upperBound...].dropLast()) })
        }
    }

    /// Those that did not hold and were known not to, as such.
    static func marked(_ results: [ScenarioResult], by baseline: Baseline?) -> [ScenarioResult] {
        guard let baseline else { return results }
        return results.map { result in
            guard result.isWrong, let line = baseline.line(for: result) else { return result }
            return result.expected(because: line.reason)
        }
    }

    /// Whether it may fail.
    func knows(_ result: ScenarioResult) -> Bool { line(for: result) != nil }

    private func line(for result: ScenarioResult) -> Line? {
        let place = place(of: result.file)
        return lines.first { Self.means($0, result.file, place) }
    }

    /// Lines of which everything holds, and lines that mean no scenario.
    func finding(_ results: [ScenarioResult], among others: Others) -> BaselineFinding {
        let ended = results.map { (result: $0, place: place(of: $0.file)) }
        let known = others.files.map { (file: $0, place: place(of: $0)) }
        var finding = BaselineFinding()
        for line in lines {
            let there = known.count { Self.means(line, $0.file, $0.place) } * others.seedCount
            guard there > 0 else {
                if !isElsewhere(line, others) { finding.stale.append(told(line, "is no scenario")) }
                continue
            }
            let meant = ended.filter { Self.means(line, $0.result.file, $0.place) }
            let (holds, told) = (meant.allSatisfy { $0.result.verdict == .held }, told(line, "holds"))
            if meant.count == there {
                if holds { finding.stale.append(told) }
            } else if !holds || others.leftOut > 0 {
                finding.open.append(told)
            } else if !meant.isEmpty {
                finding.held.append(told)
            }
        }
        return finding
    }

    /// What a person is told of a stale line.
    private func told(_ line: Line, _ why: String) -> String { "\(line.name) \(why): take it out of \(name)" }

    /// Whether this run does not know of it: a file that was not asked for, or that tags or variables left out.
    private func isElsewhere(_ line: Line, _ others: Others) -> Bool {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: line.place, isDirectory: &isFolder), !isFolder.boolValue else {
            return false
        }
        guard others.isWhole else { return true }
        let paths = others.paths.isEmpty ? [RootOption.scenarios(in: root)] : others.paths
        return !paths.contains { path in
            let place = Self.file(at: Library.place(of: path, root: root))
            return line.place == place || line.place.hasPrefix("\(place)/")
        }
    }

    private static func means(_ line: Line, _ file: ScenarioFile, _ place: String) -> Bool {
        if line.name == file.path || line.name == file.name { return true }
        guard line.path == file.path || line.place == place else { return false }
        return line.cell.map { $0 == file.cellText } ?? true
    }

    /// Reports name a file from the root, wherever one stands.
    private func place(of file: ScenarioFile) -> String {
        let below = "\(root)/\(file.path)"
        let isBelow = !file.path.hasPrefix("/") && FileManager.default.fileExists(atPath: below)
        return Self.file(at: isBelow ? below : file.path)
    }

    /// Without `.`, `..` and links on the way.
    private static func file(at path: String) -> String {
        URL(fileURLWithPath: path).standardizedFileURL.resolvingSymlinksInPath().path
    }
}
