import AWSCore
import HTTPTypes
import Kernel
import TestSupport
import Testing

/// What is no input at all, and where plain http may stand.
struct BodyTests {
    private let contract = Checkout.contract

    private func world(_ chosen: [String: String] = [:]) -> World {
        let clock = VirtualClock(now: Instant(milliseconds: 0))
        let store = Store()
        let network = InMemoryNetwork(hosts: HostTable(), clock: clock, store: store)
        return World(
            party: .aws, clock: clock, scheduler: clock, entropy: SeededEntropy(seed: 1),
            network: network.port(of: .aws), store: store,
            addresses: AddressBook(origins: [.mcp: "http://mcp.lab:4584"], gatewayTemplate: ""),
            switches: Switches(chosen: chosen))
    }

    private func refusal(_ body: [UInt8], _ manner: Contract.Manner = .strict) -> AWSError? {
        let request = Request(.post, "https://a.example/gateways/", body: body)
        return #expect(throws: AWSError.self) {
            let (operation, path) = try contract.operation(for: request)
            _ = try contract.read(operation, request: request, path: path, manner: manner)
        }
    }

    @Test(arguments: ["{", "[]", "\"x\"", "null", "{\"a\":}", "\u{0}", "{\"name\":\"x\"} {}"])
    func whatIsNoJSONObjectCannotBeParsed(body: String) {
        #expect(refusal(Array(body.utf8))?.code == .validation)
        #expect(refusal(Array(body.utf8))?.reason == .cannotParse)
        let manner = Contract.Manner(world(["errors.unparsableBody": "SerializationException"]))
        #expect(refusal(Array(body.utf8), manner)?.code == .serialization)
    }

    @Test func brokenTextAndDeepNestingAreRefused() {
        #expect(refusal([0x7B, 0xFF, 0x7D])?.reason == .cannotParse)
        let deep = String(repeating: "[", count: 100_000)
        #expect(refusal(Array("{\"tags\":\(deep)".utf8))?.reason == .cannotParse)
    }

    @Test func bodiesOverSixMegabytesAreRefused() {
        let error = refusal([UInt8](repeating: 32, count: Request.longestBody + 1))
        #expect(error?.reason == .cannotParse)
        #expect(error?.message.contains("6291456") == true)
    }

    @Test func anUnknownOperationIsNamed() {
        for (method, path) in [(HTTPRequest.Method.post, "/nothing/here"), (.patch, "/gateways/"), (.get, "/")] {
            let error = #expect(throws: AWSError.self) {
                _ = try contract.operation(for: Request(method, "https://a.example\(path)"))
            }
            #expect(error?.code == .validation)
            #expect(error?.message.contains("Operation \(method.rawValue) \(path) is not supported; supported") == true)
        }
    }

    @Test(arguments: [
        ("http://127.0.0.1:4584/mcp", true), ("http://localhost:1/mcp", true), ("http://[::1]:1/", true),
        ("http://mcp.lab:4584/mcp", true), ("http://mcp.lab:45840/mcp", false), ("http://evil.example/mcp", false),
        ("http://127.0.0.1.evil.example/", false), ("ftp://127.0.0.1/", false), ("https://evil.example/", true),
    ])
    func plainHTTPReachesOnlyThisMachineAndTheLab(url: String, isAccepted: Bool) throws {
        var input = ContractTests.target
        input["targetConfiguration"] = ["mcp": ["mcpServer": ["endpoint": .string(url)]]]
        let operation = try #require(contract.operation(named: "CreateGatewayTarget"))
        let accepts = { (manner: Contract.Manner) in
            (try? contract.check(.object(input), as: operation, manner: manner)) != nil
        }
        #expect(accepts(Contract.Manner(world())) == isAccepted)
        #expect(accepts(Contract.Manner(world(["loopbackHTTP": "off"]))) == url.hasPrefix("https"))
        #expect(accepts(.strict) == url.hasPrefix("https"))
    }

    @Test func theAccountIsATwelveDigitAccessKey() {
        let account = { (value: String?) in
            AWSNames.account(
                of: Request(.get, "https://a.example/", headers: value.map { [.authorization: $0] } ?? [:]))
        }
        let scope = "20261120/us-east-1/bedrock-agentcore/aws4_request, SignedHeaders=host, Signature=0"
        #expect(account("AWS4-HMAC-SHA256 Credential=123456789012/\(scope)") == "123456789012")
        #expect(account("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/\(scope)") == "000000000000")
        #expect(account("Bearer 123456789012") == "000000000000")
        #expect(account(nil) == "000000000000")
    }
}
