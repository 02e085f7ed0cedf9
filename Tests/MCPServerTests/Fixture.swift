import HTTPTypes
import Kernel
import MCPServer
import Synchronization

/// An authorization server that knows three tokens.
private final class FakeGitHub: Network {
    let calls = Mutex<[Request]>([])

    func send(_ request: Request) async throws(NetworkFailure) -> Response {
        calls.withLock { $0.append(request) }
        guard request.head.authority == "github.test", request.path == "/user" else {
            throw NetworkFailure(.unknownHost, host: request.head.authority ?? "")
        }
        var headers = HTTPFields()
        switch request.credentials("Bearer") {
        case "gho_alice": headers[fieldName("X-OAuth-Scopes")] = "repo, gist"
        case "gho_bare": headers[fieldName("X-OAuth-Scopes")] = ""
        case "ghu_alice": break
        case "gho_down": throw NetworkFailure(.unreachable, host: "github.test")
        case "gho_broken": return Response(502)
        default: return .json(401, ["message": "Bad credentials", "status": "401"])
        }
        let user: JSONValue = [
            "login": "alice-gh", "id": 7, "html_url": "https://github.test/alice-gh", "name": "Alice", "email": nil,
        ]
        return .json(200, user, headers: headers)
    }
}

/// The MCP server alone in a world.
struct Fixture {
    static let origin = "https://mcp.test"
    static let metadata = "https://mcp.test/.well-known/oauth-protected-resource/mcp"
    let store = Store()
    let clock = VirtualClock(now: Instant(milliseconds: 1_800_000_000_000))
    let server: MCPServer
    private let network = FakeGitHub()

    init(
        off: Set<String> = [], unknowns: [String: String] = [:], pageSize: Int64 = 1000, catalogue: JSONValue? = nil
    ) throws {
        let world = World(
            party: .mcp, clock: clock, scheduler: clock, entropy: SeededEntropy(seed: 1), network: network,
            store: store,
            addresses: AddressBook(
                origins: [.mcp: Self.origin, .github: "https://github.test"], gatewayTemplate: "https://{gatewayId}"),
            switches: Switches(off: off, chosen: unknowns))
        server = MCPServer(
            world: world, catalogue: try ToolCatalogue(json: catalogue ?? Self.catalogue(pageSize: pageSize)))
    }

    var calls: [Request] { network.calls.withLock { $0 } }
    var notes: [String] {
        store.journal().compactMap { if case .note(let note) = $0.event { note.rule } else { nil } }
    }

    static func catalogue(pageSize: Int64 = 1000) -> JSONValue {
        let owner: JSONValue = ["type": "string", "description": "o"]
        return [
            "server": ["name": "github-mcp-server", "title": "GitHub MCP Server", "version": "1"],
            "resourceName": "GitHub MCP Server", "scopesSupported": ["repo", "read:org"],
            "scopeTree": ["admin:org": ["read:org"], "repo": ["public_repo"]],
            "tokenPrefixes": ["ghp_", "github_pat_", "gho_", "ghu_", "ghs_"], "scopedPrefixes": ["gho_"],
            "pageSize": .int(pageSize),
            "tools": [
                [
                    "name": "list_issues", "title": "List issues", "description": "d", "readOnly": true,
                    "scopes": ["repo"], "required": ["owner", "repo"],
                    "properties": [
                        "repo": owner, "owner": owner, "page": ["type": "number"], "deep": ["type": "boolean"],
                    ],
                    "answers": [
                        ["when": ["repo": "missing"], "error": "failed: ${arguments.owner}/missing: 404 Not Found []"],
                        [
                            "when": ["page": nil],
                            "json": ["issues": [["user": "${user.login}"]], "page": "${arguments.page}"],
                        ],
                        [
                            "json": [
                                "repo": "${arguments.repo}", "page": "${arguments.page}", "x": "${arguments.x|none}",
                            ]
                        ],
                    ],
                ],
                [
                    "name": "get_me", "title": "Get my user profile", "description": "d", "readOnly": true,
                    "scopes": [], "required": [], "properties": [:], "meta": ["ui": ["visibility": ["model"]]],
                    "answers": [
                        ["json": ["login": "${user.login}", "id": "${user.id}", "email": "${user.email}"]]
                    ],
                ],
                [
                    "name": "get_teams", "title": "Get teams", "description": "d", "readOnly": true,
                    "scopes": ["read:org"], "required": [], "properties": [:],
                    "answers": [["content": [["type": "text", "text": "at ${github}"]]]],
                ],
            ],
        ]
    }

    func post(
        _ body: JSONValue, token: String? = "Bearer gho_alice", path: String = "/mcp", headers: HTTPFields = [:]
    ) async -> Response {
        var all: HTTPFields = [.accept: "application/json, text/event-stream", .contentType: "application/json"]
        for field in headers { all[field.name] = field.value }
        if let token { all[.authorization] = token }
        return await server.respond(to: Request(.post, Self.origin + path, headers: all, body: body.bytes))
    }

    func call(_ name: String, _ arguments: JSONValue = [:], token: String = "Bearer gho_alice") async -> Response {
        await request("tools/call", ["name": .string(name), "arguments": arguments], token: token)
    }

    /// A request of 2026-07-28, with all that must stand in it.
    func stateless(
        _ method: String, _ params: JSONObject = [:], capabilities: JSONValue = [:],
        token: String? = "Bearer gho_alice",
        logLevel: String? = nil
    ) async -> Response {
        var headers: HTTPFields = [
            fieldName("MCP-Protocol-Version"): "2026-07-28", fieldName("Mcp-Method"): method,
        ]
        if let name = (params["name"] ?? params["uri"])?.string { headers[fieldName("Mcp-Name")] = name }
        var meta: JSONObject = [
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": capabilities,
        ]
        meta["io.modelcontextprotocol/logLevel"] = logLevel.map { .string($0) }
        let all = params.merging(["_meta": .object(meta)])
        return await post(
            ["jsonrpc": "2.0", "id": 1, "method": .string(method), "params": .object(all)], token: token,
            headers: headers)
    }

    func request(_ method: String, _ params: JSONValue = [:], token: String = "Bearer gho_alice") async -> Response {
        await post(["jsonrpc": "2.0", "id": 1, "method": .string(method), "params": params], token: token)
    }
}

extension Response {
    var result: JSONValue? { json?["result"] }
    var code: Int64? { json?["error"]?["code"]?.int }
    /// The text of a tool's result.
    var text: String? { result?["content"]?[0]?["text"]?.string }
    var challenge: String? { header(.wwwAuthenticate) }
}
