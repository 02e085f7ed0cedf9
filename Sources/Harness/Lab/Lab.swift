// The harness assembles parties to labs and plays the people in them: browsers, MCP clients, administrators. It holds
// no protocol rule of a party; those live in the fakes, which it reaches by HTTP like anybody else.

package import AWSCore
import AccountServices
package import AuthorizationServer
import HTTPTypes
import InboundProvider
package import Kernel
import OAuthCore
import Synchronization

/// One assembled world: a clock, a network, a store and the parties on them.
package final class Lab: Sendable {
    package let definition: LabDefinition
    package let options: LabOptions
    package let clock: VirtualClock
    package let entropy: SeededEntropy
    package let store: Store
    package let network: InMemoryNetwork
    package let addresses: AddressBook
    package let hosts: HostTable
    package let switches: Switches
    /// Of the inbound provider.
    let signer: TokenSigner
    package let authorizationServer: AuthorizationServer
    let inbound: InboundProvider
    private let gate: AccessGate
    private let handlers: [Party: any AlarmHandling]
    private let claims: [Party: @Sendable (String) -> Bool]
    /// nil where one task alone moves the time.
    private let bell: Bell?
    private let browsers = Mutex<[String: Browser]>([:])
    private let snapshots = Mutex<[String: LabSnapshot]>([:])
    /// What reset goes back to.
    private let beginning: LabSnapshot

    package var contract: Contract { definition.contract }

    /// - Throws: `SwitchMistake` for a rule or unknown that nobody knows, `StoreFailure` for an archive that cannot be
    ///   read.
    package init(_ definition: LabDefinition, _ options: LabOptions = LabOptions()) throws {
        self.definition = definition
        self.options = options
        switches = try definition.switches(with: options)
        (addresses, hosts) = definition.addresses(for: options)
        clock = VirtualClock(now: options.start)
        if case .served = options.addressing { bell = Bell() } else { bell = nil }
        entropy = SeededEntropy(seed: options.seed)
        let (keep, bytes) = (options.journalKeep, options.journalBytes)
        store =
            try options.archive.map { archive in
                try Store(
                    archive: archive, keepingJournal: keep, ofBytes: bytes, whenUnreadable: options.whenUnreadable)
            } ?? Store(keepingJournal: keep, ofBytes: bytes)
        network = InMemoryNetwork(hosts: hosts, clock: clock, store: store, giveWay: options.giveWay)
        let parts = Worlds(
            clock: clock, entropy: entropy, network: network, store: store, addresses: addresses, switches: switches,
            commands: options.commands)
        network.connectOutside(options.outside)
        let keys = try SigningKeys.take(definition, options, store)
        signer = try keys?.signer ?? definition.signer
        let parties = Assembly(definition: definition, signer: signer, worlds: parts)
        authorizationServer = parties.authorizationServer
        inbound = parties.inbound
        gate = parties.gate
        handlers = parties.handlers
        claims = parties.claims
        let blank = Store()
        if let keys { try blank.write { $0.save(keys) } }
        beginning = LabSnapshot(
            now: options.start, offset: .zero, alarms: [], skews: [:], entropy: entropy.positions,
            picture: blank.picture(), faults: [], cookies: [:])
        for (party, origin) in parties.origins { network.connect(party, kept(origin)) }
        try takeUpKeptState()
    }

    deinit {
        // Parties hold the network and the network holds the parties: whoever made the circle opens it.
        for party in Party.served + Party.inner { network.connect(party, Unplugged()) }
    }

    /// Lets world time pass up to `goal`: rings every alarm on the way, in order. Nothing waits.
    package func advance(to goal: Instant) async { await ring { $0.advance(towards: goal) } }

    /// Lets a span pass. Under `serve` the host's own time keeps going from there.
    package func advance(by span: Span) async {
        clock.addOffset(span)
        await ring { $0.advanceAsPromised() }
    }

    /// Lets the host's time in, as `serve` does before each request.
    package func follow(host: Instant) async {
        if clock.reaches(host: host) { return }
        await ring { $0.advance(towardsHost: host) }
    }

    private func ring(_ next: @Sendable (VirtualClock) -> Alarm?) async {
        if options.archive != nil, store.archiveFailure == nil { clock.retry() }
        guard let bell else {
            while let alarm = next(clock) { await deal(with: alarm) }
            return
        }
        await bell.ring({ next(clock) }, { await deal(with: $0) })
    }

    private func deal(with alarm: Alarm) async {
        store.append(.alarm(alarm), at: clock.now)
        await handlers[alarm.party]?.alarmFired(alarm)
        // Nobody's handler can do its work while the archive takes no changes.
        if options.archive != nil, store.archiveFailure != nil {
            clock.stall(alarm)
        } else {
            clock.dealt(with: alarm)
        }
        // What is not kept now is with the next change.
        if options.archive != nil { try? store.keepEscort(.changed) }
        network.changes.reach(store.awaitedChanges)
    }

    /// The robot of one user; it keeps its cookies as long as the lab lives.
    package func browser(for user: String) -> Browser {
        browsers.withLock { browsers in
            if let browser = browsers[user] { return browser }
            let browser = Browser(user: user, surroundings: surroundings)
            browsers[user] = browser
            return browser
        }
    }

    /// Whether one of some parties has an answer for a path. Those that do not tell are asked, and afterwards it is as
    /// if nobody had.
    ///
    /// - Throws: `StoreFailure` where the lab could not be put back as it was.
    package func knows(_ path: String, _ parties: [Party]) async throws -> Bool {
        if parties.contains(where: { claims[$0]?(path) == true }) { return true }
        let snapshot = snapshot()
        var isKnown = false
        for party in parties where claims[party] == nil {
            guard let origin = network.origin(of: party) else { continue }
            for method in [HTTPRequest.Method.get, .post] {
                let request = Request(method, "\(addresses.origin(of: party))\(path)")
                if await origin.respond(to: request).status != 404 { isKnown = true }
            }
        }
        try restore(snapshot)
        return isKnown
    }

    /// The least each principal needs for what it did.
    package var accessReport: JSONValue { gate.report }

    private var surroundings: Browser.Surroundings {
        // Weak: the lab owns its browsers.
        Browser.Surroundings(network: network, hosts: hosts, clock: clock, directory: definition.directory) {
            [weak self] span in
            await self?.advance(by: span)
        }
    }
}

