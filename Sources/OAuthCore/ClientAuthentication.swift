import HTTPTypes
package import Kernel

/// Who calls a token endpoint, as far as the request says it.
package struct ClientCredentials: Hashable, Sendable {
    package enum Method: String, Hashable, Sendable {
        case basic = "client_secret_basic"
        case post = "client_secret_post"
        case none
    }
    package let id: String
    package let secret: Secret?
    package let method: Method
    package init(id: String, secret: Secret?, method: Method) {
        self.id = id
        self.secret = secret
        self.method = method
    }

    /// Whether the secret is the registered one; a client without a secret must send none.
    package func match(secret registered: Secret?) -> Bool {
        switch (secret, registered) {
        case (nil, nil): true
        case (let sent?, let registered?): constantTimeEqual(sent.exposed, registered.exposed)
        default: false
        }
    }
}

/// Client authentication by secret, RFC 6749 section 2.3.1.
package enum ClientAuthentication {
    /// Reads HTTP Basic or the form, never both (section 2.3) and never the query.
    package static func read(_ request: Request, form: Form) -> Result<ClientCredentials, OAuthError> {
        do throws(OAuthError) {
            return .success(try credentials(request, form))
        } catch {
            return .failure(error)
        }
    }

    private static func credentials(_ request: Request, _ form: Form) throws(OAuthError) -> ClientCredentials {
        let query = request.parameters
        guard query["client_secret"] == nil, query["client_id"] == nil || form["client_id"] != nil else {
            throw OAuthError(.invalidRequest, "Client credentials must not be in the query.")
        }
        let (id, secret) = (form.present("client_id"), form.present("client_secret"))
        guard request.header(.authorization) != nil else {
            guard let id else { throw OAuthError(.invalidClient, "The client did not authenticate.") }
            return ClientCredentials(id: id, secret: secret.map { Secret($0) }, method: secret == nil ? .none : .post)
        }
        guard secret == nil else {
            throw OAuthError(.invalidRequest, "Only one client authentication method may be used.")
        }
        let basic = try basicCredentials(request)
        guard id == nil || id == basic.id else {
            throw OAuthError(.invalidRequest, "client_id differs from the Authorization header.")
        }
        return basic
    }

    private static func basicCredentials(_ request: Request) throws(OAuthError) -> ClientCredentials {
        guard let (id, secret) = basic(request) else {
            throw OAuthError(.invalidClient, "The Authorization header is not readable.")
        }
        guard !id.isEmpty else { throw OAuthError(.invalidClient, "The Authorization header names no client.") }
        return ClientCredentials(id: id, secret: secret.isEmpty ? nil : Secret(secret), method: .basic)
    }

    /// Id and secret of HTTP Basic, either perhaps empty; nil without a header of that kind that can be read.
    package static func basic(_ request: Request) -> (id: String, secret: String)? {
        guard let encoded = request.credentials("Basic"), let bytes = Base64.decode(encoded),
            let text = String(validating: bytes, as: UTF8.self), let colon = text.firstIndex(of: ":")
        else { return nil }
        return (
            percentDecoded(text[..<colon], plus: true), percentDecoded(text[text.index(after: colon)...], plus: true)
        )
    }

    /// RFC 6749 section 2.3.1: id and secret are form-encoded before base64.
    package static func basic(id: String, secret: String) -> String {
        let pair = [id, secret].map { percentEncoded($0, plus: true) }.joined(separator: ":")
        return "Basic \(Base64.encode(Array(pair.utf8)))"
    }
}

extension Form {
    /// RFC 6749 section 3.1: a parameter without value is as if it were omitted.
    package func present(_ name: String) -> String? { self[name].flatMap { $0.isEmpty ? nil : $0 } }

    /// One that stands twice, RFC 6749 section 3.1; not the two that RFC 8707 section 2 and RFC 8693 section 2.1 let
    /// stand more than once.
    package var repeatedParameter: String? { repeatedNames.first { $0 != "resource" && $0 != "audience" } }
}
