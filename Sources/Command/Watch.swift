import Foundation

/// Looks at the files below `scenarios/` and `mocks/` until the process is ended.
struct Watch {
    let root: String
    private static let pause: UInt32 = 300_000

    /// Does `body` now and after every change, with the scenario files that alone changed; empty for all.
    func loop(_ body: ([String]) async throws -> Void) async throws {
        var known = files()
        try await body([])
        Terminal.say("watching \(root)/scenarios and \(root)/mocks; end with Control-C")
        while true {
            usleep(Self.pause)
            let now = files()
            let changed = now.filter { known[$0.key] != $0.value }.map(\.key).sorted()
            let isGone = known.keys.contains { now[$0] == nil }
            known = now
            guard !changed.isEmpty || isGone else { continue }
            let areScenarios = changed.allSatisfy { path in
                path.hasSuffix(".yaml") && path.hasPrefix("\(root)/scenarios/") && !path.contains("/given/")
            }
            Terminal.say("")
            try await body(areScenarios && !isGone ? changed : [])
        }
    }

    private func files() -> [String: Date] {
        var found: [String: Date] = [:]
        for folder in ["\(root)/scenarios", "\(root)/mocks"] {
            let walk = FileManager.default.enumerator(atPath: folder)
            while let name = walk?.nextObject() as? String {
                let path = "\(folder)/\(name)"
                let facts = try? FileManager.default.attributesOfItem(atPath: path)
                if let date = facts?[.modificationDate] as? Date { found[path] = date }
            }
        }
        return found
    }
}
