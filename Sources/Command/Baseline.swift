import Foundation
import Harness
import Kernel
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

    /// What a line may mean that no result shows.
    struct Others {
        /// Those of every shard.
        let files: [ScenarioFile]
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
        self.root = root
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
            guard result.isWrong else { return result }
            let place = baseline.place(of: result.file)
            guard let line = baseline.lines.first(where: { Self.means($0, result.file, place) }) else { return result }
            return result.expected(because: line.reason)
        }
    }

    /// Lines of which everything holds, and lines that mean no scenario.
    func stale(_ results: [ScenarioResult], among others: Others) -> [String] {
        let ended = results.map { (result: $0, place: place(of: $0.file)) }
        let known = others.files.map { (file: $0, place: place(of: $0)) }
        return lines.compactMap { line in
            let meant = ended.filter { Self.means(line, $0.result.file, $0.place) }
            guard meant.isEmpty else {
                return meant.allSatisfy { $0.result.verdict == .held } ? "\(line.name) holds" : nil
            }
            // Another shard has it, or it was not begun.
            if known.contains(where: { Self.means(line, $0.file, $0.place) }) { return nil }
            return isElsewhere(line, others) ? nil : "\(line.name) is no scenario"
        }
    }

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
