package import Foundation
import Scenario

/// A file that a scenario names and that stands beside or below it: a golden trace, a template.
package struct Companion: Sendable {
    /// As reports show it: from the root, or as the scenario itself was named.
    package let shown: String
    private let name: String
    private let path: String
    private let folder: Enclosure
    private let isBeside: Bool

    /// `source` is the name of the file that says `name`.
    package init(_ name: String, of source: String, root: String) {
        self.name = name
        let above = source.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        shown = above.isEmpty && !source.hasPrefix("/") ? name : "\(above)/\(name)"
        let place = Library.file(named: source, root: root)
        let around = place.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        path = around.isEmpty && !place.hasPrefix("/") ? name : "\(around)/\(name)"
        folder = Enclosure(around.isEmpty && place.hasPrefix("/") ? "/" : around)
        isBeside = NamedFile.isBeside(name)
    }

    /// What it says; nil if it is not there, or not beside the scenario.
    package var contents: Data? {
        guard isBeside, let place = folder.existing(path) else { return nil }
        return FileManager.default.contents(atPath: place)
    }

    var isThere: Bool { isBeside && folder.existing(path) != nil }

    /// The files of the folder where it would stand, as the scenario would name them.
    var neighbours: [String] {
        let above = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        let place = above.isEmpty ? (path.hasPrefix("/") ? "/" : ".") : above
        guard isBeside, let found = folder.existing(place) else { return [] }
        let way = name.split(separator: "/").dropLast().map { "\($0)/" }.joined()
        return ((try? FileManager.default.contentsOfDirectory(atPath: found)) ?? []).sorted().map { way + $0 }
    }

    /// Where it may be written.
    var writable: String? { isBeside ? folder.writable(path) : nil }
}
