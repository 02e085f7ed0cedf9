import Foundation
import Kernel
import Scenario
import Synchronization

extension Library {
    /// What files may name below a root besides each other. A lab is asked for its clients only if a file names one.
    static func surroundings(root: String, _ look: Look) -> Surroundings {
        let labs = KnownClients(root: root)
        return Surroundings(
            wantsGoldenTraces: look.contains(.goldenTraces),
            others: { name, source in
                let companion = Companion(name, of: source, root: root)
                return companion.isThere ? nil : companion.neighbours
            },
            clients: { labs.clients(of: $0) },
            problems: { template, source, given, names in
                guard look.contains(.templates) else { return [] }
                let companion = Companion(template, of: source, root: root)
                let regions = Set(names.map { LabDefinition.region(of: $0, root: root) }).sorted()
                return regions.flatMap { DeploymentRequest.problems(companion, given, region: $0, root: root) }
            })
    }

    /// The file or folder that somebody meant who typed a path that leads nowhere.
    package static func neighbour(of path: String, root: String) -> String? {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        // A folder may be typed with its slash.
        guard let name = parts.last(where: { !$0.isEmpty }), let place = parts.lastIndex(of: name) else { return nil }
        let above = parts[..<place].joined(separator: "/")
        let folders = path.hasPrefix("/") ? [above.isEmpty ? "/" : above] : [above, "\(root)/\(above)"]
        for folder in folders {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "." : folder)) ?? []
            if let near = Suggestion.nearest(to: name, among: names.sorted()) {
                return above.isEmpty && !path.hasPrefix("/") ? near : "\(above)/\(near)"
            }
        }
        return nil
    }
}

/// The clients of each lab, read once.
private final class KnownClients: Sendable {
    private let root: String
    private let known = Mutex<[String: [String]]>([:])

    init(root: String) { self.root = root }

    /// None for a lab with a mistake: that one is told elsewhere.
    func clients(of lab: String) -> [String] {
        known.withLock { known in
            if let clients = known[lab] { return clients }
            let clients = (try? LabDefinition.clientNames(of: lab, root: root)) ?? []
            known[lab] = clients
            return clients
        }
    }
}
