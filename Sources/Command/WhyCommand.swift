import ArgumentParser
import Explore
import Foundation
import Harness
import Kernel
import Scenario

/// From an error text to the scenarios that produce it.
struct WhyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "why", abstract: "Explain an error text by the smallest scenarios that produce it.",
        discussion: """
            The library is played and the answers of its parties are compared with the text; ids, URLs and numbers \
            in it do not matter, nor do a log or a client's words around it. JSON may be cut short, and of a URL's \
            query error and error_description are read. - reads the text from standard input. One \
            scenario per cause, the likeliest first. Without a text: every error there is. Exit code 4: nothing like \
            it is known.
            """)

    // A code such as -32042 is no flag.
    @Argument(parsing: .allUnrecognized, help: "The error text, or some words of it.")
    var text: [String] = []

    @OptionGroup var root: RootOption

    @Option(help: "How many causes to name.")
    var most = 5

    @Flag(help: "As JSON.")
    var json = false

    func validate() throws {
        guard most > 0 else { throw ValidationError("--most must be at least 1.") }
        for word in text.prefix(while: { $0 != "--" })
        where word != "-" && word.hasPrefix("-") && word.dropFirst().first?.isNumber != true {
            throw ValidationError("Unknown option '\(word)'")
        }
    }

    func run() async throws {
        let folder = try root.folder()
        let asked = Self.asked(text)
        let (files, mistakes) = Library.load(paths: [RootOption.scenarios(in: folder)], root: folder)
        try ScenarioSelection.tell(mistakes)
        let definitions = try LabLoading.definitions(for: files, root: folder)
        let settings = RunSettings(root: folder)
        let results = await Runner(definitions: definitions, settings: settings).run(
            files, jobs: JobsOption.standard)
        let search = ErrorSearch(results)
        let found = asked.isEmpty ? search.all.map { ($0, 1) } : search.find(asked, most: most)
        let ledger = Ledger.load(root: folder).0
        if json {
            Terminal.write(json: .array(found.map { row($0.error, $0.score, ledger) }))
        } else {
            for (error, score) in found { tell(error, score, ledger) }
        }
        guard found.isEmpty else { return }
        throw CommandFailure(.failed, "no scenario makes a party say anything like that")
    }

    /// Empty for every error there is.
    private static func asked(_ text: [String]) -> String {
        // The parser leaves what ends the flags among the words.
        let words = text.filter { $0 != "--" }
        guard words == ["-"] else { return words.joined(separator: " ") }
        return trimmed(String(decoding: FileHandle.standardInput.readDataToEndOfFile(), as: UTF8.self))
    }

    private func row(_ error: KnownError, _ score: Double, _ ledger: Ledger) -> JSONValue {
        [
            "scenario": .string(error.file.name), "title": .string(error.file.scenario),
            "about": error.file.about.map { .string($0) } ?? .null, "party": .string(error.party.rawValue),
            "receiver": error.receiver.map { .string($0.rawValue) } ?? .null, "form": .string(error.form),
            "message": .string(error.message),
            "rule": error.rule.map { .string($0) } ?? .null, "likeness": .double((score * 100).rounded() / 100),
            "spec": .strings(error.file.spec),
            "sources": .strings(error.file.spec.compactMap { ledger[$0]?.source }),
        ]
    }

    private func tell(_ error: KnownError, _ score: Double, _ ledger: Ledger) {
        Terminal.write("\(error.file.scenario)")
        let told = error.receiver.map { " to \($0)" } ?? ""
        Terminal.write("    \(error.party) says\(told) (\(error.form)): \(trimmed(error.message))")
        if let rule = error.rule { Terminal.write("    by the rule \(rule)") }
        if let about = error.file.about { Terminal.write("    \(about.trimmedEnd)") }
        for row in error.file.spec.compactMap({ ledger[$0] }) {
            Terminal.write("    \(row.id) (\(row.mark.rawValue)): \(row.source)")
        }
        Terminal.write("    see it: agentcore-local run \(error.file.path)")
        Terminal.write("")
    }
}
