import AWSCore
import HTTPTypes
import Kernel
import MCPCore

/// The way from the gateway to one target: puts what may travel and the credential on each request, and collects what
/// may travel back.
struct TargetPort: Network {
    private let world: World
    private let metadata: JSONValue?
    private let traffic: CallTraffic
    private let credential: OutboundCredential
    private let signer: RoleSigner
    /// Whether the caller's `Mcp-Session-Id` names a session of the gateway itself.
    private let keepsSessions: Bool

    init(
        gateway: Gateway, target: TargetRecord, credential: OutboundCredential, traffic: CallTraffic = CallTraffic(),
        keepsSessions: Bool = false
    ) {
        self.keepsSessions = keepsSessions
        world = gateway.world
        metadata = target.metadata
        self.traffic = traffic
        self.credential = credential
        signer = RoleSigner(world: gateway.world)
    }

    init(_ endpoint: Endpoint, _ target: TargetRecord, _ credential: OutboundCredential) {
        self.init(
            gateway: endpoint.gateway, target: target, credential: credential, traffic: endpoint.traffic,
            keepsSessions: endpoint.record.keepsSessions)
    }

    func send(_ request: Request) async throws(NetworkFailure) -> Response {
        let response = try await world.network.send(dressed(request))
        var back = HTTPFields()
        for name in metadata?["allowedResponseHeaders"]?.strings ?? [] {
            guard let name = HTTPField.Name(name), let value = response.header(name),
                PropagatedName.isLegalValue(value)
            else { continue }
            back[name] = value
        }
        traffic.collect(back)
        return response
    }

    private func dressed(_ request: Request) -> Request {
        var request = request
        // The caller's session is the gateway's affair: the target has one of its own (ledger `E10`).
        for (name, value) in headers where !keepsSessions || name != MCPName.sessionHeader {
            request.head.headerFields[name] = value
        }
        let form = query
        if !form.pairs.isEmpty, let path = request.head.path { request.head.path = form.added(to: path) }
        request = credential.put(on: request, signer: signer)
        // An interceptor's word on this one header outranks the credential (ledger `propagation-interceptor`).
        if let own = traffic.intercepted[.authorization] { request.head.headerFields[.authorization] = own }
        return request
    }

    /// Headers that the target lists; an interceptor's value outranks the caller's (ledger `propagation-limits`).
    private var headers: [(HTTPField.Name, String)] {
        guard world.switches.holds(.onlyListedHeadersTravel) else {
            return traffic.headers.filter { !PropagatedName.isForbidden($0.name.rawName) || $0.name == .authorization }
                .map { ($0.name, $0.value) }
        }
        return (metadata?["allowedRequestHeaders"]?.strings ?? []).compactMap { text in
            guard let name = HTTPField.Name(text), let value = traffic.intercepted[name] ?? traffic.headers[name],
                PropagatedName.isLegalValue(value)
            else { return nil }
            return (name, value)
        }
    }

    private var query: Form {
        let allowed = metadata?["allowedQueryParameters"]?.strings ?? []
        return Form(
            traffic.query.pairs.filter { allowed.contains($0.name) && PropagatedName.isLegalValue($0.value) })
    }
}
