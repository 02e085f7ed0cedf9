import AWSCore
import Explore
import HTTPTypes
import Harness
import IdentityService
import Kernel
import Scenario
import TestSupport
import Testing

private let definition = Result { try LabDefinition.load(named: "default", root: Checkout.root) }

private func explore(_ seeds: Range<UInt64>, off: Set<String> = [], jobs: Int = 2) async throws -> ExplorationResult {
    var options = LabOptions()
    options.rulesOff = off
    return try await Exploration(definition.get(), options, jobs: jobs).run(seeds)
}

struct ExplorationTests {
    @Test func nothingIsFoundWhileEveryRuleHolds() async throws {
        let result = try await explore(1..<301)
        #expect(result.schedules == 300)
        #expect(result.findings.map(\.scenario) == [])
        #expect(result.edges.isSubset(of: Set(Edge.legal)))
        #expect(result.edges.count > 30)
        // Changes of the gateway, its end, and grants that end at the vendor are among what chance does.
        let walked = Set(result.edges.map(\.description))
        for edge in Edge.legal where ["gateway", "consent", "grant"].contains(edge.kind) {
            #expect(walked.contains(edge.description))
        }
    }

    /// A harness that finds nothing in a broken lab has proved nothing by finding nothing in a good one.
    @Test(
        arguments: [
            ("session-binding", Invariant.completedByInitiator), ("session-lifetime", .completedInTime),
            ("vault-per-user", .tokenAfterCompletion), ("refresh-token-single-use", .misuseRefused),
            ("registered-redirect-uri", .misuseRefused), ("inbound-token-signature", .misuseRefused),
            ("allowed-clients", .callerLetIn), ("revoked-token-refused", .revokedServesNothing),
            ("mcp-token-checked", .misuseRefused), ("deleted-serves-nothing", .deletedServesNothing),
            ("registered-return-url", .misuseRefused), ("session-single-use", .misuseRefused),
            ("newest-session-wins", .misuseRefused), ("vault-scope-match", .misuseRefused),
            ("service-linked-identity", .misuseRefused), ("user-token-verified", .misuseRefused),
            ("credential-fits-target", .misuseRefused), ("grant-fits-provider", .misuseRefused),
            ("return-url-required", .misuseRefused), ("forbidden-headers-stay", .misuseRefused),
            ("inbound-scope-limit", .misuseRefused), ("inbound-token-use", .misuseRefused),
        ]
    )
    func aBrokenRuleIsFoundAndToldAsAScenario(_ rule: String, _ invariant: Invariant) async throws {
        let result = try await explore(1..<501, off: [rule])
        let finding = try #require(result.findings.first { $0.violation.invariant == invariant })
        #expect(finding.moves.count <= 6, "\(finding.scenario)")
        // The file fails where it was found, for the reason that it gives, and holds where the rule does.
        let source = Source(name: "scenarios/explored.yaml", text: finding.scenario)
        let (files, mistakes) = Library.load(sources: [source], root: Checkout.root)
        #expect(mistakes.map(\.rendered) == [])
        let file = try #require(files.first)
        #expect(file.lab.rulesOff == [rule])
        let broken = await Runner.run(file, definition: try definition.get(), seed: 1)
        #expect(broken.verdict == .failed, "\(finding.scenario)")
        let mended = Source(
            name: "scenarios/explored.yaml", text: finding.scenario.replacing("{\(rule): off}", with: "{\(rule): on}"))
        let whole = try #require(Library.load(sources: [mended], root: Checkout.root).0.first)
        let held = await Runner.run(whole, definition: try definition.get(), seed: 1)
        #expect(held.verdict == .held, "\(held.failures.map { "\($0.what): \($0.actual)" }) \(finding.scenario)")
    }

    private static func stages() async throws -> [Stage] {
        var stages: [Stage] = []
        for kind in Stage.Kind.allCases { stages.append(try await Stage(definition.get(), LabOptions(), kind)) }
        return stages
    }

