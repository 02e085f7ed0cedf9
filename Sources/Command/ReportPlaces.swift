import ArgumentParser
import Foundation
import Harness

/// Where the files of one command go: each to a place of its own, where nothing stands but an older one of its kind.
struct ReportPlaces {
    /// What a flag names.
    enum Kind {
        case file(OutputFile)
        /// One that is made, for such files.
        case folder
        /// What is read, and so is no place for anything.
        case source

        static func report(_ kind: ReportKind) -> Kind { .file(.report.of(kind)) }

        /// One file for one scenario, else a folder.
        static func diagram(at path: String?) -> Kind {
            guard let path else { return .folder }
            return path.hasSuffix(".svg") ? .report(.svg) : path.hasSuffix(".mmd") ? .report(.mermaid) : .folder
        }
    }

    private let places: [(flag: String, path: String, kind: Kind)]

    /// Flags that were not given have no path.
    init(_ places: [(flag: String, path: String?, kind: Kind)]) {
        self.places = places.compactMap { place in place.path.map { (place.flag, $0, place.kind) } }
    }

    /// - Throws: `ValidationError` for a flag that names nothing, and for two that name one file, by whatever paths and
    ///   links.
    func expectNames() throws {
        var known: [String: (flag: String, path: String)] = [:]
        for (flag, path, kind) in places {
            guard !path.isEmpty else {
                if case .source = kind { continue }
                throw ValidationError("\(flag) needs a name: it is empty.")
            }
            guard path != "-" else {
                if case .source = kind { continue }
                throw ValidationError("\(flag) - would be a file of that name; standard output is /dev/stdout.")
            }
            if flag == "--diagram", case .folder = kind { try Self.expectFolderName(path) }
            guard let file = Self.file(at: path) else { continue }
            if let other = known.updateValue((flag, path), forKey: file) {
                throw ValidationError(
                    "\(other.flag) \(other.path) and \(flag) \(path) are one file: each needs its own.")
            }
        }
    }

    /// - Throws: `ValidationError` for what looks like a picture in a format that there is none in.
    private static func expectFolderName(_ path: String) throws {
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) { return }
        let name = path.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
        guard let stop = name.lastIndex(of: "."), stop != name.startIndex else { return }
        let ending = name[name.index(after: stop)...]
        guard (3...4).contains(ending.utf8.count), ending.allSatisfy(\.isLetter) else { return }
        throw ValidationError(
            "--diagram \(path): diagrams are FILE.svg, FILE.mmd or a folder; one of that name is \(path)/.")
    }

    /// - Throws: `OutputFile.Failure` for a place where something else stands than an older file of that kind, or where
    ///   none can be written: to be told before any work.
    func expectRoom() throws {
        for (_, path, kind) in places {
            switch kind {
            case .file(let file): try file.expectPlace(at: path)
            case .folder: try OutputFile.reportInFolder.expectFolder(at: path)
            case .source: break
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
