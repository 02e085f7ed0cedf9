import Harness
import Serve
import Synchronization

/// The lab that `serve` most likely has to serve, read on another core while the command line is still being read: the
/// one is more than a quarter of the instructions until it answers, the other a fifth.
enum EarlyLab {
    private struct Reading {
        let name: String
        let root: String
        let definition: Ahead<LabDefinition?>
    }
    private static let reading = Mutex<Reading?>(nil)

    /// Begins where `arguments`, to which the environment has added its own, leave the lab and its folder open.
    static func begin(_ arguments: [String]) {
        let isOpen = !arguments.contains { $0.hasPrefix("--lab") || $0.hasPrefix("--root") }
        guard arguments.first == "serve", isOpen, let root = try? RootOption.found() else { return }
        let name = ServeCommand.usualLab
        // What is wrong with it is said by whoever reads it again.
        let definition = Ahead { try? LabDefinition.load(named: name, root: root) }
        reading.withLock { $0 = Reading(name: name, root: root, definition: definition) }
    }

    /// What was read, nil where it was another lab or has a mistake.
    static func definition(_ name: String, root: String) async -> LabDefinition? {
        guard let reading = reading.withLock({ $0 }), (reading.name, reading.root) == (name, root) else { return nil }
        return await reading.definition.value
    }
}
