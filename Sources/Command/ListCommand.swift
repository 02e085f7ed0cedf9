import ArgumentParser
import Kernel
import Scenario

/// Lists scenarios with what they rest on.
struct ListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List scenarios with their tags and what they rest on.")

    @OptionGroup var selection: ScenarioSelection

    @Flag(help: "As JSON.")
    var json = false

    func run() throws {
        let files = try selection.load()
        guard !json else {
            let rows = files.map { file -> JSONValue in
                [
                    "path": .string(file.path), "scenario": .string(file.scenario), "tags": .strings(file.tags),
                    "spec": .strings(file.spec), "lab": .string(file.lab.name),
                    "breaks": .strings(file.breaks.map(\.name)),
                ]
            }
            return Terminal.write(JSONValue.array(rows).pretty)
        }
        for file in files {
            Terminal.write("\(file.path)")
            Terminal.write("    \(file.scenario)")
            Terminal.write("    tags: \(file.tags.joined(separator: ", ")); spec: \(file.spec.joined(separator: ", "))")
        }
        Terminal.say("\(files.count) scenarios")
    }
}
