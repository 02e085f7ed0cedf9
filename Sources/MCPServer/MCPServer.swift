// A GitHub-like MCP server behind OAuth: it lists GitHub's tools and gives canned answers.
// It keeps no state and no session, and it mints and stores no token: the authorization server is asked each time.

import HTTPTypes
package import Kernel
import MCPCore
import OAuthCore

/// Answers for the MCP server's origin, at `/mcp` and `/mcp/`.
package struct MCPServer: Origin {
    let world: World
    let catalogue: ToolCatalogue
    private let transport = StreamableHTTP()
    private static let metadataPath = "/.well-known/oauth-protected-resource"

    package init(world: World, catalogue: ToolCatalogue) {
        self.world = world
        self.catalogue = catalogue
    }

    package func respond(to request: Request) async -> Response {
        var response = await answer(request)
        // Its own words are that bearer tokens are not cookies, so any page may ask.
        response.head.headerFields[.accessControlAllowOrigin] = "*"
        response.head.headerFields[fieldName("Access-Control-Expose-Headers")] = "Mcp-Session-Id, WWW-Authenticate"
        return response
    }

    private func answer(_ request: Request) async -> Response {
        switch request.path {
        case "/mcp", "/mcp/":
            if request.method == .options { return preflight }
            return await serve(request)
        case "\(Self.metadataPath)/mcp", "\(Self.metadataPath)/mcp/":
            switch request.method {
            case .get: return .json(200, metadata(of: String(request.path.dropFirst(Self.metadataPath.count))))
            case .options: return preflight
            default: return .plain(405, "Method Not Allowed\n", headers: [.allow: "GET"])
            }
        default: return .plain(404, "404 page not found\n")
        }
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
            "authorization_servers": [.string("\(world.addresses.origin(of: .github))/login/oauth")],
            "scopes_supported": .strings(catalogue.scopesSupported.names),
            "bearer_methods_supported": ["header"],
            "resource_name": .string(catalogue.resourceName),
        ]
    }

    /// Where the metadata of the endpoint that was called is, RFC 9728 section 3.1.
    func metadataURL(_ request: Request) -> String {
        "\(world.addresses.origin(of: .mcp))\(Self.metadataPath)\(request.path)"
    }

    /// Authorization comes first: without a token nobody learns what else is wrong.
    private func serve(_ request: Request) async -> Response {
        let token: KnownToken
        do throws(AccessRefusal) {
            token = try await known(presentedToken(request))
        } catch {
            return refusal(error, request)
        }
        guard request.method == .post else {
            // Stateless: there is no stream to get and no session to delete.
            return .plain(405, "Method Not Allowed\n", headers: [.allow: "POST"])
        }
        do throws(StreamableHTTP.Refusal) {
            let received = try transport.receive(request)
            guard case .request(let id, let method, let params) = received.message else {
                return StreamableHTTP.accepted
            }
            if method == "tools/call", let tool = calledTool(params),
                let challenge = scopeChallenge(token, for: tool, request)
            {
                return challenge
            }
            return transport.reply(reply(id, method, params, token))
        } catch {
            return error.response
        }
    }

    private func reply(_ id: RequestID, _ method: String, _ params: JSONObject, _ token: KnownToken) -> JSONValue {
        do throws(JSONRPCError) {
            return JSONRPC.result(id, try result(method, params, token))
        } catch {
            return JSONRPC.error(id, error)
        }
    }

    private func result(
        _ method: String, _ params: JSONObject, _ token: KnownToken
    ) throws(JSONRPCError) -> JSONValue {
        switch method {
        case "initialize": return try initialize(params)
        case "ping": return [:]
        case "tools/list": return try toolList(params)
        case "tools/call": return try toolCall(params, token)
        // Offered by the original, empty here.
        case "prompts/list": return ["prompts": []]
        case "resources/list": return ["resources": []]
        case "resources/templates/list": return ["resourceTemplates": []]
        default: throw JSONRPCError.methodNotFound(method)
        }
    }

    private func initialize(_ params: JSONObject) throws(JSONRPCError) -> JSONValue {
        guard let requested = params["protocolVersion"]?.string else {
            throw JSONRPCError.invalidParams("Invalid params: protocolVersion is missing")
        }
        let revision = Revision.negotiated(requested, served: Revision.handshakes)
        return [
            "protocolVersion": .string(revision.rawValue),
            "capabilities": ["prompts": [:], "resources": [:], "tools": [:]],
            "serverInfo": catalogue.serverInfo,
        ]
    }
}
