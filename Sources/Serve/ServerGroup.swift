// Serve puts parties behind loopback sockets, one port each. It knows HTTP and ports; it knows no party's behaviour,
// builds no lab and decides no answer beyond refusing callers who may not call.

import HummingbirdCore
package import Kernel
import Logging
import NIOCore
import NIOPosix

/// One HTTP server per party, from binding to the last answer.
package struct ServerGroup: Sendable {
    private let plan: PortPlan
    private let parties: [Party]
    private let limits: ServeLimits
    private let whileStreaming: @Sendable () async -> Void

    /// - Parameters:
    ///   - plan: where each party listens and what its origin is called.
    ///   - parties: who is served.
    ///   - limits: what callers may take of the machine.
    ///   - whileStreaming: lets the lab's time pass; called again and again while a stream is open.
    package init(
        _ plan: PortPlan, parties: [Party] = Party.served, limits: ServeLimits = .ofThisProcess(),
        whileStreaming: @escaping @Sendable () async -> Void = {}
    ) {
        self.plan = plan
        self.parties = parties
        self.limits = limits
        self.whileStreaming = whileStreaming
    }

    /// Binds every port, lets `assemble` build what answers, serves while `serving` runs, then closes.
    ///
    /// Ports come first because with free ports nobody knows a party's origin before. Requests that arrive while
    /// `assemble` works wait for it; none is refused.
    /// - Parameters:
    ///   - prepare: what can be done without knowing the ports; runs while they are bound.
    ///   - assemble: gets what was prepared and the origins, returns what answers. Runs once.
    ///   - serving: runs when every port answers; when it returns, serving ends.
    /// - Throws: `ServeFailure` when a port cannot be had; what the closures throw.
    package func run<Prepared: Sendable>(
        prepare: @escaping @Sendable () async throws -> Prepared,
        assemble: @escaping @Sendable (Prepared, ServedOrigins) async throws -> PartyAnswer,
        while serving: @escaping @Sendable (Prepared, ServedOrigins) async throws -> Void
    ) async throws {
        let desk = AnswerDesk()
        let (settled, bindings) = AsyncStream<Binding>.makeStream()
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            // First: it works while the event loops are made.
            tasks.addTask {
                async let prepared = prepare()
                var outcomes: [Party: Result<Int, IOError>] = [:]
                for await binding in settled {
                    outcomes[binding.party] = binding.outcome
                    if outcomes.count == parties.count { bindings.finish() }
                }
                guard outcomes.count == parties.count else { return }
                let ports = try ports(outcomes)
                let origins = plan.origins(ports: ports)
                desk.open(try await assemble(prepared, origins), guardedBy: plan.callers(of: origins))
                try await serving(prepared, origins)
                desk.endStreams()
                throw Stopped()
            }
            let group = MultiThreadedEventLoopGroup(numberOfThreads: limits.loops)
            let loop = LoopExecutor(group.next())
            let commons = Commons(total: ConnectionGate.Total(), ration: BodyRation(limits.longBodies))
            let servers = parties.map { party in
                server(of: party, group: group, desk: desk, commons) {
                    bindings.yield(Binding(party: party, outcome: .success($0)))
                }
            }
            for (party, server) in zip(parties, servers) {
                tasks.addTask(executorPreference: loop) { try await serve(server, party, bindings) }
            }
            tasks.addTask(executorPreference: loop) { try await desk.beat(whileStreaming) }
            do {
                for try await _ in tasks {}
            } catch is Stopped {
                // The ordinary end.
                await close(servers)
                tasks.cancelAll()
            } catch {
                // Whoever waits for streams, or for a lab, would wait for ever.
                desk.refuse()
                desk.endStreams()
                tasks.cancelAll()
                throw error
            }
        }
    }

    private typealias HTTPServer = Server<LoopChannel<PartyChannel>>
    private struct Stopped: Error {}
    /// What all ports have together.
    private struct Commons {
        let total: ConnectionGate.Total
        let ration: BodyRation
    }
    /// A port that is open, or why it cannot be.
    private struct Binding {
        let party: Party
        let outcome: Result<Int, IOError>
    }

    private func server(
        of party: Party, group: any EventLoopGroup, desk: AnswerDesk, _ commons: Commons,
        bound: @escaping @Sendable (Int) -> Void
    ) -> HTTPServer {
        let responder = OriginResponder(party: party, desk: desk, limits: limits, ration: commons.ration)
        let channel = PartyChannel(responder, patience: TimeAmount(limits.patience))
        return HTTPServer(
            childChannelSetup: LoopChannel(channel, on: group),
            configuration: ServerConfiguration(
                address: .hostname(plan.bindAddress, port: plan.port(of: party)), backlog: 1_024,
                availableConnectionsDelegate: ConnectionGate(limits, commons.total)),
            onServerRunning: { channel in bound(channel.localAddress?.port ?? 0) },
            eventLoopGroup: group, logger: Logger(label: party.rawValue) { _ in SwiftLogNoOpLogHandler() })
    }

    private func serve(
        _ server: HTTPServer, _ party: Party, _ bindings: AsyncStream<Binding>.Continuation
    ) async throws {
        do {
            try await server.run()
        } catch let error as IOError {
            // The others are waited for: one message names every port that cannot be had.
            guard case .terminated = bindings.yield(Binding(party: party, outcome: .failure(error))) else { return }
            throw ServeFailure([obstacle(error, party)], address: plan.bindAddress)
        }
    }

    private func ports(_ outcomes: [Party: Result<Int, IOError>]) throws -> [Party: Int] {
        var ports: [Party: Int] = [:]
        var obstacles: [ServeFailure.Obstacle] = []
        for party in parties {
            switch outcomes[party] {
            case .success(let port): ports[party] = port
            case .failure(let error): obstacles.append(obstacle(error, party))
            case nil: continue
            }
        }
        guard obstacles.isEmpty else { throw ServeFailure(obstacles, address: plan.bindAddress) }
        return ports
    }

    private func obstacle(_ error: IOError, _ party: Party) -> ServeFailure.Obstacle {
        ServeFailure.Obstacle(error, party: party, port: plan.port(of: party))
    }

    /// Answers under way are finished, idle connections closed.
    private func close(_ servers: [HTTPServer]) async {
        await withTaskGroup(of: Void.self) { closing in
            for server in servers { closing.addTask { try? await server.shutdownGracefully() } }
        }
    }
}
