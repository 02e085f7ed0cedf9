import HTTPTypes
import Kernel
import OAuthCore

// The application's own sign-in at the inbound provider: authorization code with PKCE, RFC 6749 section 4.1, RFC 7636.
extension Application {
    private static let clientID = "web"
    /// Ties a sign-in to the browser that began it.
    private static let signInCookie = "app-sign-in"
    private var redirectURI: String { world.addresses.origin(of: .app) + "/callback" }

    func beginSignIn() async -> Response {
        guard let metadata = await metadata() else { return Self.unavailable }
        let state = world.entropy.uuid(for: "app-state")
        let verifier = world.entropy.text(64, from: .base64URL, for: "app-code-verifier")
        let record = SignInRecord(
            id: Identifier(state), verifier: Secret(verifier), issuer: metadata.issuer,
            tokenEndpoint: metadata.tokenEndpoint, promisesIssuer: metadata.issParameterSupported,
            expires: world.clock.now + .minutes(10))
        let now = world.clock.now
        guard (try? world.store.write { $0.save(passing: record, at: now) }) != nil else { return Self.unavailable }
        let query: Form = [
            "response_type": "code", "client_id": Self.clientID, "redirect_uri": redirectURI, "scope": "openid",
            "state": state, "code_challenge": PKCE.challenge(for: verifier), "code_challenge_method": "S256",
        ]
        return .redirect(
            query.added(to: metadata.authorizationEndpoint),
            headers: [.setCookie: Cookies.set(Self.signInCookie, state), .cacheControl: "no-store"])
    }

    func finishSignIn(_ request: Request) async -> Response {
        let parameters = request.parameters
        let state = parameters["state"] ?? ""
        // The browser that comes back is the one that left, and each sign-in ends once (RFC 6749 section 10.12).
        guard let mine = request.cookie(Self.signInCookie), constantTimeEqual(mine, state),
            let record = taken(state), record.expires > world.clock.now
        else { return Self.refused }
        guard isFrom(record, parameters["iss"]), parameters["error"] == nil, let code = parameters["code"],
            let token = await accessToken(for: code, record)
        else { return Self.refused }
        let visit = world.entropy.text(43, from: .base64URL, for: "app-session")
        let name = DecodedToken(token).flatMap { $0.claims["username"]?.string ?? $0.claims["sub"]?.string } ?? ""
        let now = world.clock.now
        let person = VisitRecord(
            id: Identifier(visit), accessToken: Secret(token), name: name, until: now + VisitRecord.life)
        guard (try? world.store.write { $0.save(passing: person, at: now) }) != nil else { return Self.unavailable }
        var page = HTML.message(200, title: "Signed in", "You are signed in\(name.isEmpty ? "." : " as \(name).")")
        page.head.headerFields.append(HTTPField(name: .setCookie, value: Cookies.set(Self.cookie, visit)))
        page.head.headerFields.append(HTTPField(name: .setCookie, value: Cookies.clear(Self.signInCookie)))
        return page
    }

    /// The sign-in of this state, which is then over.
    private func taken(_ state: String) -> SignInRecord? {
        try? world.store.write { transaction in
            let record = transaction.find(SignInRecord.self, Identifier(state))
            transaction.remove(SignInRecord.self, Identifier(state))
            return record
        }
    }

    /// RFC 9207 section 2.4.
    private func isFrom(_ record: SignInRecord, _ issuer: String?) -> Bool {
        issuer.map { $0 == record.issuer } ?? !record.promisesIssuer
    }

    private func metadata() async -> AuthorizationServerMetadata? {
        let issuer = world.addresses.origin(of: .idp)
        let url = AuthorizationServerMetadata.openIDURL(of: issuer)
        guard let answer = try? await world.network.send(Request(.get, url, headers: [.accept: "application/json"])),
            answer.status == 200, let json = answer.json
        else { return nil }
        return try? AuthorizationServerMetadata(json: json)
    }

    private func accessToken(for code: String, _ record: SignInRecord) async -> String? {
        let form: Form = [
            "grant_type": "authorization_code", "code": code, "redirect_uri": redirectURI, "client_id": Self.clientID,
            "code_verifier": record.verifier.exposed,
        ]
        let headers: HTTPFields = [.accept: "application/json", .contentType: Form.mediaType]
        let request = Request(.post, record.tokenEndpoint, headers: headers, body: Array(form.encoded.utf8))
        guard let answer = try? await world.network.send(request), answer.status == 200 else { return nil }
        return answer.json?["access_token"]?.string
    }

    private static let refused = HTML.message(400, title: "Sign-in failed", "The sign-in could not be finished.")
    private static let unavailable = HTML.message(502, title: "Sign-in failed", "The sign-in is not available now.")
}
