import Explore
import Foundation
import Harness
import Kernel
import Scenario

/// Runs that are told to a person: what `demo` and `learn` share.
enum Telling {
    /// The scenario at a path; the first of them where a file holds several.
    static func file(_ path: String, _ folder: String) throws -> ScenarioFile {
        guard FileManager.default.fileExists(atPath: Library.place(of: path, root: folder)) else {
            throw CommandFailure(.usage, "\(path): there is no such file")
        }
        let (files, mistakes) = Library.load(paths: [path], root: folder)
        try ScenarioSelection.tell(mistakes)
        guard let file = files.first else { throw CommandFailure(.usage, "\(path): there is no scenario") }
        return file
    }

    static func play(
        _ file: ScenarioFile, _ folder: String, seed: UInt64, rulesOff: [String] = []
    ) async throws -> ScenarioResult {
        let definitions = try LabLoading.definitions(for: [file], root: folder)
        return await Runner(definitions: definitions).run(file, seed: seed, rulesOff: rulesOff)
    }

    static func remarks(_ folder: String) throws -> [Narration.Remark] {
        guard let source = source("mocks/narration.yaml", folder) else { return [] }
        do {
            return try Narration.remarks(source)
        } catch {
            throw CommandFailure(.unparsed, error.rendered)
        }
    }

    static func source(_ name: String, _ folder: String) -> Source? {
        FileManager.default.contents(atPath: "\(folder)/\(name)").map {
            Source(name: name, text: String(decoding: $0, as: UTF8.self))
        }
    }

    /// Longer lines are hard to read, however wide the terminal is.
    static var width: Int { min(100, Terminal.columns ?? 100) }

    static func show(_ line: Narration.Line) {
        let columns = Terminal.columns
        Terminal.write(asItIs: Terminal.showsColour ? coloured(line, columns) : plain(line, columns))
    }

    /// `columns` is what there is room for; nil for as much as there is.
    static func plain(_ line: Narration.Line, _ columns: Int? = nil) -> String {
        let said = line.text.shownWithoutOrders
        let text = line.kind == .step ? "\n--- \(said)" : said
        guard let columns else { return text }
        return text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { fitted($0, line.kind, columns) }.joined(separator: "\n")
    }

    /// A line broken between words, with what is left over below its beginning.
    private static func fitted(_ line: Substring, _ kind: Narration.Line.Kind, _ columns: Int) -> String {
        // A message begins behind the time of day.
        let clock = kind == .message ? 8 : 0
        let begin = line.prefix(clock).count + line.dropFirst(clock).prefix { $0 == " " }.count
        let indent = kind == .why || kind == .title || kind == .step ? begin : begin + 2
        guard indent + 20 < columns else { return String(line) }
        var (rows, rest) = ([String](), line)
        while rest.count > columns {
            let room = rest.prefix(columns + 1)
            guard let space = room.dropFirst(rows.isEmpty ? begin : indent).lastIndex(of: " ") else { break }
            rows.append(String(rest[..<space]))
            let left = rest[space...].drop { $0 == " " }
            rest = Substring(String(repeating: " ", count: indent) + left)
        }
        return (rows + [String(rest)]).joined(separator: "\n")
    }

    static func coloured(_ line: Narration.Line, _ columns: Int? = nil) -> String {
        let colour =
            switch line.kind {
            case .title, .step: "1"
            case .message: "36"
            case .why: "2"
            case .move: "33"
            case .answer: "36"
            }
        return "\u{1B}[\(line.isVerdict ? "31" : colour)m\(plain(line, columns))\u{1B}[0m"
    }
}
