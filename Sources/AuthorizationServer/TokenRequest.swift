import HTTPTypes
import Kernel
import OAuthCore

/// A request to the token endpoint, wherever its parameters stood.
struct TokenRequest {
    private let parameters: Form
    let clientID: String?
    let clientSecret: String?
    /// How the secret came; nil where the vendor does not look at it.
    var method: ClientMethod?
    var assertion = ClientAssertion.absent

    /// Reads form or JSON body, the query where the vendor does, and HTTP Basic.
    ///
    /// `assertion` is what came of the client's signature, if it sent one.
    static func read(
        _ request: Request, _ server: AuthorizationServer, _ assertion: ClientAssertion = .absent
    ) -> Result<TokenRequest, ExchangeRefusal> {
        var form = body(request)
        if let client = assertion.client {
            // RFC 7521 section 4.2: one way of authentication only, and client_id may be left out.
            guard form["client_secret"] == nil, request.header(.authorization) == nil,
                form.value("client_id") == nil || form.value("client_id") == client
            else { return .failure(ExchangeRefusal(.invalidRequest)) }
            return .success(
                TokenRequest(parameters: form, clientID: client, clientSecret: nil, assertion: assertion))
        }
        guard server.profile.readsCredentialsInQuery else {
            return ClientAuthentication.read(request, form: form).map { credentials in
                TokenRequest(
                    parameters: form, clientID: credentials.id, clientSecret: credentials.secret?.exposed,
                    method: ClientMethod(rawValue: credentials.method.rawValue))
            }.mapError { error in
                ExchangeRefusal(error.code == .invalidRequest ? .invalidRequest : .badCredentials)
            }
        }
        form.pairs += request.parameters.pairs
        let basic = server.world.switches.isOn(.basicAuthentication) ? ClientAuthentication.basic(request) : nil
        return .success(
            TokenRequest(
                parameters: form, clientID: form.value("client_id") ?? basic?.id,
                clientSecret: form.value("client_secret") ?? basic?.secret))
    }

    /// First value that is not empty (RFC 6749 section 3.2: a parameter without value counts as omitted).
    subscript(_ name: String) -> String? { parameters.value(name) }

    /// Every value of a parameter that may stand more than once.
    func all(_ name: String) -> [String] { parameters.all(name).filter { !$0.isEmpty } }

    /// A parameter that stands twice; RFC 6749 section 3.2 forbids it, GitHub takes the first.
    var hasRepeatedParameter: Bool { parameters.repeatedParameter != nil }

    /// The parameters as a query, for a pushed authorization request.
    var query: String {
        Form(parameters.pairs.filter { !$0.name.hasPrefix("client_secret") && !$0.name.hasPrefix("client_assert") })
            .encoded
    }

    static func body(_ request: Request) -> Form {
        guard request.mediaType == "application/json" else {
            return request.form
        }
        let members = (try? request.json())?.object?.members ?? []
        return Form(members.compactMap { member in member.value.string.map { Form.Pair(member.name, $0) } })
    }
}

extension Form {
    fileprivate func value(_ name: String) -> String? { pairs.first { $0.name == name && !$0.value.isEmpty }?.value }
}
