import Kernel
import OAuthCore

/// An authorization request as the checks of the endpoint fill it in.
struct AuthorizationRequest {
    let query: String
    let parameters: Form
    /// As it stood in the query: RFC 6749 section 4.1.2 wants it back unchanged.
    let state: String?
    var application: ApplicationRecord?
    /// Where the answer goes, once it is known to be registered.
    var redirectURI: String?
    var challenge: String?
    /// Normalised; nil when the request names none, and for an application without scopes.
    var scopes: ScopeSet?

    init(query: String) {
        self.query = query
        parameters = Form(parsing: query)
        let written = query.pieces(by: "&").first { $0.utf8.starts(with: "state=".utf8) }?.dropFirst("state=".count)
        state = written.map { text in
            text.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != 0x23 }
                ? String(text) : percentEncoded(percentDecoded(text, plus: true))
        }
    }

    /// RFC 6749 section 3.1: a parameter without value counts as omitted.
    func value(_ name: String) -> String? {
        guard let value = parameters[name], !value.isEmpty else { return nil }
        return value
    }
}

/// Why an authorization request goes no further.
enum AuthorizationRefusal: Error {
    /// The user reads it; nobody is redirected (RFC 9700 section 4.11.2).
    case page(Int, title: String, text: String)
    /// The application hears of it at its redirect URI.
    case redirect(VendorProfile.Refusal, to: String)
}

/// One thing that must hold before a user is asked. The order of the table is what a prober sees.
struct AuthorizationCheck: Sendable {
    let name: String
    let run:
        @Sendable (AuthorizationServer, inout AuthorizationRequest, inout Transaction) throws(AuthorizationRefusal)
            -> Void

    static let all: [AuthorizationCheck] = [
        AuthorizationCheck(name: "client-known", run: clientKnown),
        AuthorizationCheck(name: "parameters-once", run: parametersOnce),
        AuthorizationCheck(name: "redirect-uri", run: redirectURI),
        AuthorizationCheck(name: "application-active", run: applicationActive),
        AuthorizationCheck(name: "response-type", run: responseType),
        AuthorizationCheck(name: "code-challenge", run: codeChallenge),
        AuthorizationCheck(name: "scopes", run: scopes),
    ]

    /// `Q5`: a client that is missing or unknown gets the 404 page before anything else is looked at.
    @Sendable private static func clientKnown(
        _ server: AuthorizationServer, _ request: inout AuthorizationRequest, _ transaction: inout Transaction
    ) throws(AuthorizationRefusal) {
        guard let application = server.application(request.value("client_id"), in: &transaction) else {
            throw .page(404, title: "Page not found", text: "This is not the web page you are looking for.")
        }
        request.application = application
    }

    /// RFC 6749 section 3.1: no parameter twice. Which of two would count is for an attacker to find out.
    @Sendable private static func parametersOnce(
        _ server: AuthorizationServer, _ request: inout AuthorizationRequest, _ transaction: inout Transaction
    ) throws(AuthorizationRefusal) {
        guard server.world.switches.choice(.repeatedParameter) != "first" else { return }
        var seen: Set<String> = []
        for pair in request.parameters.pairs where !seen.insert(pair.name).inserted {
            throw .page(400, title: "Bad request", text: "A parameter of the authorization request stands twice.")
        }
    }

    /// `registered-redirect-uri`: exact, or GitHub's wildcard rule, as each callback is registered.
    @Sendable private static func redirectURI(
        _ server: AuthorizationServer, _ request: inout AuthorizationRequest, _ transaction: inout Transaction
    ) throws(AuthorizationRefusal) {
        let callbacks = request.application?.callbacks ?? []
        guard let asked = request.value("redirect_uri") else {
            guard let first = callbacks.first else {
                throw .page(400, title: "Be careful!", text: "The application has no callback URL.")
            }
            request.redirectURI = first.url
            return
        }
        let isRegistered = callbacks.contains { callback in
            callback.wildcard
                ? RedirectURIMatch.wildcard(registered: callback.url, requested: asked)
                : RedirectURIMatch.exact(registered: callback.url, requested: asked)
        }
        let isAddress = URLParts(asked).map { $0.fragment == nil } ?? false
        if isRegistered || isAddress && !server.world.switches.holds(.registeredRedirectURI) {
            request.redirectURI = asked
            return
        }
        server.note(.registeredRedirectURI, "the redirect URI is not one of the application's", in: &transaction)
        if server.world.switches.choice(.redirectMismatch) == "redirect", let first = callbacks.first {
            throw .redirect(.redirectMismatch, to: first.url)
        }
        throw .page(
            400, title: "Be careful!",
            text: "The redirect_uri is not associated with this application. "
                + "The application might be misconfigured or could be trying to redirect you to a website "
                + "you weren't expecting.")
    }

    @Sendable private static func applicationActive(
        _ server: AuthorizationServer, _ request: inout AuthorizationRequest, _ transaction: inout Transaction
    ) throws(AuthorizationRefusal) {
        guard request.application?.isSuspended == true else { return }
        throw .redirect(.applicationSuspended, to: request.redirectURI ?? "")
    }

    /// RFC 6749 section 4.1.2.1; GitHub does not look at it.
    @Sendable private static func responseType(
        _ server: AuthorizationServer, _ request: inout AuthorizationRequest, _ transaction: inout Transaction
    ) throws(AuthorizationRefusal) {
        guard server.profile.hasStrictParameters else { return }
        switch request.value("response_type") {
        case "code": return
        case nil: throw .redirect(.invalidRequest, to: request.redirectURI ?? "")
        default: throw .redirect(.unsupportedResponseType, to: request.redirectURI ?? "")
        }
    }

    /// `pkce-s256-only`: RFC 7636 section 4.4.1. Without a method `plain` is meant, and that is refused too.
    @Sendable private static func codeChallenge(
        _ server: AuthorizationServer, _ request: inout AuthorizationRequest, _ transaction: inout Transaction
    ) throws(AuthorizationRefusal) {
        guard server.profile.proofKey != .ignored else { return }
        let landing = request.redirectURI ?? ""
        guard let challenge = request.value("code_challenge") else {
            if server.profile.proofKey == .required { throw .redirect(.invalidRequest, to: landing) }
            return
        }
        if request.value("code_challenge_method") == "S256", PKCE.isLegal(challenge: challenge) {
            request.challenge = challenge
        } else if server.world.switches.holds(.pkceS256Only) {
            server.note(.pkceS256Only, "the code challenge is not one of method S256", in: &transaction)
            throw .redirect(.invalidRequest, to: landing)
        } else {
            // With the rule off the verifier travels in the open, which is what `plain` means.
            request.challenge = "plain:" + challenge
        }
    }

    /// GitHub drops what it does not know; RFC 6749 section 3.3 lets a server refuse it.
    @Sendable private static func scopes(
        _ server: AuthorizationServer, _ request: inout AuthorizationRequest, _ transaction: inout Transaction
    ) throws(AuthorizationRefusal) {
        // `github-app-no-scopes`: an App's permissions are its own, a scope parameter means nothing.
        guard request.application?.kind == .oauthApp, let text = request.value("scope") else { return }
        let asked = ScopeSet(parsing: text)
        if server.profile.refusesUnknownScopes, !asked.names.allSatisfy(server.profile.scopes.knows) {
            throw .redirect(.invalidScope, to: request.redirectURI ?? "")
        }
        request.scopes = server.profile.scopes.normalized(asked)
    }
}
