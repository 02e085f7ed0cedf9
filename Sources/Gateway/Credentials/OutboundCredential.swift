import HTTPTypes
import Kernel

/// What the gateway proves itself with on a request to a target.
enum OutboundCredential: Sendable {
    case none
    case bearer(Secret)
    case header(HTTPField.Name, Secret)
    case query(String, Secret)
    /// Signed with the gateway's role, AWS Signature Version 4.
    case signature(service: String, region: String, account: String)

    /// The request with the credential on it. A header or parameter of the same name makes way: what a caller sends
    /// never takes the credential's place.
    func put(on request: Request, signer: RoleSigner) -> Request {
        var request = request
        switch self {
        case .none: break
        case .bearer(let token): request.head.headerFields[.authorization] = "Bearer \(token.exposed)"
        case .header(let name, let value): request.head.headerFields[name] = value.exposed
        case .query(let name, let value):
            var form = request.parameters
            form.pairs.removeAll { $0.name == name }
            form.append(name, value.exposed)
            request.head.path = form.added(to: request.path)
        case .signature(let service, let region, let account):
            request = signer.signed(request, service: service, region: region, account: account)
        }
        return request
    }
}
