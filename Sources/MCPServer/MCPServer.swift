// A GitHub-like MCP server behind OAuth, or any other that a catalogue tells: tools, prompts, resources and answers
// are data. It mints and stores no token: the authorization server is asked each time.

import HTTPTypes
package import Kernel
import MCPCore
import OAuthCore

/// Answers for the MCP server's origin, at `/mcp` and `/mcp/`, and at the paths that choose tools.
package struct MCPServer: AlarmHandling {
    static let name = "mcp"
    let world: World
    let catalogue: ToolCatalogue
    /// Path of the authorization server's issuer, behind its origin.
    private let issuerPath: String
    private let endpoint: MCPEndpoint
    /// A client that never ends its sessions must not make a lab grow (ledger `mcp-session-life`).
    private static let sessions = SessionPolicy(
        life: .minutes(60), boundToUser: .mcpSessionBound, endsInTime: .mcpSessionExpiry)
    private static let exposedHeaders = fieldName("Access-Control-Expose-Headers")
    private static let metadataPath = "/.well-known/oauth-protected-resource"

    package init(world: World, catalogue: ToolCatalogue, issuerPath: String = "/login/oauth") {
        self.world = world
        self.issuerPath = issuerPath
        self.catalogue = catalogue
        let hasSessions = catalogue.hasSessions
        endpoint = MCPEndpoint(
            Self.name, world: world,
            transport: StreamableHTTP(
                served: Revision.all, hasSessions: hasSessions, hasStandingStream: hasSessions),
            sessions: hasSessions ? Self.sessions : nil, streams: true)
    }

    package func respond(to request: Request) async -> Response {
        var response = await answer(request)
        // Its own words are that bearer tokens are not cookies, so any page may ask.
        response.head.headerFields[.accessControlAllowOrigin] = "*"
        response.head.headerFields[Self.exposedHeaders] = "Mcp-Session-Id, WWW-Authenticate"
        return response
    }

    package func alarmFired(_ alarm: Alarm) async { _ = SessionWatch.look(alarm, world) }

    private func answer(_ request: Request) async -> Response {
        if let selection = selection(at: request.path) {
            return request.method == .options ? preflight : await serve(request, selection)
        }
        if !catalogue.access.isOpen, request.path.hasPrefix(Self.metadataPath) {
            let path = String(request.path.dropFirst(Self.metadataPath.count))
            guard selection(at: path) != nil else { return .plain(404, "404 page not found\n") }
            switch request.method {
            case .get: return .json(200, metadata(of: path))
            case .options: return preflight
            default: return .plain(405, "Method Not Allowed\n", headers: [.allow: "GET"])
            }
        }
        return .plain(404, "404 page not found\n")
    }

    private var preflight: Response {
        Response(
            200,
            headers: [
                fieldName("Access-Control-Allow-Methods"): "GET, POST, DELETE, OPTIONS",
                fieldName("Access-Control-Allow-Headers"): "*",
            ])
    }

    /// RFC 9728 section 2. `resource` echoes the path that was asked for, with its final slash or without.
    private func metadata(of path: String) -> JSONValue {
        [
            "resource": .string("\(world.addresses.origin(of: .mcp))\(path)"),
            "authorization_servers": [.string("\(world.addresses.origin(of: .github))\(issuerPath)")],
            "scopes_supported": .strings(catalogue.access.scopesSupported.names),
            "bearer_methods_supported": ["header"],
            "resource_name": .string(catalogue.access.resourceName),
        ]
    }

    /// Where the metadata of the endpoint that was called is, RFC 9728 section 3.1.
    func metadataURL(_ request: Request) -> String {
        "\(world.addresses.origin(of: .mcp))\(Self.metadataPath)\(request.path)"
    }

    /// Authorization comes first: without a token nobody learns what else is wrong.
    private func serve(_ request: Request, _ path: ToolSelection) async -> Response {
        var token: KnownToken?
        if !catalogue.access.isOpen {
            do throws(AccessRefusal) {
                token = try await known(presentedToken(request))
            } catch {
                return refusal(error, request)
            }
        }
        let tools: ChosenTools
        do throws(UnknownTools) {
            tools = try path.adding(request).tools(of: catalogue, for: token)
        } catch {
            return .plain(400, "unknown tools specified in WithTools: \(error.names.joined(separator: ", "))")
        }
        let handler = ServerHandler(server: self, request: request, token: token, tools: tools)
        return await endpoint.answer(request, for: handler.principal, by: handler)
    }
}
