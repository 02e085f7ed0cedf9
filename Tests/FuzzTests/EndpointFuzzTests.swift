import Foundation
import HTTPTypes
import Harness
import Kernel
import OAuthCore
import Scenario
import Testing

/// Requests that were good once and are changed: every party answers each of them, and none with a 5xx.
struct EndpointFuzzTests {
    @Test func everyPartyAnswersWhateverItIsSent() async throws {
        let definition = try LabDefinition.load(named: "default", root: Corpus.root)
        let (lab, good) = try await played(definition)
        let targets = good.map { Array(($0.request.head.path ?? "/").utf8) }
        let bodies = good.map(\.request.body)
        var mutator = Mutator(seed: Effort.seed)
        var answered: [Party: Int] = [:]
        for round in 0..<Effort.rounds {
            let exchange = mutator.pick(good)
            var request = exchange.request
            if mutator.number(below: 2) == 0 { request.body = mutator.changed(request.body, bodies) }
            if mutator.number(below: 3) == 0 {
                request.head.path = Self.line(mutator.changed(Array((request.head.path ?? "/").utf8), targets))
            }
            if mutator.number(below: 4) == 0 {
                request.head.method = mutator.pick([.get, .post, .put, .delete, .patch, .options, .head])
            }
            if mutator.number(below: 3) == 0 { Self.change(&request.head.headerFields, &mutator) }
            let response = try await lab.network.send(request, from: exchange.from)
            let body = String(decoding: request.body.prefix(300), as: UTF8.self)
            let shown = "\(request.head.method) \(request.head.path ?? "") \(body)"
            // The application's own page for a completion that was refused is a 500 (ledger E85).
            if exchange.to == .app, response.bodyText.contains("Session Binding Failed") { continue }
            #expect(response.status < 500, "round \(round): \(exchange.to) says \(response.status) to \(shown)")
            answered[exchange.to, default: 0] += 1
        }
        #expect(answered.count >= 6, "\(answered)")
        // It lives on: the same lab still plays the flow from its beginning.
        try lab.reset()
        _ = try await lab.signIn(user: "alice", client: "web")
    }

    /// A lab in which a flow with consent was played, and what its parties sent each other.
    private func played(_ definition: LabDefinition) async throws -> (Lab, [Exchange]) {
        let path = "scenarios/flow/method-2.yaml"
        let text = try String(contentsOfFile: "\(Corpus.root)/\(path)", encoding: .utf8)
        var vocabulary = LabVocabulary.bare
        vocabulary.users = definition.directory.users.map(\.name)
        let reader = ScenarioReader(vocabulary, shelf: Library.shelf(root: Corpus.root))
        let (file, mistakes) = reader.read(Source(name: path, text: text))
        let result = await Runner.run(try #require(file, "\(mistakes)"), definition: definition, seed: 1)
        try #require(result.verdict == .held)
        let exchanges = result.journal.compactMap { entry -> Exchange? in
            guard case .exchange(let exchange) = entry.event else { return nil }
            return exchange
        }
        try #require(exchanges.count > 30)
        // The same seed gives the same gateways and tokens: what people sent is sent again, each at its time.
        let lab = try Lab(definition)
        for entry in result.journal {
            guard case .exchange(let exchange) = entry.event, !Party.served.contains(exchange.from) else { continue }
            await lab.advance(to: entry.at)
            _ = try await lab.network.send(exchange.request, from: exchange.from)
        }
        return (lab, exchanges)
    }

    /// What a server would take for a request line.
    private static func line(_ bytes: [UInt8]) -> String {
        let legal = bytes.filter { $0 > 32 && $0 < 127 }
        return "/" + String(decoding: legal.drop { $0 == UInt8(ascii: "/") }.prefix(4_000), as: UTF8.self)
    }

    private static func change(_ fields: inout HTTPFields, _ mutator: inout Mutator) {
        guard !fields.isEmpty else { return }
        let place = mutator.number(below: fields.count)
        let field = fields[fields.index(fields.startIndex, offsetBy: place)]
        let value = mutator.changed(Array(field.value.utf8), [Array(field.value.utf8)]).filter { $0 >= 32 && $0 < 127 }
        switch mutator.number(below: 3) {
        case 0: fields[field.name] = nil
        case 1: fields.append(HTTPField(name: field.name, value: field.value))
        default: fields[field.name] = String(decoding: value.prefix(8_000), as: UTF8.self)
        }
    }
}
