import HTTPTypes
import Kernel
import OAuthCore

/// A request to the token endpoint, wherever its parameters stood.
struct TokenRequest {
    private let parameters: Form
    let clientID: String?
    let clientSecret: String?

    /// Reads form or JSON body, the query where the vendor does, and HTTP Basic.
    static func read(_ request: Request, _ server: AuthorizationServer) -> Result<TokenRequest, ExchangeRefusal> {
        var form = body(request)
        guard server.profile.readsCredentialsInQuery else {
            return ClientAuthentication.read(request, form: form).map { credentials in
                TokenRequest(
                    parameters: form, clientID: credentials.id, clientSecret: credentials.secret?.exposed)
            }.mapError { error in
                ExchangeRefusal(error.code == .invalidRequest ? .invalidRequest : .badCredentials)
            }
        }
        form.pairs += request.parameters.pairs
        let basic = server.world.switches.isOn(.basicAuthentication) ? basicCredentials(request) : nil
        return .success(
            TokenRequest(
                parameters: form, clientID: form.value("client_id") ?? basic?.id,
                clientSecret: form.value("client_secret") ?? basic?.secret))
    }

    /// First value that is not empty (RFC 6749 section 3.2: a parameter without value counts as omitted).
    subscript(_ name: String) -> String? { parameters.value(name) }

    /// A parameter that stands twice; RFC 6749 section 3.2 forbids it, GitHub takes the first.
    var hasRepeatedParameter: Bool {
        var seen: Set<String> = []
        return !parameters.pairs.allSatisfy { seen.insert($0.name).inserted }
    }

    private static func body(_ request: Request) -> Form {
        guard request.mediaType == "application/json" else {
            return Form(parsing: String(decoding: request.body, as: UTF8.self))
        }
        let members = (try? JSONValue(parsing: request.body))?.object?.members ?? []
        return Form(members.compactMap { member in member.value.string.map { Form.Pair(member.name, $0) } })
    }
}

/// Client id and secret of an `Authorization: Basic` header, form-decoded (RFC 6749 section 2.3.1).
func basicCredentials(_ request: Request) -> (id: String, secret: String)? {
    guard let text = request.credentials("Basic"), let bytes = Base64.decode(text) else { return nil }
    let parts = String(decoding: bytes, as: UTF8.self).split(
        separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2 else { return nil }
    return (percentDecoded(parts[0], plus: true), percentDecoded(parts[1], plus: true))
}

extension Form {
    fileprivate func value(_ name: String) -> String? { pairs.first { $0.name == name && !$0.value.isEmpty }?.value }
}
