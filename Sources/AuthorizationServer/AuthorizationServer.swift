// A vendor's authorization server and the API behind its tokens, as a client, a browser and an MCP server meet them.
// It knows no AgentCore and no other party: what differs between vendors is in `VendorProfile`.

import HTTPTypes
package import Kernel
package import OAuthCore

/// A GitHub-like authorization server (RFC 6749 with the vendor's own ways) with sign-in, consent and user API.
package struct AuthorizationServer: Origin {
    let world: World
    let profile: VendorProfile
    let directory: UserDirectory
    private let router: Router<Handler>

    typealias Handler = @Sendable (AuthorizationServer, Request, PathParameters) throws -> Response

    package init(world: World, profile: VendorProfile, directory: UserDirectory) {
        self.world = world
        self.profile = profile
        self.directory = directory
        router = Self.routes(profile)
    }

    package func respond(to request: Request) async -> Response {
        // GitHub answers 404 where others say 405 (`github-get-404`).
        guard case .found(let handler, let hole) = router.match(request) else { return notFound(request) }
        do {
            return try handler(self, request, hole)
        } catch {
            world.store.append(.note(Note(party: world.party, "our own fault: \(error)")), at: now)
            return apiMessage(500, "Server Error")
        }
    }

    private static func routes(_ profile: VendorProfile) -> Router<Handler> {
        var router = Router<Handler>()
        router.on(.get, profile.endpoints.authorize) { server, request, _ in try server.authorize(request) }
        router.on(.post, profile.endpoints.authorize) { server, request, _ in try server.decide(request) }
        router.on(.post, profile.endpoints.token) { server, request, _ in try server.exchange(request) }
        router.on(.get, profile.endpoints.signIn) { server, request, _ in try server.showSignIn(request) }
        router.on(.post, profile.endpoints.signIn) { server, request, _ in try server.signIn(request) }
        let settings = profile.endpoints.settings + "/{clientID}"
        router.on(.get, settings) { server, request, hole in try server.showGrant(request, hole["clientID"]) }
        router.on(.post, settings) { server, request, hole in try server.revokeGrant(request, hole["clientID"]) }
        router.on(.get, "/") { server, request, _ in try server.showHome(request) }
        router.on(.get, "/user") { server, request, _ in try server.user(request) }
        router.on(.get, "/user/emails") { server, request, _ in try server.emails(request) }
        let client = "/applications/{clientID}"
        router.on(.delete, client + "/grant") { server, request, hole in
            try server.deleteGrant(request, hole["clientID"])
        }
        router.on(.post, client + "/token") { server, request, hole in try server.checkToken(request, hole["clientID"])
        }
        router.on(.delete, client + "/token") { server, request, hole in
            try server.deleteToken(request, hole["clientID"])
        }
        guard profile.servesDiscovery else { return router }
        // RFC 8414 section 3.1 inserts the well-known part before the issuer's path, OpenID Discovery appends it.
        router.on(.get, "/.well-known/oauth-authorization-server" + profile.issuerPath) { server, _, _ in
            server.metadata()
        }
        router.on(.get, profile.issuerPath + "/.well-known/openid-configuration") { server, _, _ in server.metadata() }
        return router
    }
}

// What the endpoints share.
extension AuthorizationServer {
    var now: Instant { world.clock.now }
    var origin: String { world.addresses.origin(of: world.party) }
    var issuer: String { origin + profile.issuerPath }

    /// Tells the reader of the journal which rule stopped something.
    func note(_ rule: Rule, _ text: String, in transaction: inout Transaction) {
        transaction.append(.note(Note(party: world.party, rule: rule, text)), at: now)
    }

    func move(_ subject: String, from: String?, to: String, _ cause: String, in transaction: inout Transaction) {
        transaction.append(
            .transition(Transition(subject: subject, from: from, to: to, cause: cause)), at: now)
    }

    private func notFound(_ request: Request) -> Response {
        request.header(.accept)?.contains("text/html") == true
            ? Pages.message(404, "Page not found", "This is not the web page you are looking for.")
            : apiMessage(404, "Not Found")
    }
}
