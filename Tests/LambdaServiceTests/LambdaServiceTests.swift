import HTTPTypes
import Kernel
import LambdaService
import Testing

@Suite struct LambdaServiceTests {
    private struct Echo: CommandRunner {
        func run(_ command: [String], input: [UInt8]) async throws(CommandFault) -> [UInt8] {
            if command == ["fails"] { throw CommandFault("exit 1") }
            return command == ["mumbles"] ? Array("no json".utf8) : input
        }
    }

    private static let data: JSONValue = [
        "functions": [
            "orders": [
                "cases": [
                    [
                        "when": ["event.id": "present"],
                        "returns": ["id": "${event.id}", "tool": "${context.custom.tool}"],
                    ],
                    ["fails": "no id in ${event}"],
                ]
            ],
            "locked": ["invocable": false, "returns": [:]],
            "mine": ["command": ["echo"]], "broken": ["command": ["fails"]], "mumbling": ["command": ["mumbles"]],
        ]
    ]

    private func service(
        _ runner: (any CommandRunner)? = nil, off: Set<String> = [], chosen: [String: String] = [:]
    ) throws -> LambdaService {
        let clock = VirtualClock(now: Instant(milliseconds: 1_795_168_800_000))
        let store = Store()
        let network = InMemoryNetwork(hosts: HostTable(), clock: clock, store: store)
        let world = World(
            party: .lambda, clock: clock, scheduler: clock, entropy: SeededEntropy(seed: 1),
            network: network.port(of: .lambda), store: store,
            addresses: AddressBook(origins: [:], gatewayTemplate: ""), switches: Switches(off: off, chosen: chosen))
        return LambdaService(
            world: world, catalogue: try FunctionCatalogue(json: Self.data), region: "eu-west-1", commands: runner)
    }

    private func invoke(
        _ name: String, _ event: String, signed: Bool = true, runner: (any CommandRunner)? = nil,
        off: Set<String> = []
    ) async throws -> Response {
        let service = try service(runner, off: off)
        let custom: JSONValue = ["custom": ["tool": "t"]]
        var headers: HTTPFields = [fieldName("X-Amz-Client-Context"): Base64.encode(custom.bytes)]
        if signed { headers[.authorization] = "AWS4-HMAC-SHA256 Credential=x" }
        return await service.respond(
            to: Request(
                .post, "https://lambda.test/2015-03-31/functions/\(percentEncoded(name))/invocations",
                headers: headers, body: Array(event.utf8)))
    }

    @Test(
        "The first case that holds answers with what it was given",
        arguments: [
            "orders", "arn:aws:lambda:us-east-1:111122223333:function:orders",
            "arn:aws:lambda:us-east-1:111122223333:function:orders:$LATEST",
        ])
    func answers(_ name: String) async throws {
        let response = try await invoke(name, #"{"id":7}"#)
        #expect(response.status == 200)
        #expect(response.json == ["id": 7, "tool": "t"])
        #expect(response.header(fieldName("X-Amz-Function-Error")) == nil)
    }

    @Test func anErrorIsA200WithAHeader() async throws {
        let response = try await invoke("orders", "{}")
        #expect(response.status == 200)
        #expect(response.header(fieldName("X-Amz-Function-Error")) == "Unhandled")
        #expect(response.json?["errorMessage"] == "no id in {}")
    }

    @Test func refusals() async throws {
        #expect(try await invoke("nobody", "{}").status == 404)
        #expect(try await invoke("locked", "{}").status == 403)
        #expect(try await invoke("orders", "{").status == 400)
        #expect(try await invoke("orders", #"{"id":1}"#, signed: false).status == 403)
        #expect(try await invoke("orders", #"{"id":1}"#, signed: false, off: ["invocation-signed"]).status == 200)
    }

    @Test func commands() async throws {
        let refused = try await invoke("mine", #"{"a":1}"#)
        #expect(refused.json?["errorType"] == "Runtime.NoCommand")
        let answer = try await invoke("mine", #"{"a":1}"#, runner: Echo())
        #expect(answer.json == ["event": ["a": 1], "context": ["custom": ["tool": "t"]]])
        #expect(try await invoke("broken", "{}", runner: Echo()).json?["errorMessage"] == "exit 1")
        #expect(try await invoke("mumbling", "{}", runner: Echo()).json?["errorType"] == "Runtime.MarshalError")
    }

    /// In the caller's account and the lab's Region; an access key that is no account number is nobody's.
    @Test(arguments: [
        ("Credential=111122223333/20261120/eu-west-1/lambda/aws4_request, Signature=0", "111122223333"),
        ("Credential=111122223333, Signature=0", "111122223333"), ("Credential=AKIA/x, Signature=0", "000000000000"),
    ])
    func aFunctionIsItsCallers(_ credential: String, _ account: String) async throws {
        let body: JSONValue = ["FunctionName": "mine"]
        let made = try await service().respond(
            to: Request(
                .post, "https://lambda.test/2015-03-31/functions",
                headers: [.authorization: "AWS4-HMAC-SHA256 \(credential)"], body: body.bytes))
        #expect(made.json?["FunctionArn"]?.string == "arn:aws:lambda:eu-west-1:\(account):function:mine")
    }

    /// Two accounts may have a function of one name, and each knows its own; only where it is certain who calls one is
    /// kept from the other's (ledger `lambda-function-account`, `account-boundary`).
    @Test(arguments: [([:], 200), (["accounts.apart": "always"], 403)])
    func namesBelongToAnAccount(_ chosen: [String: String], _ status: Int) async throws {
        let service = try service(chosen: chosen)
        func ask(_ method: HTTPRequest.Method, _ name: String?, of account: String) async -> Response {
            let path = name.map { "/\(percentEncoded($0))" } ?? ""
            let body: JSONValue = ["FunctionName": "mine"]
            return await service.respond(
                to: Request(
                    method, "https://lambda.test/2015-03-31/functions\(path)",
                    headers: [.authorization: "AWS4-HMAC-SHA256 Credential=\(account)/x, Signature=0"],
                    body: method == .post ? body.bytes : []))
        }
        let (one, two) = ("111122223333", "444455556666")
        #expect(await ask(.post, nil, of: one).status == 201)
        #expect(await ask(.post, nil, of: one).status == 409)
        #expect(await ask(.get, "mine", of: two).status == 404)
        #expect(await ask(.post, nil, of: two).status == 201)
        let arn = "arn:aws:lambda:eu-west-1:\(one):function:mine"
        #expect(await ask(.get, "mine", of: one).json?["Configuration"]?["FunctionArn"]?.string == arn)
        for name in [arn, "\(one):function:mine"] { #expect(await ask(.get, name, of: two).status == status) }
        #expect(await ask(.delete, "mine", of: two).status == 204)
        #expect(await ask(.get, "mine", of: two).status == 404)
        #expect(await ask(.get, "\(arn):$LATEST", of: one).status == 200)
    }

    @Test(
        "A file without an answer is refused",
        arguments: [
            #"{"functions":{"f":{}}}"#, #"{"functions":{"f":{"cases":[{"when":{}}]}}}"#,
            #"{"functions":{"f":{"command":[]}}}"#,
        ])
    func mistakes(_ text: String) throws {
        let json = try JSONValue(parsing: text)
        #expect(throws: DataMistake.self) { try FunctionCatalogue(json: json) }
    }
}
