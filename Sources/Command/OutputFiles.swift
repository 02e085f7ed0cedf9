import Foundation

/// What a command writes where somebody named a place for it.
enum OutputFiles {
    /// Written beside its place and renamed into it; ends with one line end.
    ///
    /// - Throws: `CommandFailure` when it cannot be written.
    static func put(_ text: String, at path: String) throws {
        do {
            try Data("\(text.trimmedEnd)\n".utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            let folder = URL(fileURLWithPath: path).deletingLastPathComponent().relativePath
            let why =
                FileManager.default.fileExists(atPath: folder)
                ? error.localizedDescription : "there is no folder \(folder)"
            throw CommandFailure(.stuck, "\(path): cannot be written: \(why)")
        }
    }

    /// A folder, which may be there already.
    ///
    /// - Throws: `CommandFailure` when there can be none.
    static func makeFolder(_ path: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw CommandFailure(.stuck, "\(path): the folder cannot be made: \(error.localizedDescription)")
        }
    }
}
