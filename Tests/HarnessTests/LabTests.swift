import HTTPTypes
import Harness
import Kernel
import Scenario
import TestSupport
import Testing

struct LabTests {
    @Test func aDefinitionThatDoesNotExistIsADiagnostic() throws {
        let error = #expect(throws: Diagnostic.self) {
            try LabDefinition.load(named: "nothing", root: Checkout.root)
        }
        #expect(error?.description.hasPrefix("mocks/labs/nothing.yaml: ") == true)
    }

    @Test(arguments: ["../labs/default", "", "a/b", "default.yaml"])
    func aNameIsNoPath(_ name: String) {
        #expect(throws: Diagnostic.self) { try LabDefinition.load(named: name, root: Checkout.root) }
    }

    @Test func aRuleNobodyKnowsHasASuggestion() throws {
        let mistake = #expect(throws: SwitchMistake.self) { try LabFixture.lab { $0.rulesOff = ["session-bindings"] } }
        #expect(mistake?.hint == "did you mean \"session-binding\"?")
    }

    @Test func anUnknownTakesOnlyItsChoices() throws {
        let mistake = #expect(throws: SwitchMistake.self) {
            try LabFixture.lab { $0.unknowns = ["binding.mode": "perhaps"] }
        }
        #expect(mistake?.description.contains("token, sub") == true)
        #expect(
            try LabFixture.lab { $0.unknowns = ["binding.mode": "sub"] }.unknownChoices.contains {
                $0 == ("binding.mode", "sub")
            })
    }

    @Test func everySwitchHasOneOwner() {
        let rules = SwitchCatalogue.all.rules.map(\.name)
        #expect(Set(rules).count == rules.count)
        let unknowns = SwitchCatalogue.all.unknowns.map(\.name)
        #expect(Set(unknowns).count == unknowns.count)
        #expect(rules.contains("session-binding"))
    }

    @Test func realHostsReachTheirPartiesUnderServedOriginsToo() async throws {
        let lab = try LabFixture.lab {
            $0.addressing = .served(origins: LabFixture.served)
            $0.hostMap = ["git.example.org": .github]
        }
        for origin in ["https://api.github.com", "http://127.0.0.1:4583", "https://git.example.org"] {
            let response = try await lab.network.send(Request(.get, "\(origin)/user"), from: .outside)
            #expect(response.status == 401, "\(origin)")
        }
        await #expect(throws: NetworkFailure.self) {
            try await lab.network.send(Request(.get, "https://example.org/"), from: .outside)
        }
        #expect(lab.addresses.gatewayBase("gw-1") == "http://127.0.0.1:4581/gateways/gw-1")
    }

    @Test func resetGivesTheSameBytesAgain() async throws {
        let lab = try ControlledLab()
        func run() async throws -> String {
            let (url, token, gatewayURL) = try await lab.consentURL()
            _ = await lab.lab.consent(url: url, user: "alice")
            let answer = try await lab.callTool(gatewayURL, token: token)
            let journal = try await lab.json(.get, "/_local/journal")
            return "\(url)\n\(token)\n\(answer.text)\n\(journal.text)"
        }
        let first = try await run()
        _ = try await lab.json(.post, "/_local/reset")
        #expect(lab.lab.store.journal().isEmpty)
        #expect(lab.lab.clock.now == LabOptions.firstMoment)
        #expect(try await run() == first)
    }

    @Test func twoLabsOfOneSeedAreAlikeAndOfAnotherAreNot() async throws {
        func token(_ seed: UInt64) async throws -> String {
            try await LabFixture.lab { $0.seed = seed }.signIn(user: "alice").accessToken
        }
        let first = try await token(3)
        #expect(try await token(3) == first)
        #expect(try await token(4) != first)
    }

    @Test func aSnapshotBringsEverythingBack() async throws {
        let lab = try ControlledLab()
        let (url, token, gatewayURL) = try await lab.consentURL()
        let id = try #require(try await lab.json(.post, "/_local/snapshots")["id"]?.string)
        func goOn() async throws -> String {
            let walk = await lab.lab.consent(url: url, user: "alice")
            let answer = try await lab.callTool(gatewayURL, token: token)
            #expect(answer["result"]?["isError"] == false, "\(answer.text)")
            return "\(walk) \(answer.text) \(lab.lab.store.journal().count)"
        }
        let first = try await goOn()
        _ = try await lab.json(.post, "/_local/clock", ["advance": "2h", "skew": ["github": "-90s"]])
        _ = try await lab.json(
            .put, "/_local/faults", ["name": "down", "party": "github", "drop": true])
        _ = try await lab.json(.post, "/_local/snapshots/\(id)/restore")
        #expect(lab.lab.network.faults.all.isEmpty)
        #expect(lab.lab.clock.skew(of: .github) == .zero)
        #expect(try await goOn() == first)
    }

    /// Thousands of labs come and go in one process.
    @Test func aLabLeavesNothingBehind() async throws {
        weak var network: InMemoryNetwork?
        weak var store: Store?
        do {
            let lab = try LabFixture.lab()
            _ = try await lab.signIn(user: "alice")
            (network, store) = (lab.network, lab.store)
            #expect(network != nil)
        }
        #expect(network == nil && store == nil)
    }

    @Test func alarmsRingInOrderAndAreWrittenDown() async throws {
        let lab = try LabFixture.lab()
        let start = lab.clock.now
        for seconds in [30, 10, 20] as [Int64] {
            lab.clock.schedule(Alarm(due: start + .seconds(seconds), party: .outside, label: "\(seconds)"))
        }
        await lab.advance(to: start + .seconds(25))
        let rung = lab.store.journal().compactMap { entry -> String? in
            if case .alarm(let alarm) = entry.event { alarm.label } else { nil }
        }
        #expect(rung == ["10", "20"])
        #expect(lab.clock.now == start + .seconds(25))
    }
}
