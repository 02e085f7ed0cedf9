import HTTPTypes
import Synchronization

/// Hands a request to the party that stands for its host, in the same process, and writes the exchange down.
package final class InMemoryNetwork: Sendable {
    private let hosts: HostTable
    /// Some seven, asked for with every request: sooner walked than hashed.
    private let origins = Mutex<[(party: Party, origin: any Origin)]>([])
    private let clock: VirtualClock
    private let store: Store
    private let giveWay: (@Sendable () async -> Void)?
    /// Leads out of the lab; nil in every scenario run.
    private let outside = Mutex<(any Network)?>(nil)
    package let faults = FaultBoard()
    /// Follows the changes that somebody may wait for, after each exchange; whoever lets an alarm ring makes it follow.
    package let changes = ChangeSignal()

    /// `giveWay` is awaited after a party has dealt with a request: what many labs do on one thread is then the same
    /// for each of them in turn, and the processor still has the program for it at hand.
    package init(hosts: HostTable, clock: VirtualClock, store: Store, giveWay: (@Sendable () async -> Void)? = nil) {
        self.hosts = hosts
        self.clock = clock
        self.store = store
        self.giveWay = giveWay
    }

    /// Puts a party on the network, or another one in its place.
    package func connect(_ party: Party, _ origin: any Origin) {
        origins.withLock { origins in
            if let place = origins.firstIndex(where: { $0.party == party }) {
                origins[place].origin = origin
            } else {
                origins.append((party, origin))
            }
        }
    }

    /// Lets requests to hosts that stand for no party leave the lab.
    package func connectOutside(_ network: (any Network)?) { outside.withLock { $0 = network } }

    package func origin(of party: Party) -> (any Origin)? {
        origins.withLock { origins in origins.first { $0.party == party }?.origin }
    }

    /// The network as `party` uses it: its name stands on every request it sends.
    package func port(of party: Party) -> any Network { Port(network: self, party: party) }

    /// From somewhere on this network, by host name.
    package func send(_ request: Request, from sender: Party) async throws(NetworkFailure) -> Response {
        let authority = request.head.authority ?? ""
        guard let route = hosts.route(authority) else { return try await leave(request, authority, from: sender) }
        var local = request
        if !route.prefix.isEmpty { local.head.path = route.prefix + (request.head.path ?? "/") }
        return try await deliver(local, to: route.party, from: sender)
    }

    /// To somebody who is no party. What is on no list leaves no trace but the failure its sender sees.
    private func leave(
        _ request: Request, _ authority: String, from sender: Party
    ) async throws(NetworkFailure) -> Response {
        guard let outside = outside.withLock({ $0 }) else { throw NetworkFailure(.unknownHost, host: authority) }
        let party = Party(authority)
        do throws(NetworkFailure) {
            let response = try await outside.send(request)
            record(request, from: sender, to: party, .answered(response))
            return response
        } catch {
            if error.reason != .unknownHost { record(request, from: sender, to: party, .failed(error)) }
            throw error
        }
    }

    /// To a party that was reached by its own address: what `serve` calls for each request from a socket.
    package func deliver(_ request: Request, to party: Party, from sender: Party) async throws(NetworkFailure)
        -> Response
    {
        await Turnstile.wait()
        guard let origin = origin(of: party) else { throw NetworkFailure(.unreachable, host: party.rawValue) }
        do throws(NetworkFailure) {
            var response = try await answer(request, by: origin, party)
            await giveWay?()
            if response.events != nil { follow(&response, of: request, from: sender, to: party) }
            record(request, from: sender, to: party, .answered(response))
            return response
        } catch {
            record(request, from: sender, to: party, .failed(error))
            throw error
        }
    }

    private func answer(_ request: Request, by origin: any Origin, _ party: Party) async throws(NetworkFailure)
        -> Response
    {
        guard let fault = faults.take(for: party, request) else { return await origin.respond(to: request) }
        store.append(.fault(name: fault.name, party: party), at: clock.now)
        switch fault.effect {
        case .answer(let response): return response
        case .drop: throw NetworkFailure(.unreachable, host: party.rawValue)
        case .delay(let span):
            // The answer is late; nobody waits: world time moves and what was due meanwhile rings at the next step.
            clock.addDelay(span)
            return await origin.respond(to: request)
        case .duplicate:
            await origin.respond(to: request).events?.close()
            return await origin.respond(to: request)
        case .truncate:
            // Who loses the answer loses its stream too.
            await origin.respond(to: request).events?.close()
            throw NetworkFailure(.truncated, host: party.rawValue)
        }
    }

    /// The events that are there join the body; those that come later are written down as they are taken.
    private func follow(_ response: inout Response, of request: Request, from sender: Party, to party: Party) {
        response.drainEvents()
        guard let events = response.events else { return }
        let path = request.head.path ?? "/"
        response.events = events.watched(changes) { [store, clock] event in
            let streamed = StreamedEvent(from: party, to: sender, path: path, event: event)
            store.append(.streamed(streamed), at: clock.now)
        }
    }

    private static func shortened(_ request: Request) -> Request {
        Request(head: request.head, body: Array(request.body.prefix(1_024)))
    }

    private func record(_ request: Request, from sender: Party, to party: Party, _ outcome: Exchange.Outcome) {
        // No party reads so long a body, and a journal of them would fill the memory.
        let kept = request.content.isLonger(than: Request.longestBody) ? Self.shortened(request) : request
        let exchange = Exchange(from: sender, to: party, request: kept, outcome: outcome)
        changes.reach(store.append(.exchange(exchange), at: clock.now))
    }

    private struct Port: Network {
        let network: InMemoryNetwork
        let party: Party
        func send(_ request: Request) async throws(NetworkFailure) -> Response {
            try await network.send(request, from: party)
        }
    }
}
