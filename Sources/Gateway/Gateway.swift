package import AWSCore
import HTTPTypes
package import Kernel
import MCPCore

// The gateway is the MCP endpoint in front of targets: it checks who calls, serves cached tools, and calls a target
// with the target's own credential. It keeps no token, judges no consent and knows no target by its code: HTTP only.

/// Every gateway of a lab; which one is meant stands in the path.
package struct Gateway: AlarmHandling {
    let world: World
    let settings: AWSSettings
    let authorizer: InboundAuthorizer
    let identity: IdentityClient
    let conversations = LiveConversations()
    /// What it calls itself, towards callers and towards targets.
    static let name = "agentcore-gateway"
    static let version = "1.0.0"
    /// How long a person has for a consent; what waits for one waits as long.
    static let consentLife = Span.minutes(10)

    /// `signatures` judges callers that sign; without it every signature is taken.
    package init(world: World, settings: AWSSettings, signatures: (any CallerSignatures)? = nil) {
        self.world = world
        self.settings = settings
        authorizer = InboundAuthorizer(world: world, cache: KeyCache(world: world), signatures: signatures)
        identity = IdentityClient(world: world, principal: settings.servicePrincipal)
    }

    private enum Route {
        case mcp(GatewayID)
        case metadata(GatewayID)
        /// What stands behind the name of an HTTP target (ledger `http-target-path`).
        case target(GatewayID, name: String, rest: String)
    }

    /// Whether a path is some gateway's, be it there or not.
    package func claims(_ path: String) -> Bool { route(path) != nil }

    package func respond(to request: Request) async -> Response {
        // Drawn first: it is kept with whatever the answer changes.
        let requestID = world.entropy.uuid(for: "gateway-request-id")
        var response = await answer(request)
        response.nameExchange(requestID)
        return response
    }

    private func answer(_ request: Request) async -> Response {
        let browser = BrowserAccess(request, world: world)
        guard let route = route(request.path) else { return AWSError(.resourceNotFound, "No such path").response }
        if let answer = browser.refusal ?? browser.preflight { return answer }
        do throws(Refused) {
            switch route {
            case .mcp(let id): return browser.marked(try await mcp(request, find(id)))
            case .metadata(let id): return browser.marked(try await metadata(request, find(id)))
            case .target(let id, let name, let rest):
                return browser.marked(try await passOn(request, find(id), to: name, rest))
            }
        } catch {
            return browser.marked(error.response)
        }
    }

    private func route(_ path: String) -> Route? {
        if let name = Self.nameBeforeMCP(path) { return .mcp(GatewayID(percentDecoded(name))) }
        let pieces = path.pieces(by: "/")
        let everyPlace = world.switches.choice(.metadataPlaces) == "all"
        let segments = pieces.map { percentDecoded($0) }
        let wellKnown = [".well-known", "oauth-protected-resource"]
        guard segments.count >= 3 else { return nil }
        if segments[0] == "gateways" {
            let id = GatewayID(segments[1])
            switch Array(segments[2...]) {
            case ["mcp"]: return .mcp(id)
            // Some clients insert the well-known part before the path, some after it (U18).
            case wellKnown: return .metadata(id)
            case wellKnown + ["mcp"] where everyPlace: return .metadata(id)
            case let names where names[0] != wellKnown[0] && names[0] != "mcp":
                // As it came: what is encoded in it is the target's to read.
                let rest = pieces.dropFirst(3).joined(separator: "/")
                return .target(id, name: names[0], rest: rest)
            default: return nil
            }
        }
        guard everyPlace, segments.count == 5, Array(segments[...1]) == wellKnown, segments[2] == "gateways",
            segments[4] == "mcp"
        else { return nil }
        return .metadata(GatewayID(segments[3]))
    }

    /// Of a path as nearly everybody asks for it.
    private static func nameBeforeMCP(_ path: String) -> Substring? {
        guard path.hasPrefix("/gateways/"), path.hasSuffix("/mcp") else { return nil }
        let name = path.utf8.dropFirst("/gateways/".utf8.count).dropLast("/mcp".utf8.count)
        return name.isEmpty || name.contains(UInt8(ascii: "/")) ? nil : Substring(name)
    }

    private func find(_ id: GatewayID) throws(Refused) -> GatewayRecord {
        do {
            let found = try world.store.write { $0.find(GatewayRecord.self, id) }
            guard let found else { throw Refused(AWSError(.resourceNotFound, "Gateway not found").response) }
            return found
        } catch let refused as Refused {
            throw refused
        } catch {
            throw Refused(AWSError(.internalServer, "The store failed").response)
        }
    }

    private func mcp(_ request: Request, _ gateway: GatewayRecord) async throws(Refused) -> Response {
        let caller = try await authorizer.authorize(request, at: gateway)
        guard gateway.status == .ready else {
            throw Refused(AWSError(.conflict, "Gateway is not ready: \(gateway.status.rawValue)").response)
        }
        return await Interception(gateway: self, record: gateway).around(request) { request, traffic in
            await Endpoint(gateway: self, record: gateway, caller: caller, traffic: traffic).answer(request)
        }
    }
}

/// A request that ends here, with this answer.
struct Refused: Error {
    let response: Response
    init(_ response: Response) { self.response = response }
}
