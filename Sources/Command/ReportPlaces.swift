import ArgumentParser
import Foundation
import Harness

/// Where the reports of one command go: each to a place of its own.
struct ReportPlaces {
    private let places: [(flag: String, path: String)]

    /// Flags that were not given have no path.
    init(_ places: [(flag: String, path: String?)]) {
        self.places = places.compactMap { place in place.path.map { (place.flag, $0) } }
    }

    /// - Throws: `ValidationError` for two flags that name one file, by whatever paths and links.
    func expectDistinct() throws {
        var known: [String: (flag: String, path: String)] = [:]
        for place in places {
            guard let file = Self.file(at: place.path) else { continue }
            if let other = known.updateValue(place, forKey: file) {
                throw ValidationError(
                    "\(other.flag) \(other.path) and \(place.flag) \(place.path) are one file: each needs its own.")
            }
        }
    }

    /// The file itself; nil for a pipe or a terminal, which takes one after the other.
    private static func file(at path: String) -> String? {
        var facts = stat()
        if stat(path, &facts) == 0, ![S_IFREG, S_IFDIR].contains(facts.st_mode & S_IFMT) { return nil }
        let cut = path.lastIndex(of: "/")
        let folder = cut.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let name = cut.map { String(path[path.index(after: $0)...]) } ?? path
        return real(path) ?? real(folder).map { "\($0)/\(name)" } ?? path
    }

    private static func real(_ path: String) -> String? {
        guard let real = realpath(path, nil) else { return nil }
        defer { free(real) }
        return String(cString: real)
    }
}
