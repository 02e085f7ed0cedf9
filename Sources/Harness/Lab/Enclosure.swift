import Foundation

/// A folder that files may be named in, and no way out of it: not by `..`, not by an absolute path, not by a link.
///
/// Whatever names a file inside a scenario, a fragment, a lab or a capsule goes through here. The names that a person
/// types as arguments are that person's own.
package struct Enclosure: Sendable {
    /// The folder without links; nil if there is none.
    private let folder: String?

    package init(_ folder: String) { self.folder = Self.real(folder.isEmpty ? "." : folder) }

    /// Where a file is, once every link on its way is followed; nil if that is outside, or nothing is there.
    package func existing(_ path: String) -> String? {
        guard let real = Self.real(path), holds(real) else { return nil }
        return real
    }

    /// Where a file may be written; nil if that is outside, or is a link to outside.
    package func writable(_ path: String) -> String? {
        var facts = stat()
        if lstat(path, &facts) == 0 { return existing(path) }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard let name = parts.last, !name.isEmpty, name != ".", name != ".." else { return nil }
        let above = parts.dropLast().joined(separator: "/")
        guard let parent = Self.real(above.isEmpty ? (path.hasPrefix("/") ? "/" : ".") : above), holds(parent) else {
            return nil
        }
        return "\(parent)/\(name)"
    }

    private func holds(_ path: String) -> Bool {
        guard let folder else { return false }
        return path == folder || path.hasPrefix(folder == "/" ? "/" : "\(folder)/")
    }

    private static func real(_ path: String) -> String? {
        guard !path.utf8.contains(0), let found = realpath(path, nil) else { return nil }
        defer { free(found) }
        return String(cString: found)
    }
}
