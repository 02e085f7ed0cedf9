import Foundation
import Harness
import Scenario

/// Looks at the files that were asked for, and at those below `scenarios/` and `mocks/`, until the process is ended.
struct Watch {
    let root: String
    /// What was asked for; empty for everything below `scenarios/`.
    let paths: [String]
    private static let pause: UInt32 = 300_000

    init(root: String, paths: [String]) {
        self.root = root
        self.paths = paths.map { Library.place(of: $0, root: root) }
    }

    /// Does `body` now and after every change, with the scenario files that alone changed; empty for all.
    func loop(_ body: ([String]) async throws -> Void) async throws {
        var known = files()
        try await body([])
        Terminal.say("watching \((own + standard).joined(separator: ", ")); end with Control-C")
        while true {
            usleep(Self.pause)
            let now = files()
            let changed = now.filter { known[$0.key] != $0.value }.map(\.key).sorted()
            let isGone = known.keys.contains { now[$0] == nil }
            known = now
            guard !changed.isEmpty || isGone else { continue }
            let areScenarios = changed.allSatisfy(isScenario) && !isGone
            let mine = areScenarios ? changed.filter(isAskedFor) : []
            // Of somebody else's scenarios nobody wants to hear.
            if areScenarios, mine.isEmpty { continue }
            Terminal.say("")
            try await body(mine)
        }
    }

    private var standard: [String] { ["\(root)/scenarios", "\(root)/mocks"] }

    /// What stands elsewhere.
    private var own: [String] { paths.filter { path in !standard.contains { "\(path)/".hasPrefix("\($0)/") } } }

    /// A file that may be run alone: neither a fragment nor a template.
    private func isScenario(_ path: String) -> Bool {
        Library.isScenarioName(path) && !path.hasPrefix("\(root)/mocks/")
            && !path.contains("/given/") && !Self.isFragment(path)
    }

    private static func isFragment(_ path: String) -> Bool {
        FileManager.default.contents(atPath: path).map {
            Source(name: path, text: String(decoding: $0, as: UTF8.self)).isFragment
        } ?? false
    }

    private func isAskedFor(_ path: String) -> Bool {
        guard !paths.isEmpty else { return path.hasPrefix("\(root)/scenarios/") }
        return paths.contains { path == $0 || path.hasPrefix($0.hasSuffix("/") ? $0 : "\($0)/") }
    }

    private func files() -> [String: Date] {
        var found: [String: Date] = [:]
        func note(_ path: String) {
            let facts = try? FileManager.default.attributesOfItem(atPath: path)
            // The date of a folder changes with all that comes and goes in it while an editor writes.
            guard facts?[.type] as? FileAttributeType == .typeRegular else { return }
            if let date = facts?[.modificationDate] as? Date { found[path] = date }
        }
        for place in own + standard {
            note(place)
            let walk = FileManager.default.enumerator(atPath: place)
            while let name = walk?.nextObject() as? String {
                // What an editor leaves beside a file while it writes.
                let last = name.split(separator: "/").last ?? ""
                if !last.hasPrefix("."), !last.hasSuffix("~") { note("\(place)/\(name)") }
            }
        }
        return found
    }
}