// Going back.
extension Lab {
    /// Back to the first state: records, journal, time, chance, faults, cookies.
    package func reset() throws {
        try go(backTo: beginning, at: isServed ? nil : options.start)
        snapshots.withLock { $0.removeAll() }
    }

    /// The lab as it is now.
    package func snapshot() -> LabSnapshot {
        let cookies = browsers.withLock { $0.mapValues(\.cookies) }
        let (picture, rest) = store.picture {
            (
                now: clock.now, offset: clock.offset, alarms: clock.unfinishedAlarms, skews: clock.skews,
                entropy: entropy.positions, faults: network.faults.all
            )
        }
        return LabSnapshot(
            now: rest.now, offset: rest.offset, alarms: rest.alarms, skews: rest.skews, entropy: rest.entropy,
            picture: picture, faults: rest.faults, cookies: cookies)
    }

    package func restore(_ snapshot: LabSnapshot) throws { try go(backTo: snapshot, at: snapshot.now) }

    /// Keeps a snapshot under an id of its own.
    package func keepSnapshot() -> String {
        let snapshot = snapshot()
        return snapshots.withLock { snapshots in
            let id = "snapshot-\(snapshots.count + 1)"
            snapshots[id] = snapshot
            return id
        }
    }

    /// Ids of the snapshots that were kept, oldest first.
    package var snapshotIDs: [String] {
        snapshots.withLock { $0.keys.sorted { ($0.utf8.count, $0) < ($1.utf8.count, $1) } }
    }

    package func keptSnapshot(_ id: String) -> LabSnapshot? { snapshots.withLock { $0[id] } }

    var isServed: Bool {
        if case .served = options.addressing { true } else { false }
    }

    /// `instant` is nil for the host's own.
    private func go(backTo snapshot: LabSnapshot, at instant: Instant?) throws {
        try store.restore(snapshot.picture) {
            clock.restore(
                now: instant, offset: isServed ? nil : snapshot.offset, alarms: snapshot.alarms, skews: snapshot.skews)
            entropy.restore(snapshot.entropy)
            network.faults.replaceAll(by: snapshot.faults)
        }
        browsers.withLock { browsers in
            for (user, browser) in browsers { browser.cookies = snapshot.cookies[user] ?? CookieJar() }
        }
        // Whose stream or session is no more hears of it.
        network.changes.reach(store.awaitedChanges)
    }
}

/// A lab at one moment.
package struct LabSnapshot: Sendable {
    package let now: Instant
    let offset: Span
    let alarms: [NumberedAlarm]
    let skews: [Party: Span]
    let entropy: [String: UInt64]
    package let picture: StorePicture
    let faults: [Fault]
    let cookies: [String: CookieJar]
}

/// What stands for a party of a lab that is gone.
private struct Unplugged: Origin {
    func respond(to request: Request) async -> Response { .plain(503, "This lab is gone.\n") }
}
