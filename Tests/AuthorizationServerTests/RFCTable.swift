import AuthorizationServer
import HTTPTypes
import Kernel
import OAuthCore
import Testing

/// One requirement of an RFC: what is asked of the strict server, and the status and error that it must answer.
struct RFCRow: Sendable, CustomTestStringConvertible {
    let id: String
    let what: String
    let ask: Ask
    let status: Int
    /// `error` of the body, or of the redirect where there is one.
    var error: String?

    enum Ask: Sendable {
        /// A legal authorization request with these parameters changed; nil leaves one out.
        case authorize([String: String?])
        /// With this after its query.
        case authorizeAnd(String)
        /// A legal token request for a new code, changed in the same way.
        case token([String: String?])
        /// The same, twice: the second answer counts.
        case tokenTwice
        case tokenAfter(Span)
        /// Any request: method, path, content type, body.
        case raw(HTTPRequest.Method, String, String?, String)
        case basic(String)
    }

    init(_ id: String, _ what: String, _ ask: Ask, _ status: Int, _ error: String? = nil) {
        self.id = id
        self.what = what
        self.ask = ask
        self.status = status
        self.error = error
    }

    var testDescription: String { "\(id): \(what)" }

    static let form = "application/x-www-form-urlencoded"
    private static let own = "client_id=\(Bench.client)&client_secret=\(Bench.secret)"
    private static let device = "urn:ietf:params:oauth:grant-type:device_code"

    static let authorization: [RFCRow] = [
        .init("6749-01", "authorize by GET", .authorize([:]), 302),
        .init("6749-01", "no other method", .raw(.put, "/login/oauth/authorize", nil, ""), 405),
        .init("6749-02", "no client", .authorize(["client_id": nil]), 400),
        .init("6749-02", "unknown client", .authorize(["client_id": "nobody"]), 400),
        .init("6749-03", "another redirect URI", .authorize(["redirect_uri": "https://evil.test/"]), 400),
        .init("6749-03", "with a fragment", .authorize(["redirect_uri": "\(Bench.callback)#part"]), 400),
        .init("6749-03", "not absolute", .authorize(["redirect_uri": "/callback"]), 400),
        .init("6749-04", "none, and one registered", .authorize(["redirect_uri": nil]), 302),
        .init("6749-05", "no response_type", .authorize(["response_type": nil]), 302, "invalid_request"),
        .init("6749-06", "another one", .authorize(["response_type": "x"]), 302, "unsupported_response_type"),
        .init("9700-03", "implicit", .authorize(["response_type": "token"]), 302, "unsupported_response_type"),
        .init("6749-08", "a parameter twice", .authorizeAnd("&state=two"), 302, "invalid_request"),
        .init("6749-08", "two clients", .authorizeAnd("&client_id=other"), 400),
        .init("6749-08", "two redirect URIs", .authorizeAnd("&redirect_uri=\(Bench.callback)"), 400),
        .init("6749-09", "an unknown parameter", .authorize(["colour": "red"]), 302),
        .init("6749-09", "an empty one counts as omitted", .authorize(["response_type": ""]), 302, "invalid_request"),
        .init("6749-10", "an unknown scope", .authorize(["scope": "everything"]), 302, "invalid_scope"),
        .init("7636-01", "plain", .authorize(["code_challenge_method": "plain"]), 302, "invalid_request"),
        .init("7636-01", "no method means plain", .authorize(["code_challenge_method": nil]), 302, "invalid_request"),
        .init("7636-02", "no challenge", .authorize(["code_challenge": nil]), 302, "invalid_request"),
        .init("7636-03", "42 characters", .authorize(["code_challenge": short]), 302, "invalid_request"),
        .init("8707-01", "no URI", .authorize(["resource": "api"]), 302, "invalid_target"),
        .init("8707-01", "a fragment", .authorize(["resource": "https://a.test/#x"]), 302, "invalid_target"),
        .init("8707-01", "two resources", .authorizeAnd("&resource=https://a.test&resource=https://b.test"), 302),
        .init("9126-08", "an unknown request_uri", .authorize(["request_uri": "urn:none"]), 400),
    ]
    private static let short = String(Bench.challenge.dropLast())

