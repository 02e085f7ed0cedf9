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

    static func plain(_ line: Narration.Line) -> String {
        line.kind == .step ? "\n--- \(line.text)" : line.text
    }

    static func coloured(_ line: Narration.Line) -> String {
        let colour =
            switch line.kind {
            case .title, .step: "1"
            case .message: "36"
            case .why: "2"
            case .move: "33"
            case .answer: "36"
            }
        return "\u{1B}[\(line.isVerdict ? "31" : colour)m\(plain(line))\u{1B}[0m"
    }
}
