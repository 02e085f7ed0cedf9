import AWSCore
import Kernel
import Testing

/// The full walk: every status against every event.
struct TargetMachineTests {
    private typealias Event = TargetMachine.Event
    private static let events: [(name: String, event: Event)] = [
        ("settle", .settle), ("ask", .askConsent), ("completed", .consentCompleted),
        ("denied", .consentFailed(reason: "denied")), ("crawled", .crawlSucceeded),
        ("broken", .crawlFailed(reason: "down")), ("update", .update), ("synchronize", .synchronize),
        ("delete", .delete), ("deleted", .deleted),
    ]

    /// All that is allowed; whatever is not listed is refused.
    private static let moves: [TargetStatus: [String: TargetStatus]] = [
        .creating: ["settle": .ready, "ask": .createPendingAuth, "crawled": .ready, "broken": .failed],
        .createPendingAuth: ["completed": .creating, "denied": .failed, "delete": .deleting],
        .ready: ["update": .updating, "synchronize": .synchronizing, "delete": .deleting],
        .failed: ["update": .updating, "synchronize": .synchronizing, "delete": .deleting],
        .updating: [
            "settle": .ready, "ask": .updatePendingAuth, "crawled": .ready, "broken": .updateUnsuccessful,
        ],
        .updatePendingAuth: ["completed": .updating, "denied": .updateUnsuccessful, "delete": .deleting],
        .updateUnsuccessful: ["update": .updating, "synchronize": .synchronizing, "delete": .deleting],
        .synchronizing: [
            "settle": .ready, "ask": .synchronizePendingAuth, "crawled": .ready, "broken": .synchronizeUnsuccessful,
        ],
        .synchronizePendingAuth: [
            "completed": .synchronizing, "denied": .synchronizeUnsuccessful, "delete": .deleting,
        ],
        .synchronizeUnsuccessful: ["update": .updating, "synchronize": .synchronizing, "delete": .deleting],
        .deleting: ["deleted": .deleting],
    ]

    @Test(arguments: TargetStatus.allCases)
    func walk(status: TargetStatus) throws {
        let allowed = try #require(Self.moves[status])
        for (name, event) in Self.events {
            let state = TargetMachine.State(status)
            guard let goal = allowed[name] else {
                let rejection = #expect(throws: TargetMachine.Rejection.self, "\(status) \(name)") {
                    try TargetMachine.reduce(state, event)
                }
                #expect(rejection?.status == status)
                continue
            }
            let (moved, effects) = try TargetMachine.reduce(state, event)
            #expect(moved.status == goal, "\(status) \(name)")
            #expect(effects.contains(.crawl) == (name == "completed"))
            #expect(effects.contains(.stampSynchronized) == (name == "crawled"))
            #expect(effects.contains(.remove) == (name == "deleted"))
        }
    }

    /// What a transaction keeps of a move, and what the journal says.
    @Test func applyingAnEventKeepsRecordAndJournalTogether() throws {
        let store = Store()
        let now = Instant(milliseconds: 1000)
        var target = TargetRecord(
            id: TargetID("T4RG3T0001"), gateway: GatewayID("demo-ab12cd34ef"), name: "github",
            state: .init(.creating), createdAt: now, configuration: [:], credentials: [])
        target.authorization = TargetAuthorization(url: "https://a.example", userID: "u", sessionURI: "urn:x")
        try store.write { $0.begin(target, cause: "test", at: now) }
        let failed = try store.write { transaction in
            let (waiting, _) = try transaction.apply(.askConsent, to: target, cause: "ask", at: now)
            return try transaction.apply(.consentFailed(reason: "denied"), to: waiting, cause: "denied", at: now).0
        }
        #expect(failed.status == .failed)
        #expect(failed.statusReasons == ["denied"])
        #expect(failed.authorization == nil)
        let trace = store.journal().compactMap { entry in
            if case .transition(let transition) = entry.event { transition.to } else { nil }
        }
        #expect(trace == ["CREATING", "CREATE_PENDING_AUTH", "FAILED"])
        #expect(throws: TargetMachine.Rejection.self) {
            try store.write { try $0.apply(.crawlSucceeded, to: failed, cause: "late", at: now) }
        }
        #expect(try store.write { $0.find(TargetRecord.self, target.id) } == failed)
    }

    @Test func alarmsOfTheGatewayAreReadBack() {
        let target = TargetAddress(gateway: GatewayID("demo-ab12cd34ef"), target: TargetID("T4RG3T0001"))
        let alarms: [GatewayAlarm] = [
            .crawl(target), .consentCompleted(target, sessionURI: "urn:x"), .consentLapsed(target, sessionURI: "urn:x"),
            .consentFailed(target, sessionURI: "urn:x", reason: "The user said no"),
        ]
        for alarm in alarms { #expect(GatewayAlarm(label: alarm.label) == alarm) }
        for label in ["", "crawl", "crawl a", "crawl a/b/c", "crawl a/b c", "consent-lapsed a/b"] {
            #expect(GatewayAlarm(label: label) == nil)
        }
    }
}
