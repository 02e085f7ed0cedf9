import ArgumentParser
import Explore
import Foundation
import Harness
import Kernel
import Scenario

/// Tells a run message by message, in the terminal or as a film.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo", abstract: "Tell a run: who speaks to whom, what moves, and why.",
        discussion: "Without a path it is method 2: the first tools/call asks for consent, the second one answers.")

    @OptionGroup var root: RootOption

    @Argument(help: "Scenario file (default: scenarios/flow/method-2.yaml).")
    var path = "scenarios/flow/method-2.yaml"

    @Flag(help: "Wait for the return key before each step.")
    var step = false

    @Option(help: ArgumentHelp("Write an asciicast (version 2) instead of showing it.", valueName: "file"))
    var cast: String?

    @Option(help: ArgumentHelp("Write a page that plays it instead of showing it.", valueName: "file"))
    var html: String?

    @Option(help: ArgumentHelp("Seed of every random value.", valueName: "n"))
    var seed: UInt64 = 1

    func run() async throws {
        let folder = try root.folder()
        guard FileManager.default.fileExists(atPath: Library.place(of: path, root: folder)) else {
            throw CommandFailure(.usage, "\(path): there is no such file")
        }
        let (files, mistakes) = Library.load(paths: [path], root: folder)
        try ScenarioSelection.tell(mistakes)
        guard let file = files.first else { throw CommandFailure(.usage, "\(path): there is no scenario") }
        let result = try await play(file, folder)
        let narration = Narration(result, remarks: try remarks(folder))
        if let cast { try ReportFiles.put(narration.cast { Self.coloured($0) }, at: cast) }
        if let html { try ReportFiles.put(narration.page, at: html) }
        if cast == nil, html == nil { show(narration) }
        try leave(result.verdict == .held ? .held : .failed)
    }

    private func play(_ file: ScenarioFile, _ folder: String) async throws -> ScenarioResult {
        do {
            let definitions = try Library.definitions(for: [file], root: folder)
            return await Runner(definitions: definitions).run(file, seed: seed)
        } catch {
            throw CommandFailure(.unparsed, "a lab has a mistake\n\(error.rendered)")
        }
    }

    private func remarks(_ folder: String) throws -> [Narration.Remark] {
        let name = "mocks/narration.yaml"
        let text = FileManager.default.contents(atPath: "\(folder)/\(name)").map { String(decoding: $0, as: UTF8.self) }
        do {
            let node = try DocumentNode.parse(Source(name: name, text: text ?? "messages: []"))
            return (node.json["messages"]?.array ?? []).compactMap { Narration.Remark($0) }
        } catch {
            throw CommandFailure(.unparsed, error.rendered)
        }
    }

    private func show(_ narration: Narration) {
        for line in narration.lines {
            if step, line.kind == .step {
                Terminal.say("    [return]")
                _ = readLine()
            }
            Terminal.write(Terminal.showsColour ? Self.coloured(line) : Self.plain(line))
        }
    }

    private static func plain(_ line: Narration.Line) -> String {
        line.kind == .step ? "\n--- \(line.text)" : line.text
    }

    private static func coloured(_ line: Narration.Line) -> String {
        let colour =
            switch line.kind {
            case .title, .step: "1"
            case .message: "36"
            case .why: "2"
            case .move: "33"
            case .answer: "36"
            }
        return "\u{1B}[\(colour)m\(plain(line))\u{1B}[0m"
    }
}
