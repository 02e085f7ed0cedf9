import HTTPTypes
import Kernel
import Synchronization
import Testing

private struct Echo: Origin {
    func respond(to request: Request) async -> Response { .plain(200, request.path) }
}

/// Answers with a stream that never ends, and counts those that were closed.
private final class Murmur: Origin, EventSource {
    let closed = Mutex(0)
    func respond(to request: Request) async -> Response { .events(self) }
    func next() -> EventPull { .pending }
    func close() { closed.withLock { $0 += 1 } }
}

struct RouterTests {
    private var router: Router<String> {
        var router = Router<String>()
        router.on(.get, "/gateways/", "list")
        router.on(.get, "/gateways/{id}/targets/{target}/", "get")
        router.on(.put, "/gateways/{id}/targets/{target}/", "put")
        return router
    }

    private func match(
        _ method: HTTPRequest.Method, _ path: String, in other: Router<String>? = nil
    ) -> String {
        switch (other ?? router).match(Request(method, "http://x\(path)")) {
        case .found(let name, let values): "\(name) \(values["id"]) \(values["target"])"
        case .otherMethods(let methods): "405 \(methods.map(\.rawValue).joined(separator: ","))"
        case .nothing: "404"
        }
    }

    @Test(arguments: [
        (HTTPRequest.Method.get, "/gateways", "list  "), (.get, "/gateways/?maxResults=1", "list  "),
        (.get, "/gateways/g1/targets/t1", "get g1 t1"), (.put, "/gateways/a%2Fb/targets/t1/", "put a/b t1"),
        (.post, "/gateways/g1/targets/t1/", "405 GET,PUT"), (.get, "/nothing", "404"),
    ])
    func routes(_ row: (method: HTTPRequest.Method, path: String, result: String)) {
        #expect(match(row.method, row.path) == row.result)
    }

    /// An empty name in a path is a hole that holds nothing, not the path above it; one last slash still does not
    /// matter where no hole is missing.
    @Test(arguments: [
        (HTTPRequest.Method.get, "/gateways/", "list  "), (.get, "/gateways", "list  "),
        (.get, "/gateways//", "one  "), (.get, "/gateways//?x=1", "one  "), (.get, "/gateways/g1", "one g1 "),
        (.get, "/gateways/g1/rules", "rules g1 "), (.get, "/gateways/g1/rules/", "rule g1 "),
        (.post, "/gateways/g1/rules/", "new rule g1 "), (.get, "/gateways/g1/rules/r1/", "rule g1 r1"),
        (.get, "/gateways//rules/r1", "rule  r1"), (.get, "/gateways//rules/", "rule  "),
        (.put, "/gateways/g1/rules/", "405 GET,POST"), (.get, "/tags/", "tags  "), (.get, "/tags", "404"),
        (.get, "//gateways/g1", "404"), (.get, "/gateways/g1//", "404"), (.get, "/", "404"),
    ])
    func anEmptyNameFillsAHole(_ row: (method: HTTPRequest.Method, path: String, result: String)) {
        var router = Router<String>(holesMayBeEmpty: true)
        router.on(.get, "/gateways/", "list")
        router.on(.get, "/gateways/{id}/", "one")
        router.on(.get, "/gateways/{id}/rules", "rules")
        router.on(.post, "/gateways/{id}/rules", "new rule")
        router.on(.get, "/gateways/{id}/rules/{target}", "rule")
        router.on(.get, "/tags/{id}", "tags")
        #expect(match(row.method, row.path, in: router) == row.result)
        let isKnown = router.leads(row.path) { !$0.isEmpty }
        #expect(isKnown == (row.result != "404"))
    }
}

struct InMemoryNetworkTests {
    /// An answer keeps what its body was written from, and forgets it with the body.
    @Test func theJSONOfAnAnswerIsThatOfItsBody() throws {
        var response = Response.json(200, ["a": 1, "b": [true, nil], "c": 1.5, "d": "\u{1F511}"])
        #expect(response.json == (try JSONValue(parsing: response.body)))
        response.body = Array("{\"a\": 2}".utf8)
        #expect(response.json == ["a": 2])
        response.body = [0x7B]
        #expect(response.json == nil)
        #expect(response == Response(200, headers: response.head.headerFields, body: [0x7B]))
    }

    private func network() -> (InMemoryNetwork, Store) {
        var hosts = HostTable()
        hosts.add("github.com", .github)
        hosts.add(suffix: ".gateway.test", .gateway, prefix: "/gateways/{label}")
        let store = Store()
        let network = InMemoryNetwork(hosts: hosts, clock: VirtualClock(now: Instant(milliseconds: 0)), store: store)
        network.connect(.github, Echo())
        network.connect(.gateway, Echo())
        return (network, store)
    }

    @Test func aHostNameReachesItsPartyAndTheJournal() async throws {
        let (network, store) = network()
        let answer = try await network.port(of: .aws).send(Request(.get, "https://github.com/user?x=1"))
        #expect(answer.bodyText == "/user")
        guard case .exchange(let exchange) = store.journal().first?.event else {
            Issue.record("no exchange in the journal")
            return
        }
        #expect(exchange.from == .aws && exchange.to == .github && exchange.status == 200)
    }

    @Test func aHostOfManyNamesBecomesAPathPrefix() async throws {
        let (network, _) = network()
        let answer = try await network.port(of: .aws).send(Request(.post, "https://gw-1.gateway.test/mcp"))
        #expect(answer.bodyText == "/gateways/gw-1/mcp")
    }

    @Test(arguments: [
        "https://evil.test/", "https://a.b.gateway.test/", "https://.gateway.test/", "https://github.com.evil/",
    ])
    func anotherHostIsRefused(_ url: String) async {
        let (network, _) = network()
        await #expect(throws: NetworkFailure.self) { try await network.port(of: .aws).send(Request(.get, url)) }
    }

    /// Nobody reads an answer that is lost: its stream ends with it.
    @Test func aLostAnswerIsClosed() async throws {
        let (network, _) = network()
        let origin = Murmur()
        network.connect(.github, origin)
        network.faults.put(Fault(name: "twice", party: .github, operation: nil, effect: .duplicate, first: 1))
        let answer = try await network.port(of: .aws).send(Request(.get, "https://github.com/user"))
        #expect(answer.events != nil)
        #expect(origin.closed.withLock { $0 } == 1)
        network.faults.put(Fault(name: "lost", party: .github, operation: nil, effect: .truncate, first: 1))
        await #expect(throws: NetworkFailure.self) {
            try await network.port(of: .aws).send(Request(.get, "https://github.com/user"))
        }
        #expect(origin.closed.withLock { $0 } == 2)
    }

    @Test func aFaultStrikesSoOftenAndNoMore() async throws {
        let (network, store) = network()
        network.faults.put(
            Fault(name: "slow", party: .github, operation: "GET /user", effect: .answer(.plain(503, "no")), first: 2))
        var statuses: [Int] = []
        for _ in 0..<3 {
            statuses.append(try await network.port(of: .aws).send(Request(.get, "https://github.com/user/")).status)
        }
        #expect(statuses == [503, 503, 200])
        #expect(store.journal().count { if case .fault = $0.event { true } else { false } } == 2)
    }
}
