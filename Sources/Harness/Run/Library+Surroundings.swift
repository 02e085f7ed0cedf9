import Foundation
import Kernel
import Scenario
import Synchronization

extension Library {
    /// What files may name below a root besides each other. A lab is asked for its clients only if a file names one.
    static func surroundings(root: String, _ look: Look) -> Surroundings {
        let labs = KnownLabs(root: root)
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
                return names.compactMap { labs.lab($0) }.flatMap {
                    DeploymentRequest.problems(companion, given, in: $0)
                }
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

/// What files ask of their labs, read once.
private final class KnownLabs: Sendable {
    private let root: String
    private let known = Mutex<[String: [String]]>([:])
    private let labs = Mutex<[String: Lab?]>([:])

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

    /// The whole of one, as no scenario changes it.
    func lab(_ name: String) -> Lab? {
        labs.withLock { labs in
            if let lab = labs[name] { return lab }
            let lab = (try? LabDefinition.load(named: name, root: root)).flatMap { try? Lab($0) }
            labs[name] = .some(lab)
            return lab
        }
    }
}
