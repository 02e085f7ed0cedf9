import HTTPTypes
import Kernel
import OAuthCore

extension InboundProvider {
    /// OpenID Connect Core section 5.3, with the refusals of RFC 6750. `2.1-01`: a token in the query is passed by.
    func userInfo(_ request: Request) async -> Response {
        // `6750-02`: RFC 6750 section 2: a client sends its token in one way.
        let isForm = request.mediaType == Form.mediaType
        if isForm, request.form["access_token"] != nil,
            request.header(.authorization) != nil
        {
            return challenge(
                400, BearerChallenge(error: "invalid_request", errorDescription: "The token is sent in two ways."))
        }
        // A header that names the scheme and no token is malformed, and not the same as none.
        if request.header(.authorization).map({ trimmed($0).lowercased() == "bearer" }) == true {
            return challenge(
                400, BearerChallenge(error: "invalid_request", errorDescription: "The token is missing."))
        }
        guard let token = request.credentials("Bearer") else {
            // RFC 6750 section 3.1: who sent nothing is told no error.
            return challenge(401, BearerChallenge(realm: issuer))
        }
        let verdict = await TokenVerifier.verify(
            token, keys: signer.publicKeys, policy: TokenPolicy(issuer: issuer, leeway: .zero), at: world.clock.now)
        guard case .success(let claims) = verdict, isAccess(claims), isAlive(claims) else {
            return challenge(401, BearerChallenge(error: "invalid_token", errorDescription: "The token is not valid."))
        }
        let scope = ScopeSet(parsing: claims["scope"]?.string ?? "")
        guard scope.contains("openid") || claims["token_use"] == "id",
            let user = directory.user(subject: claims["sub"]?.string ?? "")
        else {
            return challenge(403, BearerChallenge(error: "insufficient_scope", scope: "openid"))
        }
        var body: JSONObject = ["sub": .string(user.subject), "username": .string(user.name)]
        if scope.contains("email") {
            body.append("email", .string(user.email))
            body.append("email_verified", true)
        }
        if scope.contains("profile") {
            body.append("name", .string(user.displayName))
            body.append("preferred_username", .string(user.name))
        }
        return .unkept(200, .object(body))
    }

    private func isAccess(_ claims: JSONObject) -> Bool {
        guard claims["token_use"] != "access", world.switches.holds(.inboundTokenUse) else { return true }
        world.note("Something else than an access token was presented at UserInfo.", rule: .inboundTokenUse)
        return false
    }

    /// A JWT outlives its revocation; here, at its issuer, it does not.
    private func isAlive(_ claims: JSONObject) -> Bool {
        guard let jti = claims["jti"]?.string, claims["token_use"] == "access" else { return true }
        let record = try? world.store.write { $0.find(AccessRecord.self, .init(jti)) }
        return record?.isRevoked == false
    }

    private func challenge(_ status: Int, _ challenge: BearerChallenge) -> Response {
        var body: JSONObject = [:]
        if let error = challenge.error { body.append("error", .string(error)) }
        if let text = challenge.errorDescription { body.append("error_description", .string(text)) }
        return .unkept(status, .object(body), headers: [.wwwAuthenticate: challenge.rendered])
    }
}
