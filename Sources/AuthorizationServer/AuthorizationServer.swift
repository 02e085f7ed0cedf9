// A vendor's authorization server and the API behind its tokens, as a client, a browser and an MCP server meet them.
// It knows no AgentCore and no other party: what differs between vendors is in `VendorProfile`.

import HTTPTypes
package import Kernel
package import OAuthCore
import Synchronization

/// A GitHub-like authorization server (RFC 6749 with the vendor's own ways) with sign-in, consent and user API.
/// A class, because it is handed on with each request and its profile has many parts.
package final class AuthorizationServer: Origin {
    let world: World
    let profile: VendorProfile
    let directory: UserDirectory
    let shelf: VendorShelf
    let variants = Variants()
    private let router: Router<Handler>

    typealias Handler = @Sendable (AuthorizationServer, Request, PathParameters) async throws -> Response

    /// Endpoints that not every vendor has.
    private static func addFeatures(_ features: Features, to router: inout Router<Handler>) {
        if let path = features.registration?.endpoint {
            router.on(.post, path) { server, request, _ in try server.register(request) }
            for method in [HTTPRequest.Method.get, .put, .delete] {
                router.on(method, path + "/{clientID}") { server, request, hole in
                    try server.manageRegistration(request, hole["clientID"])
                }
            }
        }
        if let path = features.revocation {
            router.on(.post, path) { server, request, _ in try await server.revokeToken(request) }
        }
        if let path = features.introspection {
            router.on(.post, path) { server, request, _ in try await server.introspect(request) }
        }
        if let path = features.pushedRequests?.endpoint {
            router.on(.post, path) { server, request, _ in try await server.push(request) }
        }
        if let device = features.device {
            router.on(.post, device.endpoint) { server, request, _ in try await server.startDevice(request) }
            router.on(.get, device.page) { server, request, _ in try server.showDevice(request) }
            router.on(.post, device.page) { server, request, _ in try server.decideDevice(request) }
        }
    }

    /// What only the API of some vendors has.
    private static func addAPI(_ api: APIShape, to router: inout Router<Handler>) {
        router.document("/rate_limit") { server, request, _ in try server.rateLimit(request) }
        if api.hasGists { router.on(.post, "/gists") { server, request, _ in try server.createGist(request) } }
        guard api.installationTokens != nil else { return }
        router.on(.post, "/app/installations/{installation}/access_tokens") { server, request, hole in
            try await server.createInstallationToken(request, hole["installation"])
        }
        router.document("/user/installations") { server, request, _ in try server.userInstallations(request) }
        router.document("/installation/repositories") { server, request, _ in
            try server.installationRepositories(request)
        }
    }

    /// A profile's routes, made for the first lab that has it. No part of the profile's value.
    final class Routes: Sendable, Hashable {
        private let made = Mutex<Router<Handler>?>(nil)

        func router(_ make: () -> Router<Handler>) -> Router<Handler> {
            made.withLock { made in
                if let made { return made }
                let router = make()
                made = router
                return router
            }
        }

        static func == (left: Routes, right: Routes) -> Bool { true }
        func hash(into hasher: inout Hasher) {}
    }

    package init(
        world: World, profile: VendorProfile, directory: UserDirectory, shelf: VendorShelf = VendorShelf()
    ) {
        self.shelf = shelf
        self.world = world
        self.profile = profile
        self.directory = directory
        router = profile.routes.router { Self.routes(profile) }
    }

    /// The paths it has.
    package var paths: [String] { router.templates }

    package func respond(to request: Request) async -> Response { await chosen.answer(to: request) }

    private func answer(to request: Request) async -> Response {
        let handler: Handler
        let hole: PathParameters
        switch router.match(request) {
        case .found(let known, let parameters): (handler, hole) = (known, parameters)
        case .otherMethods(let methods) where profile.features.otherMethodStatus == 405:
            return Response(405, headers: [.allow: methods.map(\.rawValue).joined(separator: ", ")])
        // GitHub answers 404 where others say 405 (`github-get-404`).
        default: return notFound(request)
        }
        do {
            return try await handler(self, request, hole)
        } catch {
            world.note("our own fault: \(error)")
            return apiMessage(500, "Server Error")
        }
    }

    private static func routes(_ profile: VendorProfile) -> Router<Handler> {
        var router = Router<Handler>()
        router.on(.get, profile.endpoints.authorize) { server, request, _ in try await server.authorize(request) }
        router.on(.post, profile.endpoints.authorize) { server, request, _ in try await server.decide(request) }
        router.on(.post, profile.endpoints.token) { server, request, _ in try await server.exchange(request) }
        router.on(.get, profile.endpoints.signIn) { server, request, _ in try server.showSignIn(request) }
        router.on(.post, profile.endpoints.signIn) { server, request, _ in try server.signIn(request) }
        let settings = profile.endpoints.settings + "/{clientID}"
        router.on(.get, settings) { server, request, hole in try server.showGrant(request, hole["clientID"]) }
        router.on(.post, settings) { server, request, hole in try server.revokeGrant(request, hole["clientID"]) }
        router.document("/") { server, request, _ in try server.showHome(request) }
        router.document("/user") { server, request, _ in try server.user(request) }
        router.document("/user/emails") { server, request, _ in try server.emails(request) }
        let client = "/applications/{clientID}"
        router.on(.delete, client + "/grant") { server, request, hole in
            try server.deleteGrant(request, hole["clientID"])
        }
        router.on(.post, client + "/token") { server, request, hole in try server.checkToken(request, hole["clientID"])
        }
        router.on(.patch, client + "/token") { server, request, hole in try server.resetToken(request, hole["clientID"])
        }
        router.on(.post, client + "/token/scoped") { server, request, hole in
            try server.scopeToken(request, hole["clientID"])
        }
        router.on(.post, "/credentials/revoke") { server, request, _ in try server.revokeCredentials(request) }
        router.on(.delete, client + "/token") { server, request, hole in
            try server.deleteToken(request, hole["clientID"])
        }
        addFeatures(profile.features, to: &router)
        addAPI(profile.api, to: &router)
        guard profile.servesDiscovery else { return router }
        if let openID = profile.features.openID {
            router.document(openID.keys) { _, _, _ in .json(200, ["keys": []]) }
        }
        // RFC 8414 section 3.1 inserts the well-known part before the issuer's path, OpenID Discovery appends it.
        let path = profile.issuerPath.hasSuffix("/") ? String(profile.issuerPath.dropLast()) : profile.issuerPath
        router.document("/.well-known/oauth-authorization-server" + path) { server, _, _ in server.metadata() }
        router.document(path + "/.well-known/openid-configuration") { server, _, _ in server.metadata() }
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
        world.note(text, rule: rule, in: &transaction)
    }

    func move(_ subject: String, from: String?, to: String, _ cause: String, in transaction: inout Transaction) {
        transaction.append(
            .transition(Transition(subject: subject, from: from, to: to, cause: cause)), at: now)
    }

    private func notFound(_ request: Request) -> Response {
        request.header(.accept)?.contains("text/html") == true
            ? Pages.notFound
            : apiMessage(404, "Not Found")
    }
}
