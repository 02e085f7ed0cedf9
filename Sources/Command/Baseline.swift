import Foundation
import Harness
import Kernel
import Scenario

/// Scenarios that are known to fail: a path a line, or a path with its cell; `#` begins a remark.
struct Baseline {
    private let names: [String]

    /// - Throws: `CommandFailure` when the file cannot be read.
    init(file: String) throws {
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
            throw CommandFailure(.stuck, "--expected-failures \(file): the file cannot be read")
        }
        // Without a byte order mark, which would be part of the first name.
        let lines = Source(name: file, text: text).text.split(whereSeparator: \.isNewline)
        names = lines.map { trimmed($0.prefix { $0 != "#" }) }.filter { !$0.isEmpty }
    }

    func contains(_ file: ScenarioFile) -> Bool { names.contains { $0 == file.path || $0 == file.name } }

    /// Lines of which everything holds, and lines that name nothing any more.
    func stale(_ results: [ScenarioResult], root: String) -> [String] {
        names.compactMap { name in
            let meant = results.filter { $0.file.path == name || $0.file.name == name }
            if meant.isEmpty {
                // Another part or other tags may have it.
                let path = name.split(separator: " ").first.map(String.init) ?? name
                let place = Library.place(of: path, root: root)
                return FileManager.default.fileExists(atPath: place) ? nil : "\(name) is no scenario"
            }
            return meant.allSatisfy { $0.verdict == .held } ? "\(name) holds" : nil
        }
    }
}
