import Foundation
import Harness
import Kernel
import Outbound
import SQLiteStore
import Serve
import Synchronization

/// A served lab from its first port to its last answer.
struct ServedSession: Sendable {
    let lab: String
    let root: String
    let plan: PortPlan
    let log: ServeLog
    var seed: UInt64 = 1
    /// SQLite file that keeps the state; in memory without one.
    var data: String?
    /// How many of the newest entries of the journal are kept at least; nil keeps all.
    var journalKeep: Int? = ServeOrders.usual.journalKeep
    var map: [String: Party] = [:]
    var freshKeys = false

    /// Serves while `work` runs; it gets the origins, and what an endpoints file says of them.
    ///
    /// - Throws: `ServeFailure` when a port cannot be had, `StoreFailure` for a data file, `CommandFailure` for a lab.
    func run(_ work: @escaping @Sendable (ServedOrigins, JSONValue) async throws -> Void) async throws {
        let standing = Standing()
        do {
            try await serve(standing, work)
        } catch {
            await standing.close()
            throw error
        }
        await standing.close()
    }

    /// Secrets are in it: a file that others made, and what SQLite put beside it, is closed to all but its owner.
    private static func archive(_ path: String) throws -> SQLiteArchive {
        let archive = try SQLiteArchive(path: path)
        for end in ["", "-wal", "-shm", "-journal"] {
            var facts = stat()
            guard stat(path + end, &facts) == 0, facts.st_mode & 0o077 != 0 else { continue }
            _ = chmod(path + end, facts.st_mode & 0o700)
        }
        return archive
    }

    /// Filled once the lab stands; nothing streams and nothing leaves the lab before.
    private final class Standing: Sendable {
        let served = Mutex<ServedLab?>(nil)
        let outside = Mutex<OutsideNetwork?>(nil)

        /// Connections to the user's own servers end with the lab.
        func close() async { await outside.withLock { $0 }?.shutdown() }
    }

    private func serve(
        _ standing: Standing, _ work: @escaping @Sendable (ServedOrigins, JSONValue) async throws -> Void
    ) async throws {
        let damage = Damage()
        try await ServerGroup(plan, whileStreaming: { await standing.served.withLock { $0 }?.beat() }).run {
            var options = LabOptions()
            options.seed = seed
            options.hostMap = map
            options.freshKeys = freshKeys
            options.journalKeep = journalKeep
            if journalKeep != nil { options.journalBytes = LabOptions.servedJournalBytes }
            options.whenUnreadable = { damage.report($0) }
            options.archive = try data.map(Self.archive)
            return (try LabLoading.definition(lab, root: root), options)
        } assemble: { prepared, origins in
            let definition = prepared.0
            var options = prepared.1
            options.start = Host.now
            options.addressing = .served(origins: origins.byParty)
            if !definition.outsideOrigins.isEmpty {
                let outside = OutsideNetwork(origins: definition.outsideOrigins)
                standing.outside.withLock { $0 = outside }
                options.outside = outside
            }
            if definition.runsCommands { options.commands = LocalCommands() }
            let lab = ServedLab(try Lab(definition, options), log: log)
            standing.served.withLock { $0 = lab }
            return lab.answer
        } while: { prepared, origins in
            let endpoints = origins.endpoints(region: prepared.0.region, account: LabPlace.standardAccount)
            try await damage.endsEarly { try await work(origins, endpoints) }
        }
    }
}
