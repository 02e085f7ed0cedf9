import Explore
import Foundation
import Harness
import Kernel
import Scenario

/// Capsules on disk.
enum CapsuleFiles {
    /// Writes a capsule for each result that did not hold and was not expected to fail, and says where.
    ///
    /// - Throws: `OutputFile.Failure` when the folder cannot be written.
    static func write(_ results: [ScenarioResult], into folder: String, root: String) throws {
        let wrong = results.filter(\.isWrong)
        guard !wrong.isEmpty else { return }
        let mocks = mocks(root: root)
        for result in wrong {
            let labPath = "mocks/labs/\(result.file.lab.name).yaml"
            let capsule = Capsule(
                result, version: Version.current, lab: mocks.first { $0.path == labPath },
                mocks: mocks.filter { $0.path != labPath }, companions: companions(of: result, root: root))
            let path = "\(folder)/\(RunFileName(result))-\(result.seed).capsule"
            try OutputFile.capsule.of(.capsule).write(capsule.text, to: path)
            Terminal.say("agentcore-local replay \(ScenarioResult.quoted(path))")
        }
    }

    /// What the steps and checks of a run read and the capsule must bring along: golden traces and templates.
    static func companions(of result: ScenarioResult, root: String) -> [Capsule.File] {
        result.reads.compactMap { found in
            let companion = Companion(found.name, of: found.source, root: root)
            guard let data = companion.contents else { return nil }
            return Capsule.File(path: companion.shown, text: String(decoding: data, as: UTF8.self))
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
        NamedFile.isBeside(path) && !path.split(separator: "/", omittingEmptySubsequences: false).contains("")
    }

    /// Lays a capsule's files out in a folder of their own, over the mocks of this machine.
    ///
    /// - Throws: `CommandFailure` for a capsule that names a place outside, `OutputFile.Failure` when there is no room.
    static func lay(_ capsule: Capsule, in folder: String, root: String) throws {
        let mocks = Self.mocks(root: root)
        guard isInside(capsule.path) else {
            throw CommandFailure(.unparsed, "the capsule has its scenario outside its folder: \(capsule.path)")
        }
        for file in mocks.filter({ mock in !capsule.files.contains { $0.path == mock.path } }) + capsule.files {
            guard isInside(file.path) else {
                throw CommandFailure(.unparsed, "the capsule has a file outside its folder: \(file.path)")
            }
            try OutputFile.capsule.write(file.text, to: "\(folder)/\(file.path)")
        }
    }
}
