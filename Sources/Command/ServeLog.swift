import Kernel
import Serve

/// What `serve` says on stderr: where everybody is, and each request by method and path. Never a query, a header or a
/// body: those carry codes and tokens.
struct ServeLog: Sendable {
    let format: LogFormat
    let isQuiet: Bool

    func ready(_ lab: String, _ origins: ServedOrigins) {
        guard format == .text else {
            let origins = JSONObject(origins.all.map { .init($0.party.rawValue, .string($0.origin)) })
            return put("ready", ["lab": .string(lab), "origins": .object(origins)])
        }
        Terminal.say("agentcore-local serves the lab \(lab):")
        for (party, origin) in origins.all {
            let name = "\(party)".padding(to: 8)
            Terminal.say("  \(name) \(origin.padding(to: 24)) \(Self.says[party] ?? "")")
        }
        Terminal.say("Control-C ends it.")
    }

    func request(_ request: Request, to party: Party, answered status: Int?, at instant: Instant) {
        guard !isQuiet else { return }
        guard format == .text else {
            let status = status.map { JSONValue.int(Int64($0)) } ?? .null
            return put(
                "request",
                [
                    "at": .string(instant.iso8601), "to": .string(party.rawValue),
                    "method": .string("\(request.method)"), "path": .string(request.path), "status": status,
                ])
        }
        let answer = status.map(String.init) ?? "no answer"
        Terminal.say("\(instant.iso8601) \("\(party)".padding(to: 8)) \(request.method) \(request.path) \(answer)")
    }

    func warn(_ text: String) {
        guard format == .text else { return put("warning", ["text": .string(text)]) }
        Terminal.say("warning: \(text)")
    }

    func stopped() {
        guard format == .text else { return put("stopped", [:]) }
        Terminal.say("agentcore-local ends.")
    }

    private func put(_ event: String, _ members: JSONObject) {
        Terminal.say(json: .object(JSONObject([.init("event", .string(event))]).merging(members)))
    }

    private static let says: [Party: String] = [
        .aws: "control plane and identity service (bedrock-agentcore-control, bedrock-agentcore)",
        .gateway: "gateways, at /gateways/<gatewayId>/mcp",
        .idp: "signs the users of a gateway in",
        .github: "GitHub: authorization server and REST API",
        .mcp: "GitHub's MCP server, at /mcp",
        .app: "the users' web application",
        .console: "pages of what goes on; control API at /_local/, listed at /api",
    ]
}

extension String {
    /// With blanks behind it up to `width`.
    func padding(to width: Int) -> String { self + String(repeating: " ", count: Swift.max(0, width - count)) }
}
