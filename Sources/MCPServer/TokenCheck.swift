import HTTPTypes
import Kernel
import OAuthCore

/// A token the authorization server knows, and what it says about it.
struct KnownToken: Sendable {
    let value: String
    /// Answer of `GET /user`.
    let user: JSONValue
    let scopes: ScopeSet
}

/// Why a request is not served. Rendered in one place.
enum AccessRefusal: Error, Hashable, Sendable {
    case noToken
    /// The header is no token of a known format.
    case unreadable(String)
    case unknownToken
    /// The authorization server gave no answer that helps.
    case unavailable
}

extension MCPServer {
    /// `github-mcp-token-formats`: the scheme is optional and its case is free; a token begins with its kind.
    func presentedToken(_ request: Request) throws(AccessRefusal) -> String {
        guard let header = request.header(.authorization), !header.isEmpty else { throw .noToken }
        guard !header.hasPrefix("GitHub-Bearer ") else { throw .unreadable("unsupported Authorization header") }
        let isBearer = header.prefix(7).lowercased() == "bearer "
        let token = isBearer ? String(header.dropFirst(7)) : header
        let isPrefixed = catalogue.access.tokenPrefixes.contains { token.hasPrefix($0) }
        guard token.utf8.count <= 4096, isPrefixed || Self.isOldToken(token) else {
            throw .unreadable("Authorization header is badly formatted")
        }
        return token
    }

    private static func isOldToken(_ token: String) -> Bool {
        token.utf8.count == 40
            && token.utf8.allSatisfy {
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
            }
    }

    private static let scopesHeader = fieldName("X-OAuth-Scopes")

    /// Asks the API whose token it is, on every request: so a revoked one is noticed at once.
    func known(_ token: String) async throws(AccessRefusal) -> KnownToken {
        let response: Response
        do throws(NetworkFailure) {
            response = try await world.network.send(
                Request(
                    .get, "\(world.addresses.origin(of: .github))/user",
                    headers: [
                        .authorization: "Bearer \(token)", .accept: "application/vnd.github+json",
                        .userAgent: "github-mcp-server",
                    ]))
        } catch {
            throw .unavailable
        }
        if response.status == 200, let user = response.json, user.object != nil {
            let scopes = response.header(Self.scopesHeader) ?? ""
            return KnownToken(value: token, user: user, scopes: ScopeSet(parsing: scopes))
        }
        guard response.status == 401 else { throw .unavailable }
        guard world.switches.holds(.mcpTokenChecked) else {
            return KnownToken(value: token, user: ["login": "nobody", "id": 0], scopes: ScopeSet())
        }
        world.note("The authorization server does not know the token \(tokenID(token)).", rule: .mcpTokenChecked)
        throw .unknownToken
    }

    /// `github-mcp-scope-challenge`: only OAuth apps' tokens are challenged, and only when a tool is called.
    func scopeChallenge(_ token: KnownToken, for tool: Tool, _ request: Request) -> Response? {
        let isScoped = catalogue.access.scopedPrefixes.contains { token.value.hasPrefix($0) }
        guard isScoped, !tool.scopes.isEmpty, !token.scopes.names.contains(where: { tool.accepted.contains($0) }),
            world.switches.holds(.mcpScopeChallenge)
        else { return nil }
        world.note("\(tool.name) needs \(tool.scopes), the token has: \(token.scopes)", rule: .mcpScopeChallenge)
        let challenge = BearerChallenge(
            error: .insufficientScope,
            errorDescription: "Additional scopes required: \(tool.scopes.names.joined(separator: ", "))",
            scope: (token.scopes.names + tool.scopes.names).joined(separator: " "),
            resourceMetadata: metadataURL(request), order: [.error, .scope, .resourceMetadata, .errorDescription])
        return .plain(
            403, "Forbidden: insufficient scopes\n", headers: [.wwwAuthenticate: challenge.rendered])
    }

    func refusal(_ refusal: AccessRefusal, _ request: Request) -> Response {
        switch refusal {
        case .noToken:
            let challenge = BearerChallenge(
                error: .invalidRequest, errorDescription: "No access token was provided in this request",
                resourceMetadata: metadataURL(request))
            return .plain(401, "Unauthorized\n", headers: [.wwwAuthenticate: challenge.rendered])
        case .unreadable(let reason): return .plain(400, "bad request: \(reason)\n")
        case .unknownToken:
            let speaks = world.switches.isOn(.invalidTokenDescription)
            let challenge = BearerChallenge(
                error: .invalidToken, errorDescription: speaks ? "The access token is invalid or expired" : nil,
                resourceMetadata: metadataURL(request))
            return .plain(401, "Unauthorized\n", headers: [.wwwAuthenticate: challenge.rendered])
        case .unavailable: return .plain(503, "The token could not be checked\n")
        }
    }
}
