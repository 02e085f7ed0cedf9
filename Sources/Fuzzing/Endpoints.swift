import HTTPTypes
package import Harness
package import Kernel
import OAuthCore
import Synchronization

/// Requests that were good once and are changed: every party answers each of them, and none with a 5xx.
package final class Endpoints: Sendable {
    private let lab: Lab
    private let good: [Exchange]
    private let mutator: Mutex<Mutator>
    private let played: @Sendable () async throws -> Void
    private let tried = Mutex(0)
    /// Exchanges by who answered them.
    private let answers = Mutex<[Party: Int]>([:])

    /// - Parameters:
    ///   - lab: anew; the same seed gives it the same gateways and tokens as those of the journal.
    ///   - journal: of a flow that held.
    ///   - seed: decides what is changed.
    package init(_ lab: Lab, journal: [JournalEntry], seed: UInt64) {
        self.lab = lab
        good = journal.compactMap { if case .exchange(let exchange) = $0.event { exchange } else { nil } }
        mutator = Mutex(Mutator(seed: seed))
        // What people sent is sent again, each at its time.
        played = { [lab] in
            try lab.reset()
            for entry in journal {
                guard case .exchange(let exchange) = entry.event, !Party.served.contains(exchange.from) else {
                    continue
                }
                await lab.advance(to: entry.at)
                _ = try? await lab.network.send(exchange.request, from: exchange.from)
            }
        }
    }

    package var answered: [Party: Int] { answers.withLock { $0 } }

    /// The input itself is the body of some request.
    package var target: FuzzTarget {
        FuzzTarget("endpoints", share: 8, good.map(\.request.body)) { await self.send($0) }
    }

    private func send(_ body: [UInt8]) async -> String? {
        // A flow that has gone on for ever would be a journal of millions, and everything in it deleted.
        if tried.withLock({ tried in
            tried += 1
            return tried % 2_000 == 1
        }) {
            do { try await played() } catch { return "the lab cannot go back: \(error)" }
        }
        let (exchange, request) = mutator.withLock { change(body, &$0) }
        guard let response = try? await lab.network.send(request, from: exchange.from) else {
            return "no answer from \(exchange.to) to \(request.head.method) \(request.head.path ?? "")"
        }
        answers.withLock { $0[exchange.to, default: 0] += 1 }
        // The application's own page for a completion that was refused is a 500 (ledger E85).
        if response.status < 500 || exchange.to == .app && response.bodyText.contains("Session Binding Failed") {
            return nil
        }
        return "\(exchange.to) says \(response.status) to \(request.head.method) \(request.head.path ?? "")"
    }

    private func change(_ body: [UInt8], _ mutator: inout Mutator) -> (Exchange, Request) {
        let exchange = mutator.pick(good)
        var request = exchange.request
        if mutator.number(below: 2) == 0 { request.body = body }
        if mutator.number(below: 3) == 0 {
            let targets = good.map { Array(($0.request.head.path ?? "/").utf8) }
            request.head.path = Self.line(mutator.changed(Array((request.head.path ?? "/").utf8), targets))
        }
        if mutator.number(below: 4) == 0 {
            request.head.method = mutator.pick([.get, .post, .put, .delete, .patch, .options, .head])
        }
        if mutator.number(below: 3) == 0 { Self.change(&request.head.headerFields, &mutator) }
        return (exchange, request)
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
