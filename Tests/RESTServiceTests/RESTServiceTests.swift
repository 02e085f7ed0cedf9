import HTTPTypes
import Kernel
import RESTService
import Testing

@Suite struct RESTServiceTests {
    private static let data: JSONValue = [
        "apis": [
            "own": [
                "operations": [
                    "GET /orders/{id}": [
                        "answers": [
                            ["when": ["path.id": "none"], "status": 404, "body": ["message": "No such order"]],
                            ["headers": ["X-Page": "${query.page|1}"], "body": ["id": "${path.id}"]],
                        ]
                    ],
                    "POST /orders": ["status": 201, "body": "${body}"],
                    "GET /secret": ["needs": ["headers.x-api-key": "k"], "body": ["ok": true]],
                ]
            ],
            "abc": ["stage": "prod", "document": ["openapi": "3.0.1"], "operations": ["GET /pets": ["body": ["rex"]]]],
        ]
    ]

    private func call(
        _ method: HTTPRequest.Method, _ path: String, headers: HTTPFields = [:], body: String = "",
        off: Set<String> = []
    ) async throws -> Response {
        let clock = VirtualClock(now: Instant(milliseconds: 1_795_168_800_000))
        let store = Store()
        let network = InMemoryNetwork(hosts: HostTable(), clock: clock, store: store)
        let world = World(
            party: .rest, clock: clock, scheduler: clock, entropy: SeededEntropy(seed: 1),
            network: network.port(of: .rest), store: store, addresses: AddressBook(origins: [:], gatewayTemplate: ""),
            switches: Switches(off: off))
        let service = RESTService(world: world, catalogue: try RESTCatalogue(json: Self.data))
        return await service.respond(
            to: Request(method, "https://api.test\(path)", headers: headers, body: Array(body.utf8)))
    }

    @Test func answersByPathAndQuery() async throws {
        let response = try await call(.get, "/orders/a%2Fb?page=2")
        #expect(response.status == 200)
        #expect(response.json == ["id": "a/b"])
        #expect(response.header(fieldName("X-Page")) == "2")
        #expect(try await call(.get, "/orders/none").status == 404)
        let made = try await call(.post, "/orders", body: #"{"n":1}"#)
        #expect(made.status == 201)
        #expect(made.json == ["n": 1])
    }

    @Test func unknownPathsAndMethods() async throws {
        #expect(try await call(.get, "/").status == 404)
        let response = try await call(.delete, "/orders/1")
        #expect(response.status == 405)
        #expect(response.header(.allow) == "GET")
    }

    @Test("A status that no answer can have is refused with the file", arguments: [-1, 0, 100, 199, 600, 1000])
    func statuses(_ status: Int64) throws {
        let file: JSONValue = ["apis": ["own": ["operations": ["GET /": ["status": .int(status), "body": 1]]]]]
        #expect(throws: DataMistake.self) { try RESTCatalogue(json: file) }
    }

    @Test func credentials() async throws {
        #expect(try await call(.get, "/secret").status == 401)
        #expect(try await call(.get, "/secret", headers: [fieldName("X-Api-Key"): "wrong"]).status == 401)
        #expect(try await call(.get, "/secret", headers: [fieldName("X-Api-Key"): "k"]).status == 200)
        #expect(try await call(.get, "/secret", off: ["rest-credential"]).status == 200)
    }

    @Test func stages() async throws {
        #expect(try await call(.get, "/_stages/abc/prod/pets").json == ["rex"])
        #expect(try await call(.get, "/_stages/abc/test/pets").status == 403)
        #expect(try await call(.get, "/_stages/own/prod/orders/1").status == 403)
        #expect(try await call(.get, "/restapis/abc/stages/prod/exports/oas30").json == ["openapi": "3.0.1"])
        #expect(try await call(.get, "/restapis/abc/stages/dev/exports/oas30").status == 404)
        #expect(try await call(.get, "/restapis/own/stages/prod/exports/oas30").status == 404)
    }
}
