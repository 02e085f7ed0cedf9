import Kernel

/// Time and chance of a lab whose changes are kept beyond the process, so that alarms ring after a restart and no id
/// comes twice.
struct KeptState: Record {
    static let collection = "lab"
    struct ID: RawRepresentable, Hashable, Sendable, Codable {
        let rawValue: String
    }
    let id: ID
    let now: Instant
    let offset: Span
    let alarms: [Alarm]
    let skews: [String: Span]
    let positions: [String: UInt64]
    static let only = ID(rawValue: "lab")
}

/// Writes down where time and chance stand.
struct StateKeeper: Sendable {
    let clock: VirtualClock
    let entropy: SeededEntropy
    let store: Store

    func keep() {
        let skews = Dictionary(clock.skews.map { ($0.key.rawValue, $0.value) }) { first, _ in first }
        let state = KeptState(
            id: KeptState.only, now: clock.now, offset: clock.offset, alarms: clock.pendingAlarms, skews: skews,
            positions: entropy.positions)
        // An archive that fails says so itself at the next transaction of a party.
        try? store.write { $0.save(state) }
    }
}

extension Lab {
    private var keeper: StateKeeper { StateKeeper(clock: clock, entropy: entropy, store: store) }

    /// For changes of the world itself, which no party's answer follows. Does nothing for a lab without archive.
    package func keepState() {
        if options.archive != nil { keeper.keep() }
    }

    /// A party whose every answer is followed by a note of where time and chance stand. Only labs with an archive pay.
    func kept(_ origin: any Origin) -> any Origin {
        options.archive == nil ? origin : KeepingOrigin(inner: origin, keeper: keeper)
    }

    /// Goes on where an archive left off.
    func takeUpKeptState() throws {
        guard options.archive != nil,
            let state = try store.write({ $0.find(KeptState.self, KeptState.only) })
        else { return }
        let skews = Dictionary(state.skews.map { (Party($0.key), $0.value) }) { first, _ in first }
        clock.restore(now: max(state.now, options.start), alarms: state.alarms, skews: skews)
        clock.addOffset(state.offset)
        entropy.restore(state.positions)
    }
}

private struct KeepingOrigin: Origin {
    let inner: any Origin
    let keeper: StateKeeper

    func respond(to request: Request) async -> Response {
        let response = await inner.respond(to: request)
        keeper.keep()
        return response
    }
}
