import Kernel
import OAuthCore

/// An authorization request as the checks of the endpoint fill it in.
struct AuthorizationRequest {
    let query: String
    let parameters: Form
    /// As it goes back.
    let state: String?
    var application: ApplicationRecord?
    /// Where the answer goes, once it is known to be registered.
    var redirectURI: String?
    var challenge: String?
    /// Normalised; nil when the request names none, and for an application without scopes.
    var scopes: ScopeSet?
    /// Whether its parameters came from the client itself (RFC 9126).
    let wasPushed: Bool
    /// What it asks its token to be for (RFC 8707).
    var resources: [String]?

    /// `query` as the browser has it, which may only name a request that was pushed: `pushed`.
    init(query: String, pushed: String? = nil) {
        self.query = query
        wasPushed = pushed != nil
        let query = pushed ?? query
        parameters = Form(parsing: query)
        state = Form.returnedState(in: query)
    }

    func value(_ name: String) -> String? { parameters.present(name) }
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
    let run:
        @Sendable (AuthorizationServer, inout AuthorizationRequest, inout Transaction) throws(AuthorizationRefusal)
            -> Void

    static let all: [AuthorizationCheck] = [
        .init(run: clientKnown), .init(run: addressOnce), .init(run: redirectURI), .init(run: parametersOnce),
        .init(run: serverWorks), .init(run: applicationActive), .init(run: pushed), .init(run: responseType),
        .init(run: requiredParameters), .init(run: resources), .init(run: codeChallenge), .init(run: scopes),
    ]

    /// `Q5`: a client that is missing or unknown gets the 404 page before anything else is looked at.
    @Sendable private static func clientKnown(
        _ server: AuthorizationServer, _ request: inout AuthorizationRequest, _ transaction: inout Transaction
    ) throws(AuthorizationRefusal) {
        guard let application = server.application(request.value("client_id"), in: &transaction) else {
            let status = server.profile.features.unknownClientPage
            throw status == 404
                ? .page(404, title: "Page not found", text: "This is not the web page you are looking for.")
                : .page(status, title: "invalid_client", text: "The application is unknown.")
        }
        request.application = application
    }

    /// RFC 6749 section 3.1: no parameter twice. Which of two would count is for an attacker to find out. Where it is
    /// doubtful who asks, and at servers that are not strict unless the lab says so, the answer is a page.
    @Sendable private static func addressOnce(
        _ server: AuthorizationServer, _ request: inout AuthorizationRequest, _ transaction: inout Transaction
    ) throws(AuthorizationRefusal) {
        guard server.repeatedParameter != "first" else { return }
        let isTwice =
            server.tellsOfRepeatedParameters
            ? ["client_id", "redirect_uri"].contains { request.parameters.all($0).count > 1 }
            : request.parameters.repeatedParameter != nil
        if isTwice {
            throw .page(400, title: "Bad request", text: "A parameter of the authorization request stands twice.")
        }
    }

