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

    /// `state` without decoding: what the client encoded comes back to it byte for byte, RFC 6749 section 4.1.2.
    var state: String? {
        guard let value = Form.written("state", in: text), !value.isEmpty else { return nil }
        return Self.safe(value)
    }

    /// What may not stand in a URL is encoded; escapes and plus signs stay.
    private static func safe(_ value: Substring) -> String {
        value.utf8.allSatisfy(isURLByte)
            ? String(value)
            : value.utf8.map { isURLByte($0) ? String(UnicodeScalar($0)) : "%\(Hex.encode([$0]).uppercased())" }
                .joined()
    }

    private static func isURLByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\\"), UInt8(ascii: "^"),
            UInt8(ascii: "`"), UInt8(ascii: "{"), UInt8(ascii: "|"), UInt8(ascii: "}"), UInt8(ascii: "#"):
            false
        default: (0x21...0x7E).contains(byte)
        }
    }
}
