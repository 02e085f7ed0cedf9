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
        var isClean = true
        for lab in LabLoading.names(root: root) {
            do {
                _ = try LabLoading.definition(lab, root: root)
            } catch let failure as CommandFailure {
                Terminal.say(failure.description)
                isClean = false
            }
        }
        let files = try selection.load()
        try leave(isClean ? .held : .unparsed)
        Terminal.say("\(files.count) scenarios without a mistake")
    }
}
