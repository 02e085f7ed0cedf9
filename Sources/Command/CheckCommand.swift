import ArgumentParser
import Harness
import Scenario

/// Reads scenario files and labs and tells every mistake, without running anything.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Tell every mistake of scenario files and labs without running them.")

    @OptionGroup var selection: ScenarioSelection

    func run() throws {
        let root = try selection.root.folder()
        var (files, mistakes) = try selection.read(thoroughly: true)
        for lab in LabLoading.names(root: root) {
            do throws(Diagnostic) {
                _ = try LabDefinition.load(named: lab, root: root)
            } catch {
                // Scenarios are read against the default lab, so its mistake may be known.
                if !mistakes.contains(error) { mistakes.append(error) }
            }
        }
        try ScenarioSelection.tell(mistakes)
        if selection.tags != nil { files = try selection.load() }
        let count = Set(files.map(\.path)).count
        Terminal.say("\(count) scenarios without a mistake")
    }
}
