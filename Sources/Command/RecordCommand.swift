import ArgumentParser
import Explore
import Foundation
import Harness
import Kernel
import Scenario

/// Makes a scenario of a recording.
struct RecordCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "record",
        abstract: "Make a scenario of a HAR, or of the journal of a served lab, and run it.",
        discussion: """
            Reads what a browser or a proxy wrote as HAR, or the answer of GET /_local/journal. What people and \
            programs did becomes steps; state, code, session and tokens are captured anew, and passwords, cookies, \
            secrets and tokens are left behind. What was seen and becomes no step is named as left out: a journal \
            names a fault and does not describe it. A gateway that the recording uses without making it is taken from \
            scenarios/given. The scenario is then run once: exit code 4 if it does not hold.
            """)

    @Argument(help: ArgumentHelp("The HAR or the journal; - reads standard input.", valueName: "file"))
    var file: String

    @Option(
        name: .shortAndLong, help: "Write the scenario to FILE, which must not be there (default: standard output).")
    var output: String?

    @Option(help: "What the scenario says it shows.")
    var title = "A recorded flow"

    @Option(help: "The lab that plays the parties.")
    var lab = "default"

    @Option(help: "First port of the served lab that was recorded.")
    var portBase = 4580

    @Option(help: "The endpoints file of the served lab that was recorded.")
    var endpointsFile: String?

    @Option(name: .customLong("map"), help: ArgumentHelp("A recorded host and its party.", valueName: "host=party"))
    var map: [String] = []

    @Flag(help: "Write the scenario without running it.")
    var unchecked = false

    @OptionGroup var root: RootOption

    private var places: ReportPlaces { ReportPlaces([("--output", output, .file(.scenario))]) }

    func validate() throws {
        try places.expectNames()
        _ = try HostPairs.read(map)
        guard (0...65_529).contains(portBase) else { throw ValidationError("--port-base must be 0 to 65529.") }
    }

    func run() async throws {
        try places.expectRoom()
        let base = try root.folder()
        let definition = try LabLoading.definition(lab, root: base)
        let recording: Recording
        do {
            recording = try Recording(try text())
        } catch let mistake as RecordingMistake {
            throw CommandFailure(.unparsed, "\(file): \(mistake)")
        }
        let addresses = RecordedAddresses(definition, origins: try origins(), portBase: portBase)
        var recorder = Recorder(recording, for: definition, addresses: addresses)
        let scenario: String
        do {
            scenario = try recorder.scenario(titled: title, lab: lab)
        } catch {
            throw CommandFailure(.unparsed, "\(file): \(error)")
        }
        if !recorder.strangers.isEmpty {
            Terminal.say("left out, as it is no party of the lab: \(recorder.strangers.joined(separator: ", "))")
            Terminal.say("if one of them is, say so with --map HOST=PARTY")
        }
        for what in recorder.unmade { Terminal.say("left out: \(what)") }
        try write(scenario)
        if !unchecked { try await check(scenario, base) }
    }

    private func text() throws -> String {
        if file == "-" { return String(decoding: FileHandle.standardInput.readDataToEndOfFile(), as: UTF8.self) }
        guard let data = FileManager.default.contents(atPath: file) else {
            throw CommandFailure(.usage, "\(file): there is no such file")
        }
        return String(decoding: data, as: UTF8.self)
    }

    private func origins() throws -> [String: Party] {
        var origins: [String: Party] = [:]
        if let path = endpointsFile {
            let endpoints = try EndpointsFile.read(path)
            for party in Party.served {
                if let origin = endpoints[party.rawValue]?.string { origins[origin] = party }
            }
        }
        for (host, party) in try HostPairs.read(map) {
            for scheme in ["https", "http"] { origins["\(scheme)://\(host)"] = party }
        }
        return origins
    }

    private func write(_ scenario: String) throws {
        guard let output else { return Terminal.write(asItIs: String(scenario.dropLast())) }
        try OutputFile.scenario.write(scenario, to: output)
    }

    /// A recording of another system may show what this one does not do; then the difference is told.
    private func check(_ scenario: String, _ base: String) async throws {
        let source = Source(name: output ?? "recorded.yaml", text: scenario)
        let (files, mistakes) = Library.load(sources: [source], root: base)
        try ScenarioSelection.tell(mistakes)
        var settings = RunSettings()
        settings.root = base
        for file in files {
            let result = await Runner(
                definitions: [lab: try LabLoading.definition(lab, root: base)], settings: settings
            )
            .run(file, seed: 1)
            Terminal.say(TextReport.render([result]).trimmedEnd)
            guard result.verdict == .held else { return try leave(.failed) }
        }
    }
}
