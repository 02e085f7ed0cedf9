import Foundation
import Kernel

/// What calls of the AWS API cost over one connection, beside moto where it is installed (`make bench-peers`).
struct AWSBench {
    private let options: BenchOptions
    private static let port = 26_580
    private static let calls = 300
    private static let many = 10_000
    private static let fields = [
        "Content-Type: application/json",
        "Authorization: AWS4-HMAC-SHA256 Credential=111122223333/20261121/us-east-1/bedrock-agentcore/aws4_request, "
            + "SignedHeaders=content-type;host;x-amz-date, Signature=" + String(repeating: "0", count: 64),
        "X-Amz-Date: 20261121T000000Z",
    ]

    init(_ options: BenchOptions) { self.options = options }

    func measure(into table: inout FigureTable) throws {
        let surroundings = try Surroundings.withRoom(beside: options.root)
        defer { surroundings.end() }
        let served = try Neighbour.own(root: surroundings.root, port: Self.port, lab: "bench")
        defer { served.end() }
        let server = try Server(port: Self.port)
        let own = try server.pace(Self.calls)
        let moto = try measureMoto()
        for (name, mine, theirs) in [
            ("CreateGatewayTarget", own.create, moto?.create), ("GetGatewayTarget", own.get, moto?.get),
        ] {
            table.add(
                Figure(
                    name: "served \(name), median", value: mine, unit: "µs",
                    remark: "\(Self.calls) calls one after the other on one connection"))
            guard let theirs else { continue }
            table.add(
                Figure(
                    name: "served \(name), share of moto's", value: mine / theirs, unit: "", budget: 0.05,
                    remark: "moto: \(Int(theirs)) µs, \(Int(theirs / mine)) times as long"))
        }
        try measureLists(into: &table)
    }

    /// A page costs the same however many targets there are.
    private func measureLists(into table: inout FigureTable) throws {
        let (few, hundred, many) = (
            try Server(port: Self.port), try Server(port: Self.port), try Server(port: Self.port)
        )
        for (server, count) in [(few, 10), (hundred, 100), (many, Self.many)] {
            for number in 0..<count { try server.create("t\(number)") }
        }
        for (size, small, count) in [(10, few, 10), (100, hundred, 100)] {
            var (less, more): ([Double], [Double]) = ([], [])
            // In turn, so that whatever else the machine does hits both.
            for _ in 0..<Self.calls {
                less.append(try small.list(size))
                more.append(try many.list(size))
            }
            table.add(
                Figure(
                    name: "served ListGatewayTargets, page of \(size), \(Self.many) to \(count)",
                    value: Measure.median(more) / Measure.median(less), unit: "x", budget: 1.3,
                    remark: "\(Int(Measure.median(more))) µs"))
        }
    }

    /// moto's own server, where it is installed.
    private func measureMoto() throws -> (create: Double, get: Double)? {
        guard let moto = try Neighbour(.moto, root: options.root, port: Self.port + 20) else { return nil }
        defer { moto.end() }
        return try Server(port: moto.port).pace(Self.calls)
    }

    /// A gateway at one address.
    private final class Server {
        private var client: WireClient
        private let port: Int
        /// Not every server keeps a connection; then every call is on one of its own.
        private let isKept: Bool
        private let gateway: String

        init(port: Int) throws {
            self.port = port
            client = try WireClient(port: port)
            let name = "bench-\(UInt32.random(in: 0...UInt32.max))"
            let answer = try client.call(
                "POST", "/gateways/", AWSBench.fields,
                """
                {"name":"\(name)","roleArn":"arn:aws:iam::111122223333:role/gateway","protocolType":"MCP",\
                "authorizerType":"NONE"}
                """)
            guard let id = try? JSONValue(parsing: Array(answer.body))["gatewayId"]?.string else {
                throw BenchFailure("no gateway on port \(port): \(answer.status)")
            }
            gateway = id
            isKept = answer.head.hasPrefix("HTTP/1.1") && answer.field("connection")?.lowercased() != "close"
        }

        private func call(_ method: String, _ path: String, _ body: String = "") throws -> WireClient.Answer {
            if !isKept { client = try WireClient(port: port) }
            return try client.call(method, path, AWSBench.fields, body)
        }

        @discardableResult
        func create(_ name: String) throws -> String {
            let answer = try call(
                "POST", "/gateways/\(gateway)/targets/",
                """
                {"name":"\(name)","targetConfiguration":{"mcp":{"mcpServer":{"endpoint":"https://mcp.example.com/mcp",\
                "mcpToolSchema":{"inlinePayload":"{\\"tools\\":[{\\"name\\":\\"get_me\\",\\"description\\":\\"Who\\",\
                \\"inputSchema\\":{\\"type\\":\\"object\\"}}]}"}}}}}
                """)
            guard let id = try? JSONValue(parsing: Array(answer.body))["targetId"]?.string else {
                throw BenchFailure("no target: \(answer.status) \(String(decoding: answer.body, as: UTF8.self))")
            }
            return id
        }

        func list(_ size: Int) throws -> Double {
            try timed {
                let path = "/gateways/\(gateway)/targets/?maxResults=\(size)"
                guard try call("GET", path).status == 200 else {
                    throw BenchFailure("targets were not listed")
                }
            }
        }

        func pace(_ calls: Int) throws -> (create: Double, get: Double) {
            let target = try create("first")
            var (creates, gets): ([Double], [Double]) = ([], [])
            for number in 0..<calls {
                creates.append(try timed { try create("pace-\(number)") })
                gets.append(
                    try timed {
                        let path = "/gateways/\(gateway)/targets/\(target)/"
                        guard try call("GET", path).status == 200 else {
                            throw BenchFailure("the target was not found")
                        }
                    })
            }
            return (Measure.median(creates), Measure.median(gets))
        }

        private func timed(_ work: () throws -> Void) rethrows -> Double {
            let clock = ContinuousClock()
            let start = clock.now
            try work()
            return Measure.microseconds(clock.now - start)
        }
    }
}
