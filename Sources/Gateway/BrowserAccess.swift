import AWSCore
import HTTPTypes
import Kernel

/// What web pages may do here: the check of `Origin` and the CORS answers (Fetch standard, CORS protocol).
struct BrowserAccess {
    /// Answer to a page that may not call.
    private(set) var refusal: Response?
    /// Answer to a preflight of a page that may.
    private(set) var preflight: Response?
    private let allowed: String?
    /// Headers that a page may read; the last one names the exchange (`Response.nameExchange`).
    private static let readable = "www-authenticate, mcp-session-id, \(AWSError.requestIDHeader)"

    /// A request without `Origin` is no page's. A page may call if it is the lab's own or this machine's; with `cors:
    /// open` every page may (MCP 2025-11-25, transports, security warning: a bad Origin is 403).
    init(_ request: Request, world: World) {
        guard let origin = request.header(.origin) else {
            allowed = nil
            return
        }
        if world.switches.choice(.cors) == "open" {
            allowed = "*"
        } else if Self.isOurs(origin, world.addresses) {
            allowed = origin
        } else if world.switches.holds(.gatewayBrowserOrigin) {
            allowed = nil
            world.note("a web page of another origin was refused", rule: .gatewayBrowserOrigin)
            refusal = .plain(403, "Invalid Origin header")
        } else {
            allowed = origin
        }
        if allowed != nil, request.method == .options {
            preflight = marked(
                Response(
                    204,
                    headers: [
                        .accessControlAllowMethods: "GET, POST, DELETE, OPTIONS",
                        .accessControlAllowHeaders: "accept, authorization, content-type, mcp-protocol-version, "
                            + "mcp-session-id, mcp-method, mcp-name, last-event-id",
                        .accessControlMaxAge: "600",
                    ]))
        }
    }

    private static func isOurs(_ origin: String, _ addresses: AddressBook) -> Bool {
        guard let parts = URLParts(origin), parts.path.isEmpty, parts.query == nil, parts.fragment == nil else {
            return false
        }
        return parts.isLoopback || Party.served.contains { addresses.origin(of: $0) == parts.origin }
    }

    /// The answer with the fields that let the page read it.
    func marked(_ response: Response) -> Response {
        guard let allowed else { return response }
        var response = response
        response.head.headerFields[.accessControlAllowOrigin] = allowed
        response.head.headerFields[.accessControlExposeHeaders] = Self.readable
        if allowed != "*" { response.head.headerFields[.vary] = "Origin" }
        return response
    }
}