    /// What a file that tells a play does when it is run.
    private static func run(_ play: Play) async throws -> (text: String, result: ScenarioResult) {
        let text = play.scenario("s", about: "a", in: "default", rulesOff: [])
        let (files, mistakes) = Library.load(
            sources: [Source(name: "scenarios/explored.yaml", text: text)], root: Checkout.root)
        #expect(mistakes.map(\.rendered) == [], "\(text)")
        return (text, await Runner.run(try #require(files.first), definition: try definition.get(), seed: 1))
    }

    /// An attack that a fault ends early, or answers, happened all the same: it is in the file.
    @Test(arguments: Trouble.all.filter { $0.operation == "POST /login/oauth/access_token" })
    func anAttackThatEndsEarlyIsTold(_ trouble: Trouble) async throws {
        let attack = try #require(Attack.all.first { $0.name == "a code for the second time" })
        var play = try Play(on: try await Self.stages()[0])
        #expect(await play.perform([.fault(trouble), .attack(attack, "alice"), .call("alice")]) == 3)
        let (text, result) = try await Self.run(play)
        #expect(text.contains("as: attacker"), "\(text)")
        #expect(result.verdict == .held, "\(result.failures.map(\.sentence)) \(text)")
    }

    /// Whatever chance does, its file does the same.
    @Test(arguments: 1..<101) func aScheduleIsToldAsItWasPlayed(_ seed: Int) async throws {
        let (moves, stage) = Exploration.schedule(UInt64(seed), try await Self.stages())
        var play = try Play(on: stage)
        _ = await play.perform(moves)
        let (text, result) = try await Self.run(play)
        #expect(result.verdict == .held, "\(result.failures.map(\.sentence)) \(text)")
    }

    /// Whoever repeats it does so where it was found.
    @Test func aFindingNamesItsLab() async throws {
        let edwards = try LabDefinition.load(named: "eddsa", root: Checkout.root)
        var options = LabOptions()
        options.rulesOff = ["session-binding"]
        let result = try await Exploration(edwards, options, jobs: 2).run(1..<201)
        let finding = try #require(result.findings.first)
        let source = Source(name: "scenarios/explored.yaml", text: finding.scenario)
        let file = try #require(Library.load(sources: [source], root: Checkout.root).0.first)
        #expect(file.lab.name == "eddsa" && file.lab.rulesOff == ["session-binding"])
        #expect(await Runner.run(file, definition: edwards, seed: 1).verdict == .failed)
    }

    @Test func theLastSeedsArePlayedToo() async throws {
        #expect(try await explore((UInt64.max - 10)..<UInt64.max, jobs: 3).schedules == 10)
    }

    @Test func partsAndJobsFindTheSame() async throws {
        let whole = try await explore(1..<61, off: ["session-lifetime"], jobs: 1)
        let again = try await explore(1..<61, off: ["session-lifetime"], jobs: 2)
        #expect(whole.findings.map(\.scenario) == again.findings.map(\.scenario))
        #expect(whole.edges == again.edges && whole.exchanges == again.exchanges)
        let low = try await explore(1..<31, off: ["session-lifetime"])
        let high = try await explore(31..<61, off: ["session-lifetime"])
        #expect(low.exchanges + high.exchanges == whole.exchanges)
        #expect(low.edges.union(high.edges) == whole.edges)
    }
}

/// The table of edges is what the machines do, no more and no less.
struct EdgeTests {
    @Test func targetsMoveAsTheirMachine() {
        let reason = "r"
        let events: [TargetMachine.Event] = [
            .settle, .askConsent, .consentCompleted, .consentFailed(reason: reason), .crawlSucceeded,
            .crawlFailed(reason: reason), .update, .synchronize, .delete, .deleted,
        ]
        var edges: Set<Edge> = [Edge("target", nil, "CREATING"), Edge("target", nil, "READY")]
        for status in TargetStatus.allCases {
            for event in events {
                guard let (state, _) = try? TargetMachine.reduce(.init(status), event), state.status != status else {
                    continue
                }
                edges.insert(Edge("target", status.rawValue, state.status.rawValue))
            }
        }
        #expect(edges.sorted() == Edge.legal.filter { $0.kind == "target" }.sorted())
    }

    @Test func sessionsMoveAsTheirMachine() {
        let events: [AuthorizationSessionMachine.Event] = [
            .opened, .codeReturned, .refused(reason: "r"), .completed, .exchangeFailed(reason: "r"), .lapsed,
            .superseded,
        ]
        var edges: Set<Edge> = [Edge("session", nil, "ISSUED")]
        for state in AuthorizationSessionMachine.State.allCases {
            for event in events {
                guard let (next, _) = try? AuthorizationSessionMachine.reduce(state, event), next != state else {
                    continue
                }
                edges.insert(Edge("session", state.rawValue, next.rawValue))
            }
        }
        #expect(edges.sorted() == Edge.legal.filter { $0.kind == "session" }.sorted())
    }
}

struct AuditorTests {
    private func violations(_ moves: [(String, String?, String)]) throws -> [Invariant] {
        var auditor = Auditor(lab: try Lab(definition.get()))
        let entries = moves.enumerated().map { index, move in
            JournalEntry(
                sequence: index + 1, at: LabOptions.firstMoment,
                event: .transition(Transition(subject: move.0, from: move.1, to: move.2, cause: "test")))
        }
        return auditor.read(entries).map(\.invariant)
    }

    @Test func anIllegalEdgeIsFound() throws {
        #expect(try violations([("target T", nil, "CREATING"), ("target T", "CREATING", "FAILED")]) == [])
        #expect(try violations([("target T", "CREATE_PENDING_AUTH", "READY")]) == [.legalEdges])
        #expect(try violations([("session urn:x", "ISSUED", "BOUND")]) == [.legalEdges])
        #expect(try violations([("code c", "revoked", "redeemed")]) == [.legalEdges])
        #expect(try violations([("something else", "a", "b")]) == [])
    }

    @Test func aDeletedGatewayThatServesIsFound() throws {
        let lab = try Lab(definition.get())
        let call = Request(.post, "\(lab.addresses.origin(of: .gateway))/gateways/g-1/mcp")
        let served = Response.json(200, ["jsonrpc": "2.0", "id": 1, "result": [:]])
        let events: [JournalEntry.Event] = [
            .transition(Transition(subject: "gateway g-1", from: "READY", to: "DELETING", cause: "test")),
            .exchange(
                Exchange(from: Party("alice's MCP client"), to: .gateway, request: call, outcome: .answered(served))),
        ]
        var auditor = Auditor(lab: lab)
        let entries = events.enumerated().map {
            JournalEntry(sequence: $0.offset + 1, at: LabOptions.firstMoment, event: $0.element)
        }
        #expect(auditor.read([entries[1]]).isEmpty)
        #expect(auditor.read(entries).map(\.invariant) == [.deletedServesNothing])
    }

    @Test func aSecondTokenForACodeIsFound() throws {
        func birth(_ kind: String, _ value: String, _ parent: String?) -> JournalEntry.Event {
            .token(
                .issued(
                    TokenBirth(
                        kind: kind, issuer: .github, user: "alice", parent: parent, expires: nil, value: Secret(value)))
            )
        }
        let code = tokenID("the-code")
        var auditor = Auditor(lab: try Lab(definition.get()))
        let events = [
            birth("authorization_code", "the-code", nil), birth("access_token", "one", code),
            birth("refresh_token", "two", code), birth("access_token", "three", code),
        ]
        let entries = events.enumerated().map {
            JournalEntry(sequence: $0.offset + 1, at: LabOptions.firstMoment, event: $0.element)
        }
        #expect(auditor.read(Array(entries.dropLast())).isEmpty)
        #expect(auditor.read([entries[3]]).map(\.invariant) == [.oneRedemption])
    }
}
