import HTTPTypes
import InboundProvider
package import Kernel
import OAuthCore

/// What a client holds after a user signed in, or after it signed in itself.
package struct SignInResult: Sendable, Hashable {
    package let accessToken: String
    package let idToken: String?
    package let refreshToken: String?
    package let expiresIn: Int

    /// As `/_local/sign-in` answers.
    package var json: JSONValue {
        [
            "accessToken": .string(accessToken), "idToken": idToken.map { .string($0) } ?? .null,
            "refreshToken": refreshToken.map { .string($0) } ?? .null, "expiresIn": .int(Int64(expiresIn)),
        ]
    }
}

/// Why nobody is signed in, in a sentence for the person who asked.
package struct SignInFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
    init(_ description: String) { self.description = description }
}

extension Lab {
    /// Signs a user in at the inbound provider as `client` does: the robot walks the authorization code flow with PKCE,
    /// the client redeems the code. A client that has only its own grant gets a token for itself.
    package func signIn(user: String, client: String = "web") async throws -> SignInResult {
        let listed = definition.clients.first { $0.id == client }
        guard let registered = listed ?? inbound.client(id: client).map(RegisteredClient.init) else {
            let known = definition.clients.map(\.id).joined(separator: ", ")
            throw SignInFailure("The inbound provider has no client \"\(client)\"; it has \(known).")
        }
        let isForUser = registered.isForUsers
        guard !isForUser || definition.userNames.contains(user) else {
            let known = definition.userNames.joined(separator: ", ")
            throw SignInFailure("There is no user \"\(user)\"; there are \(known).")
        }
        let metadata = try await inboundMetadata(sender: Party("\(user)'s MCP client"))
        let flow = SignInFlow(lab: self, user: user, client: registered, metadata: metadata)
        return isForUser ? try await flow.authorizationCode() : try await flow.clientCredentials()
    }

    private func inboundMetadata(sender: Party) async throws -> AuthorizationServerMetadata {
        let url = "\(addresses.origin(of: .idp))/.well-known/openid-configuration"
        let response = try await network.send(Request(.get, url), from: sender)
        guard response.status == 200, let json = response.json else {
            throw SignInFailure("The inbound provider answered \(response.status) for its discovery document.")
        }
        return try AuthorizationServerMetadata(json: json)
    }
}

extension RegisteredClient {
    /// One of a user pool that somebody created.
    init(_ client: InboundProfile.Client) {
        (id, secret) = (client.id, client.secret)
        (grants, scopes) = (client.grantTypes, client.scopes.names)
        redirect = client.redirectURIs.first
    }
}

/// One sign-in under way.
private struct SignInFlow {
    let lab: Lab
    let user: String
    let client: RegisteredClient
    let metadata: AuthorizationServerMetadata
    /// A native client's redirect (RFC 8252 section 7.3). Nobody listens: the robot reads the code off the address bar.
    private var redirect: String { client.redirect ?? "http://127.0.0.1:33418/callback" }

    /// RFC 6749 section 4.1 with RFC 7636.
    func authorizationCode() async throws -> SignInResult {
        let verifier = lab.entropy.text(64, from: .base64URL, for: "sign-in code verifier")
        let state = lab.entropy.text(22, from: .base64URL, for: "sign-in state")
        let nonce = lab.entropy.text(22, from: .base64URL, for: "sign-in nonce")
        let question: Form = [
            "response_type": "code", "client_id": client.id, "redirect_uri": redirect,
            "scope": client.scopes.joined(separator: " "), "state": state, "nonce": nonce,
            "code_challenge": PKCE.challenge(for: verifier), "code_challenge_method": "S256",
        ]
        let walk = await lab.browser(for: user).walk(from: question.added(to: metadata.authorizationEndpoint))
        guard let landed = URLParts(walk.landed), walk.landed.hasPrefix(redirect) else {
            throw SignInFailure("The sign-in ended at \(bare(walk.landed)) with status \(walk.status ?? 0).")
        }
        let answer = Form(parsing: landed.query ?? "")
        if let error = answer["error"] {
            throw SignInFailure("The inbound provider refused: \(error) \(answer["error_description"] ?? "")")
        }
        guard answer["state"] == state, let code = answer["code"] else {
            throw SignInFailure("The inbound provider's answer has another state or no code.")
        }
        return try await redeem([
            "grant_type": "authorization_code", "code": code, "redirect_uri": redirect,
            "client_id": client.id, "code_verifier": verifier,
        ])
    }

    /// RFC 6749 section 4.4.
    func clientCredentials() async throws -> SignInResult {
        try await redeem(["grant_type": "client_credentials"])
    }

    private func redeem(_ form: Form) async throws -> SignInResult {
        var headers: HTTPFields = [.contentType: Form.mediaType, .accept: "application/json"]
        if let secret = client.secret {
            headers[.authorization] = ClientAuthentication.basic(id: client.id, secret: secret.exposed)
        }
        let request = Request(.post, metadata.tokenEndpoint, headers: headers, body: Array(form.encoded.utf8))
        let response = try await lab.network.send(request, from: Party("\(user)'s MCP client"))
        guard response.status == 200, let json = response.json, let token = json["access_token"]?.string else {
            let error = response.json?["error"]?.string ?? "status \(response.status)"
            throw SignInFailure("The inbound provider's token endpoint refused: \(error).")
        }
        return SignInResult(
            accessToken: token, idToken: json["id_token"]?.string, refreshToken: json["refresh_token"]?.string,
            expiresIn: Int(json["expires_in"]?.int ?? 0))
    }

    /// A URL may carry a code, which an error message must not.
    private func bare(_ url: String) -> String {
        String(Substring(url.utf8.prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }))
    }
}
