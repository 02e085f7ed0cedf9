import AWSCore
import HTTPTypes
import Kernel
import MCPCore

// An HTTP target: below its name the gateway passes requests on as they are, and only who asks is its own affair. There
// are no tools, no interceptors and no consent.
extension Gateway {
    /// What a request says of itself, for whichever protocol the target speaks.
    private static let passed = [
        HTTPField.Name.contentType, .accept, fieldName("MCP-Protocol-Version"), fieldName("Mcp-Session-Id"),
    ]

    /// - Throws: `Refused` for who may not call, and where there is no such target.
    func passOn(
        _ request: Request, _ gateway: GatewayRecord, to name: String, _ rest: String
    ) async throws(Refused) -> Response {
        guard let target = httpTarget(name, of: gateway) else {
            throw Refused(AWSError(.resourceNotFound, "No such path").response)
        }
        let caller = try await authorizer.authorize(request, at: gateway)
        guard gateway.status == .ready, target.state.status == .ready else {
            throw Refused(AWSError(.conflict, "Target is not ready: \(target.state.status.rawValue)").response)
        }
        let credential: OutboundCredential
        do throws(ToolFailure) {
            credential = try await CredentialSource(gateway: self, record: gateway).credential(
                of: target, for: caller, CallOverride(), .november2025)
        } catch {
            world.note("a request to target \(target.name) has no credential: \(error)")
            throw Refused(AWSError(.accessDenied, "No credential for the target").response)
        }
        let traffic = CallTraffic(headers: request.head.headerFields, query: request.parameters)
        let port = TargetPort(gateway: self, target: target, credential: credential, traffic: traffic)
        do throws(NetworkFailure) {
            return traffic.marked(Self.answer(try await port.send(outgoing(request, target, rest))))
        } catch {
            world.note("target \(target.name) could not be reached: \(error)")
            throw Refused(AWSError(.internalServer, "The target could not be reached").response)
        }
    }

    private func httpTarget(_ name: String, of gateway: GatewayRecord) -> TargetRecord? {
        let found = try? world.store.write { transaction in
            transaction.find(TargetRecord.self, where: "name", is: "\(gateway.id)/\(name)").first
        }
        guard let target = found, target.kind == .passthrough else { return nil }
        return target
    }

    private func outgoing(_ request: Request, _ target: TargetRecord, _ rest: String) -> Request {
        let endpoint = target.configuration["http"]?["passthrough"]?["endpoint"]?.string ?? ""
        let base = endpoint.hasSuffix("/") ? String(endpoint.dropLast()) : endpoint
        var headers = HTTPFields()
        for name in Self.passed { headers[name] = request.header(name) }
        return Request(
            request.method, rest.isEmpty ? endpoint : "\(base)/\(rest)", headers: headers, body: request.body)
    }

    /// Status, type and body; of the other headers only those that the target lists.
    private static func answer(_ response: Response) -> Response {
        var headers = HTTPFields()
        headers[.contentType] = response.header(.contentType)
        return Response(response.status, headers: headers, body: response.body)
    }
}
