import ArgumentParser
import Explore
import Harness
import Kernel

/// Tells a run message by message, in the terminal or as a film.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo", abstract: "Tell a run: who speaks to whom, what moves, and why.",
        discussion: "Without a path it is method 2: the first tools/call asks for consent, the second one answers.")

    @OptionGroup var root: RootOption

    @Argument(help: "Scenario file; of a folder, or of a file that holds several, the first scenario is told.")
    var path = "scenarios/flow/method-2.yaml"

    @Flag(help: "Wait for the return key before each step.")
    var step = false

    @Option(help: ArgumentHelp("Write an asciicast (version 2) instead of showing it.", valueName: "file"))
    var cast: String?

    @Option(help: ArgumentHelp("Write a page that plays it instead of showing it.", valueName: "file"))
    var html: String?

    @Option(help: ArgumentHelp("Seed of every random value.", valueName: "n"))
    var seed: UInt64 = 1

    private var places: ReportPlaces {
        ReportPlaces([("--cast", cast, .report(.cast)), ("--html", html, .report(.playedPage))])
    }

    func validate() throws {
        try places.expectNames()
        guard step, let other = [("--cast", cast), ("--html", html)].first(where: { $0.1 != nil }) else { return }
        throw ValidationError("--step waits in a terminal; with \(other.0) nothing is shown in one.")
    }

    func run() async throws {
        try places.expectRoom()
        let folder = try root.folder()
        let file = try Telling.file(path, folder)
        let result = try await Telling.play(file, folder, seed: seed)
        let isShown = cast == nil && html == nil
        let narration = Narration(
            result, remarks: try Telling.remarks(folder), width: isShown ? Telling.width : 100)
        if let cast { try OutputFile.report.of(.cast).write(narration.cast { Telling.coloured($0) }, to: cast) }
        if let html { try OutputFile.report.of(.playedPage).write(narration.page, to: html) }
        if isShown { show(narration) }
        try leave(result.verdict == .held ? .held : .failed)
    }

    private func show(_ narration: Narration) {
        for line in narration.lines {
            if step, line.kind == .step {
                Terminal.say("    [return]")
                _ = readLine()
            }
            Telling.show(line)
        }
    }
}
