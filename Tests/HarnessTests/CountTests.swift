import CHeap
import HTTPTypes
import Harness
import Kernel
import OAuthCore
import Scenario
import TestSupport
import Testing

/// What things cost in counts, which are the same on every machine: these gate, times do not. Fewer is welcome, and
/// then belongs here; more needs a reason.
struct CountTests {
    private struct Cost: Equatable, CustomStringConvertible {
        var exchanges = 0
        var transactions = 0
        var entries = 0
        var signatures = 0

        var description: String {
            "\(exchanges) exchanges, \(transactions) transactions, \(entries) entries, \(signatures) signatures"
        }

        func isWithin(_ most: Cost) -> Bool {
            exchanges <= most.exchanges && transactions <= most.transactions && entries <= most.entries
                && signatures <= most.signatures
        }
    }

    private func cost(of lab: Lab, _ work: () async throws -> Void) async rethrows -> Cost {
        let (last, transactions) = (lab.store.lastSequence, lab.store.transactionCount)
        let signatures = lab.definition.signer.signatures
        try await work()
        let entries = lab.store.journal(after: last)
        let exchanges = entries.count { if case .exchange = $0.event { true } else { false } }
        return Cost(
            exchanges: exchanges, transactions: lab.store.transactionCount - transactions, entries: entries.count,
            signatures: lab.definition.signer.signatures - signatures)
    }

    private func ask(_ lab: Lab, _ party: Party, _ path: String, _ form: String? = nil) async throws {
        let url = lab.addresses.origin(of: party) + path
        let headers: HTTPFields = form == nil ? [:] : [.contentType: "application/x-www-form-urlencoded"]
        let request = Request(form == nil ? .get : .post, url, headers: headers, body: Array((form ?? "").utf8))
        let response = try await lab.network.send(request, from: .outside)
        try #require(response.status == 200, "\(response.bodyText)")
    }

    /// Its own definition: what others signed is not to be found in a memo here.
    private func consentedLab() async throws -> (ControlledLab, token: String, gateway: String) {
        var options = LabOptions()
        options.seed = 4711
        let definition = try LabDefinition.load(named: "default", root: Checkout.root)
        let lab = ControlledLab(try Lab(definition, options))
        let (url, token, gateway) = try await lab.consentURL()
        _ = try await lab.json(.post, "/_local/consent", ["url": .string(url), "user": "alice"])
        _ = try await lab.callTool(gateway, token: token)
        return (lab, token, gateway)
    }

    @Test func aWholeScenarioCostsNoMoreThanItDid() async throws {
        let definition = try LabDefinition.load(named: "default", root: Checkout.root)
        let path = "\(Checkout.root)/scenarios/flow/method-2.yaml"
        let (files, mistakes) = Library.load(paths: [path], root: Checkout.root)
        let file = try #require(files.first, "\(mistakes.map(\.rendered))")
        let result = await Runner.run(file, definition: definition, seed: 1)
        #expect(result.verdict == .held)
        #expect(result.exchangeCount <= 33 && result.transactionCount <= 53 && definition.signer.signatures <= 2)
        let made = definition.signer.signatures
        let again = await Runner.run(file, definition: definition, seed: 1)
        #expect(again.exchangeCount == result.exchangeCount && again.transactionCount == result.transactionCount)
        // Same claims, same bytes: nothing is signed twice.
        #expect(definition.signer.signatures == made)
    }

    /// On a thread of its own, since other tests allocate too. The compiler optimizes nothing here, so these are more
    /// than in the program; `make bench` prints those.
    @Test(.enabled(if: heap_is_counted() == 1))
    func aWholeScenarioAllocatesNoMoreThanItDid() async throws {
        let definition = try LabDefinition.load(named: "eddsa", root: Checkout.root)
        let (files, mistakes) = Library.load(
            paths: ["\(Checkout.root)/scenarios/flow/method-2.yaml"], root: Checkout.root)
        let file = try #require(files.first, "\(mistakes.map(\.rendered))")
        let runner = Runner(definitions: [file.lab.name: definition])
        var made: [Int] = []
        let play: @Sendable (Int) async throws -> Int = { seed in
            let before = heap_allocations()
            let result = await runner.run(file, seed: UInt64(seed))
            #expect(result.verdict == .held)
            return heap_allocations() - before
        }
        try await Lanes(1, abreast: 1).work(3, play) { _, count in
            made.append(count)
        }
        // The first makes what later ones find.
        let last = try #require(made.last)
        #expect((1...17_800).contains(last), "\(made)")
    }

    @Test func anExchangeCostsNoMoreThanItDid() async throws {
        let (lab, token, gateway) = try await consentedLab()
        let call = try await cost(of: lab.lab) { _ = try await lab.callTool(gateway, token: token) }
        #expect(call.isWithin(Cost(exchanges: 5, transactions: 11, entries: 6)), "tools/call: \(call)")
        let keys = try await cost(of: lab.lab) { try await ask(lab.lab, .idp, "/.well-known/jwks.json") }
        #expect(keys.isWithin(Cost(exchanges: 1, transactions: 0, entries: 1)), "JWKS: \(keys)")
        let form = "grant_type=client_credentials&client_id=service&client_secret=agentcore-local-secret"
        let signed = try await cost(of: lab.lab) { try await ask(lab.lab, .idp, "/oauth2/token", form) }
        #expect(signed.isWithin(Cost(exchanges: 1, transactions: 1, entries: 2, signatures: 1)), "JWT: \(signed)")
    }

    /// The same call in a lab with much behind it.
    @Test func whatHappenedBeforeCostsNothing() async throws {
        let (lab, token, gateway) = try await consentedLab()
        let young = try await cost(of: lab.lab) { _ = try await lab.callTool(gateway, token: token) }
        for number in 0..<5_000 {
            lab.lab.store.append(.note(Note(party: .aws, "entry \(number)")), at: lab.lab.clock.now)
        }
        for _ in 0..<30 { _ = try await lab.lab.signIn(user: "bob") }
        let old = try await cost(of: lab.lab) { _ = try await lab.callTool(gateway, token: token) }
        #expect(old == young)
    }

    /// A lab that is served for weeks is not to grow by what it answers. All that a call leaves is its journal and a
    /// workload token of the service's, and of both the newest are kept.
    @Test func aCallLeavesNothingBehind() async throws {
        let (lab, token, gateway) = try await consentedLab()
        func call(times: Int) async throws -> [String: Int] {
            for _ in 0..<times { _ = try await lab.callTool(gateway, token: token) }
            return lab.lab.store.recordCounts
        }
        var before = try await call(times: 15)
        before["workload-token", default: 0] += 15
        #expect(try await call(times: 15) == before)
    }
}
