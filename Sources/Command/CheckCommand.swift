import ArgumentParser
import Foundation
import Harness
import Kernel
import Scenario

/// Reads scenario files and labs and tells every mistake, without running anything.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Tell every mistake of scenario files and labs without running them.",
        discussion: """
            With scenarios every lab is read too, with the mocks it names. A path below mocks/labs, or mocks itself, \
            reads labs alone.
            """)

    @OptionGroup var selection: ScenarioSelection

    func run() throws {
        let root = try selection.root.folder()
        let labs = try Self.labs(below: selection.paths, root: root)
        var chosen = selection
        chosen.paths = selection.paths.filter { labs[$0] == nil }
        let readsScenarios = labs.isEmpty || !chosen.paths.isEmpty
        var (files, mistakes): ([ScenarioFile], [Diagnostic]) =
            readsScenarios ? try chosen.read(looking: .checking) : ([], [])
        let names = readsScenarios ? LabLoading.names(root: root) : Set(labs.values.joined()).sorted()
        for lab in names {
            do throws(Diagnostic) {
                _ = try LabDefinition.load(named: lab, root: root, looksClosely: true)
            } catch {
                // Scenarios are read against the default lab, so its mistake may be known.
                if !mistakes.contains(error) { mistakes.append(error) }
            }
        }
        try ScenarioSelection.tell(mistakes)
        if selection.tags != nil, readsScenarios { files = try chosen.load() }
        var counts: [String] = []
        if readsScenarios { counts.append(TextReport.counted(Set(files.map(\.path)).count, "scenario")) }
        if !labs.isEmpty { counts.append(TextReport.counted(names.count, "lab")) }
        Terminal.say("\(counts.joined(separator: " and ")) without a mistake")
    }

    /// The labs that paths below `mocks/` mean; other paths are left out.
    ///
    /// - Throws: `CommandFailure` for a mock that is no lab.
    private static func labs(below paths: [String], root: String) throws -> [String: [String]] {
        let mocks = "\(URL(fileURLWithPath: root).standardizedFileURL.path)/mocks"
        var labs: [String: [String]] = [:]
        for path in paths {
            let place = URL(fileURLWithPath: Library.place(of: path, root: root)).standardizedFileURL.path
            guard FileManager.default.fileExists(atPath: place), "\(place)/".hasPrefix("\(mocks)/") else { continue }
            let all = LabLoading.names(root: root)
            if place == mocks || place == "\(mocks)/labs" {
                labs[path] = all
            } else if let lab = all.first(where: { place == "\(mocks)/labs/\($0).yaml" }) {
                labs[path] = [lab]
            } else {
                throw CommandFailure(
                    .usage, "\(path): a mock is read with the labs that name it: agentcore-local check mocks/labs")
            }
        }
        return labs
    }
}
