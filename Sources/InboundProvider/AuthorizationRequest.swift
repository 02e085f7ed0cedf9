import Kernel
import OAuthCore

/// An authorization request that passed every check.
struct AuthorizationRequest: Sendable {
    let answer: AuthorizationAnswer
    let client: InboundProfile.Client
    let scope: ScopeSet
    let challenge: String?
    let nonce: String?
    let prompt: ScopeSet
    let maxAge: Span?
    let loginHint: String
}

/// Where a request is answered: known as soon as the redirect URI is, before anything else is checked.
struct AuthorizationAnswer: Sendable {
    let issuer: String
    let redirectURI: String
    /// As it was sent; nil if it was omitted.
    let sentRedirectURI: String?
    /// Still percent-encoded, so that it goes back as it came.
    let state: String?

    /// 302, or 303 after a form with a password (RFC 9700 section 4.12). `iss` stands in every answer (RFC 9207).
    func redirect(_ form: Form, status: Int) -> Response {
        var url = form.added(to: redirectURI)
        if let state { url += "&state=\(state)" }
        url += "&iss=\(percentEncoded(issuer))"
        return .redirect(url, status: status, headers: HTML.pageHeaders)
    }

    func refuse(_ error: OAuthError, status: Int) -> Response {
        var form: Form = ["error": error.code.rawValue]
        if !error.description.isEmpty { form.append("error_description", error.description) }
        return redirect(form, status: status)
    }
}

/// A request whose client or redirect URI cannot be trusted: a page, never a redirect (RFC 6749 section 4.1.2.1).
struct PageRefusal: Error {
    let text: String
    let rule: Rule?
    init(_ text: String, rule: Rule? = nil) {
        self.text = text
        self.rule = rule
    }
}

/// The parameters as they came, still encoded.
struct RawParameters: Sendable {
    let text: String
    let form: Form

    init(_ text: String) {
        self.text = text
        form = Form(parsing: text)
    }

    /// As it goes back.
    var state: String? { Form.returnedState(in: text) }
}