    /// RFC 6749 section 4.1.2.1: any other parameter that stands twice is told the client.
    @Sendable private static func parametersOnce(
        _ server: AuthorizationServer, _ request: inout AuthorizationRequest, _ transaction: inout Transaction
    ) throws(AuthorizationRefusal) {
        guard server.tellsOfRepeatedParameters, server.repeatedParameter != "first",
            request.parameters.repeatedParameter != nil
        else { return }
        throw .redirect(.invalidRequest, to: request.redirectURI ?? "")
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
            // RFC 6749 section 3.1.2.3: of several, the request must name one.
            guard callbacks.count == 1 || server.profile.features.firstCallbackIsDefault else {
                throw .page(400, title: "Be careful!", text: "The request names none of the callback URLs.")
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

    /// `6749-13`: a status of 500 or 503 would not reach the client, so the redirect tells it.
    @Sendable private static func serverWorks(
        _ server: AuthorizationServer, _ request: inout AuthorizationRequest, _ transaction: inout Transaction
    ) throws(AuthorizationRefusal) {
        guard let failure = server.profile.features.authorizationFails else { return }
        throw .redirect(failure, to: request.redirectURI ?? "")
    }

    @Sendable private static func applicationActive(
        _ server: AuthorizationServer, _ request: inout AuthorizationRequest, _ transaction: inout Transaction
    ) throws(AuthorizationRefusal) {
        guard request.application?.isSuspended == true else { return }
        throw .redirect(.applicationSuspended, to: request.redirectURI ?? "")
    }

    /// `9126-10`: where requests must be pushed, one that was not is refused.
    @Sendable private static func pushed(
        _ server: AuthorizationServer, _ request: inout AuthorizationRequest, _ transaction: inout Transaction
    ) throws(AuthorizationRefusal) {
        guard server.profile.features.pushedRequests?.areRequired == true, !request.wasPushed else { return }
        throw .redirect(.invalidRequest, to: request.redirectURI ?? "")
    }

    /// Parameters that this vendor insists on, such as Okta's `state`.
    @Sendable private static func requiredParameters(
        _ server: AuthorizationServer, _ request: inout AuthorizationRequest, _ transaction: inout Transaction
    ) throws(AuthorizationRefusal) {
        for required in server.profile.features.requiredParameters {
            let wanted = required.value.string ?? ""
            if let sent = request.value(required.name), wanted.isEmpty || sent == wanted { continue }
            throw .redirect(.invalidRequest, to: request.redirectURI ?? "")
        }
    }

    /// `8707-01`; or by a list of what there is (`Q28`).
    @Sendable private static func resources(
        _ server: AuthorizationServer, _ request: inout AuthorizationRequest, _ transaction: inout Transaction
    ) throws(AuthorizationRefusal) {
        let features = server.profile.features
        guard features.resources != .ignored else { return }
        let named = ScopeSet(request.parameters.all("resource")).names
        if features.resources == .known, !named.isEmpty {
            let landing = request.redirectURI ?? ""
            guard named.allSatisfy(features.knownResources.contains) else {
                throw .redirect(.unknownResource, to: landing)
            }
            guard request.value("scope") == nil else { throw .redirect(.resourceBesideScope, to: landing) }
        }
        guard features.restrictsAudience else { return }
        guard named.allSatisfy(AuthorizationServer.isResource) else {
            throw .redirect(.invalidTarget, to: request.redirectURI ?? "")
        }
        request.resources = named.isEmpty ? nil : named
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
            // `public-client-proof-key`: RFC 9700 section 2.1.1 wants it of every client that has no secret.
            let isPublic = request.application?.isPublic == true
            guard server.profile.proofKey == .required || isPublic, server.world.switches.holds(.proofKeyRequired)
            else { return }
            server.note(.proofKeyRequired, "the request has no code challenge", in: &transaction)
            throw .redirect(.invalidRequest, to: landing)
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
        let name = server.profile.features.scopeParameter
        guard let application = request.application, application.kind == .oauthApp, let text = request.value(name)
        else { return }
        let asked = ScopeSet(parsing: text)
        if server.refuses(asked, of: application) {
            throw .redirect(.invalidScope, to: request.redirectURI ?? "")
        }
        request.scopes = server.profile.scopes.normalized(asked)
    }
}

extension AuthorizationServer {
    /// `6749-10`: a scope that is unknown here; where the lab says so also one that the client did not register.
    func refuses(_ scopes: ScopeSet, of application: ApplicationRecord) -> Bool {
        guard profile.refusesUnknownScopes else { return false }
        guard scopes.names.allSatisfy(profile.scopes.knows) else { return true }
        guard world.switches.choice(.registeredScope) == "registered", let own = application.registeredScopes else {
            return false
        }
        return !profile.scopes.covers(own, scopes)
    }

    /// `github-repeated-parameter`, `vendor-repeated-parameter`: `page`, `redirect` or `first`.
    fileprivate var repeatedParameter: String {
        world.switches.choice(profile.features.repeatedParameter)
    }

    /// Whether the client hears of it at its redirect URI.
    fileprivate var tellsOfRepeatedParameters: Bool {
        profile.hasStrictParameters || repeatedParameter == "redirect"
    }
}