    static let tokens: [RFCRow] = [
        .init("6749-25", "a code", .token([:]), 200),
        .init("6749-14", "an old code", .tokenAfter(.seconds(61)), 400, "invalid_grant"),
        .init("6749-15", "a used code", .tokenTwice, 400, "invalid_grant"),
        .init("6749-17", "no redirect_uri", .token(["redirect_uri": nil]), 400, "invalid_grant"),
        .init("6749-17", "another", .token(["redirect_uri": "https://evil.test/"]), 400, "invalid_grant"),
        .init("6749-18", "GET", .raw(.get, "/login/oauth/access_token", nil, ""), 405),
        .init("6749-18", "JSON", .raw(.post, token, "application/json", "{}"), 400, "invalid_request"),
        .init("6749-19", "secret in the query", .raw(.post, "\(token)?\(own)", form, ""), 400, "invalid_request"),
        .init("6749-20", "two ways at once", .basic("&client_secret=x"), 400, "invalid_request"),
        .init("6749-22", "a wrong secret by Basic", .basic(""), 401, "invalid_client"),
        .init("6749-23", "a wrong secret", .token(["client_secret": "wrong"]), 401, "invalid_client"),
        .init("6749-23", "an unknown client", .token(["client_id": "nobody"]), 401, "invalid_client"),
        .init("6749-24", "no grant_type", .token(["grant_type": nil]), 400, "invalid_request"),
        .init("6749-24", "another", .token(["grant_type": "magic"]), 400, "unsupported_grant_type"),
        .init("9700-03", "password", .token(["grant_type": "password"]), 400, "unsupported_grant_type"),
        .init("6749-24", "no code", .token(["code": nil]), 400, "invalid_request"),
        .init("6749-24", "no refresh token", .token(["grant_type": "refresh_token"]), 400, "invalid_request"),
        .init(
            "6749-26", "no such token", .token(["grant_type": "refresh_token", "refresh_token": "x"]), 400,
            "invalid_grant"),
        .init("6749-27", "client credentials", .token(["grant_type": "client_credentials"]), 200),
        .init("7636-04", "no verifier", .token(["code_verifier": nil]), 400, "invalid_grant"),
        .init("7636-05", "a wrong one", .token(["code_verifier": wrong]), 400, "invalid_grant"),
        .init("7636-06", "a short one", .token(["code_verifier": "short"]), 400, "invalid_grant"),
        .init("8628-05", "no device", .token(["grant_type": device]), 400, "invalid_request"),
        .init("8628-05", "no such device", .token(["grant_type": device, "device_code": "x"]), 400, "invalid_grant"),
    ]
    private static let token = "/login/oauth/access_token"
    private static let wrong = String(Bench.verifier.reversed())

    static let further: [RFCRow] = [
        .init("7009-01", "an unknown token", .raw(.post, "/oauth/revoke", form, "\(own)&token=x"), 200),
        .init(
            "7009-02", "a wrong hint",
            .raw(.post, "/oauth/revoke", form, "\(own)&token=x&token_type_hint=refresh_token"), 200),
        .init("7009-06", "no client", .raw(.post, "/oauth/revoke", form, "token=x"), 401, "invalid_client"),
        .init("7662-01", "no client", .raw(.post, "/oauth/introspect", form, "token=x"), 401, "invalid_client"),
        .init("7662-02", "an unknown token", .raw(.post, "/oauth/introspect", form, "\(own)&token=x"), 200),
        .init("9126-01", "no client", .raw(.post, "/oauth/par", form, "scope=repo"), 401, "invalid_client"),
        .init(
            "9126-02", "a name within", .raw(.post, "/oauth/par", form, "\(own)&request_uri=urn:x"), 400,
            "invalid_request"),
        .init(
            "9126-03", "what would fail later", .raw(.post, "/oauth/par", form, "\(own)&response_type=x"), 400,
            "unsupported_response_type"),
        .init("9126-04", "another method", .raw(.get, "/oauth/par", nil, ""), 405),
        .init(
            "9126-04", "too large",
            .raw(.post, "/oauth/par", form, "\(own)&state=\(String(repeating: "a", count: 65_536))"), 413,
            "invalid_request"),
        .init(
            "7591-01", "no JSON", .raw(.post, "/oauth/register", form, "a=b"), 400, "invalid_client_metadata"),
        .init(
            "7591-02", "an open wire",
            .raw(.post, "/oauth/register", "application/json", #"{"redirect_uris":["http://a.test/"]}"#), 400,
            "invalid_redirect_uri"),
        .init(
            "7591-03", "a software statement of somebody's",
            .raw(
                .post, "/oauth/register", "application/json",
                #"{"redirect_uris":["https://a.test/"],"software_statement":"e30.e30.AA"}"#), 400,
            "unapproved_software_statement"),
        .init(
            "7591-03", "a software statement that is none",
            .raw(
                .post, "/oauth/register", "application/json",
                #"{"redirect_uris":["https://a.test/"],"software_statement":"x"}"#), 400,
            "invalid_software_statement"),
        .init("8628-01", "no client", .raw(.post, "/oauth/device", form, ""), 401, "invalid_client"),
        .init("8628-01", "a device", .raw(.post, "/oauth/device", form, own), 200),
        .init(
            "8628-01", "a client without its secret",
            .raw(.post, "/oauth/device", form, "client_id=\(Bench.client)"), 401, "invalid_client"),
        .init(
            "7591-01", "a private key",
            .raw(
                .post, "/oauth/register", "application/json",
                #"{"redirect_uris":["https://a.test/"],"jwks":{"keys":[{"kty":"OKP","d":"x"}]}}"#), 400,
            "invalid_client_metadata"),
        .init("8414-01", "inserted", .raw(.get, "/.well-known/oauth-authorization-server/oauth", nil, ""), 200),
        .init("8414-02", "appended", .raw(.get, "/oauth/.well-known/openid-configuration", nil, ""), 200),
        .init("8414-01", "another issuer", .raw(.get, "/.well-known/oauth-authorization-server", nil, ""), 404),
    ]
}
