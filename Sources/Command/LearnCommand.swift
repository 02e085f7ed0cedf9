import ArgumentParser
import Explore
import Foundation
import Harness
import Kernel
import Scenario

/// Plays a lesson: a run that stops before each message and asks.
struct LearnCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "learn", abstract: "Play a lesson: it stops before each message and asks what comes next.",
        discussion: "Without a lesson it lists them. Lessons are files in mocks/lessons.")

    @OptionGroup var root: RootOption

    @Argument(help: "Number or name of the lesson.")
    var lesson: String?

    @Option(help: ArgumentHelp("Write a page that plays it in a browser instead.", valueName: "file"))
    var html: String?

    @Option(help: ArgumentHelp("Seed of every random value.", valueName: "n"))
    var seed: UInt64 = 1

    private var places: ReportPlaces { ReportPlaces([("--html", html, .report(.playedPage))]) }

    func validate() throws { try places.expectNames() }

    func run() async throws {
        try places.expectRoom()
        let folder = try root.folder()
        let names = LabLoading.names(in: "\(folder)/mocks/lessons")
        guard let lesson else { return try list(names, folder) }
        guard
            let name = names.first(where: { $0 == lesson || $0.hasPrefix("\(lesson)-") || $0.hasSuffix("-\(lesson)") })
        else {
            let hint = Suggestion.hint(for: lesson, among: names).map { "; \($0)" } ?? ""
            throw CommandFailure(.usage, "\(lesson): there is no such lesson\(hint)")
        }
        try await play(try Self.lesson(name, folder), folder)
    }

    private func list(_ names: [String], _ folder: String) throws {
        for (number, name) in names.enumerated() {
            Terminal.write("\(number + 1)  \(try Self.lesson(name, folder).title)")
        }
        Terminal.say("\nBegin with: agentcore-local learn 1")
    }

    private func play(_ lesson: Lesson, _ folder: String) async throws {
        let remarks = try Telling.remarks(folder)
        let held = try await narration(lesson.scenario, without: [], remarks, folder)
        let play = LessonPlay(lesson, held, width: Telling.width) { breaking in
            do {
                let whole = try await narration(breaking.scenario, without: [], remarks, folder)
                let broken = try await narration(breaking.scenario, without: [breaking.rule], remarks, folder)
                return Consequence(held: whole, broken: broken)
            } catch {
                return Consequence(failure: "\(error)")
            }
        } read: { prompt in
            Terminal.ask(prompt)
            let line = readLine()
            // Without a terminal nobody's return key ends the line.
            if isatty(STDIN_FILENO) == 0 { Terminal.write("") }
            return line
        } say: { line in
            Telling.show(line)
        }
        guard let html else {
            _ = await play.run()
            return
        }
        try OutputFile.report.of(.playedPage).write(await play.page(), to: html)
    }

    private func narration(
        _ path: String, without rules: [String], _ remarks: [Narration.Remark], _ folder: String
    ) async throws -> Narration {
        let file = try Telling.file(path, folder)
        let result = try await Telling.play(file, folder, seed: seed, rulesOff: rules)
        if rules.isEmpty, result.verdict != .held { throw CommandFailure(.stuck, "\(path) does not hold") }
        return Narration(result, remarks: remarks)
    }

    private static func lesson(_ name: String, _ folder: String) throws -> Lesson {
        let path = "mocks/lessons/\(name).yaml"
        do {
            return try Lesson(name: name, source: Telling.source(path, folder) ?? Source(name: path, text: ""))
        } catch {
            throw CommandFailure(.unparsed, error.rendered)
        }
    }
}
