import HTTPTypes
import Kernel

/// What one message between two parties costs.
enum Exchanges {
    private static let rounds = 20_000

    static func measure(into table: inout FigureTable) async throws {
        var hosts = HostTable()
        hosts.add("github.com", .github)
        let echo: any Origin = Echo()
        let request = Request(.get, "https://github.com/user")

        let direct = try await Measure.microseconds(rounds: rounds) { _ in
            guard hosts.route("github.com")?.party == .github else { throw BenchFailure("no route") }
            guard await echo.respond(to: request).status == 200 else { throw BenchFailure("no answer") }
        }
        table.add(
            Figure(
                name: "in-memory exchange, no store", value: direct, unit: "µs", budget: 1,
                remark: "route by host, call through any Origin"))

        var network = journalled(hosts)
        let kept = try await Measure.microseconds(rounds: rounds) { round in
            // A fresh journal now and then: nobody's scenario is a million exchanges long.
            if round % rounds == 0 { network = journalled(hosts) }
            guard try await network.send(request, from: .outside).status == 200 else { throw BenchFailure("no answer") }
        }
        table.add(
            Figure(name: "in-memory exchange, journalled", value: kept, unit: "µs", remark: "through the network"))
    }

    private static func journalled(_ hosts: HostTable) -> InMemoryNetwork {
        let network = InMemoryNetwork(
            hosts: hosts, clock: VirtualClock(now: Instant(milliseconds: 0)), store: Store())
        network.connect(.github, Echo())
        return network
    }
}

private struct Echo: Origin {
    private let answer = Response.json(200, ["login": "alice-gh"])
    func respond(to request: Request) async -> Response { answer }
}
