import Explore
import Foundation
import Harness
import Kernel
import Scenario

/// Capsules on disk.
enum CapsuleFiles {
    /// Writes a capsule for each result that did not hold, and says where.
    ///
    /// - Throws: `CommandFailure` when the folder cannot be written.
    static func write(_ results: [ScenarioResult], into folder: String, root: String) throws {
        let wrong = results.filter { $0.verdict == .failed || $0.verdict == .error }
        guard !wrong.isEmpty else { return }
        try OutputFiles.makeFolder(folder)
        let mocks = mocks(root: root)
        for result in wrong {
            let labPath = "mocks/labs/\(result.file.lab.name).yaml"
            let capsule = Capsule(
                result, version: Version.current, lab: mocks.first { $0.path == labPath },
                mocks: mocks.filter { $0.path != labPath }, companions: companions(of: result.file, root: root))
            let bare = result.file.name.replacingOccurrences(of: ".yaml", with: "")
            let name = String(bare.map { $0.isLetter || $0.isNumber || $0 == "-" ? $0 : "_" }.prefix(180))
            let path = "\(folder)/\(name)-\(result.seed).capsule"
            do {
                try Data(capsule.text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
            } catch {
                throw CommandFailure(.stuck, "\(path): the capsule cannot be written: \(error.localizedDescription)")
            }
            Terminal.say("agentcore-local replay \(ScenarioResult.quoted(path))")
        }
    }

    /// What a scenario names and the capsule must bring along: golden traces and templates.
    private static func companions(of file: ScenarioFile, root: String) -> [Capsule.File] {
        Capsule.companions(of: file).compactMap { path in
            guard let data = Companion(path.name, of: path.source, root: root).contents else { return nil }
            return Capsule.File(path: path.shown, text: String(decoding: data, as: UTF8.self))
        }
    }

    /// Every file below `mocks/` that a lab may read.
    static func mocks(root: String) -> [Capsule.File] {
        let below = FileManager.default.enumerator(atPath: "\(root)/mocks")?.compactMap { $0 as? String } ?? []
        let folder = Enclosure("\(root)/mocks")
        return below.filter { name in
            (name.hasSuffix(".yaml") || name.hasSuffix(".json")) && !name.hasPrefix("ledger/")
        }.sorted().compactMap { name in
            guard let place = folder.existing("\(root)/mocks/\(name)"),
                let data = FileManager.default.contents(atPath: place)
            else { return nil }
            return Capsule.File(path: "mocks/\(name)", text: String(decoding: data, as: UTF8.self))
        }
    }

    /// Whether a path in a capsule can only mean a place in its own folder.
    private static func isInside(_ path: String) -> Bool {
        Enclosure.isBeside(path) && !path.split(separator: "/", omittingEmptySubsequences: false).contains("")
    }

    /// Lays a capsule's files out in a folder of their own, over the mocks of this machine.
    ///
    /// - Throws: `CommandFailure` for a capsule that names a place outside.
    static func lay(_ capsule: Capsule, in folder: String, root: String) throws {
        let mocks = Self.mocks(root: root)
        guard isInside(capsule.path) else {
            throw CommandFailure(.unparsed, "the capsule has its scenario outside its folder: \(capsule.path)")
        }
        for file in mocks.filter({ mock in !capsule.files.contains { $0.path == mock.path } }) + capsule.files {
            guard isInside(file.path) else {
                throw CommandFailure(.unparsed, "the capsule has a file outside its folder: \(file.path)")
            }
            let place = URL(fileURLWithPath: "\(folder)/\(file.path)")
            do {
                try FileManager.default.createDirectory(
                    at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
                try Data(file.text.utf8).write(to: place)
            } catch {
                throw CommandFailure(.stuck, "\(place.path): cannot be written: \(error.localizedDescription)")
            }
        }
    }
}
