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
                400, BearerChallenge(error: .invalidRequest, errorDescription: "The token is sent in two ways."))
        }
        // A header that names the scheme and no token is malformed, and not the same as none.
        if request.header(.authorization).map({ trimmed($0).lowercased() == "bearer" }) == true {
            return challenge(
                400, BearerChallenge(error: .invalidRequest, errorDescription: "The token is missing."))
        }
        guard let token = request.credentials("Bearer") else {
            // RFC 6750 section 3.1: who sent nothing is told no error.
            return challenge(401, BearerChallenge(realm: issuer))
        }
        let verdict = await TokenVerifier.verify(
            token, keys: signer.publicKeys, policy: TokenPolicy(issuer: issuer, leeway: .zero), at: world.clock.now)
        let refusal = BearerChallenge(error: .invalidToken, errorDescription: "The token is not valid.")
        guard case .success(let claims) = verdict else { return challenge(401, refusal) }
        let record = try? accessRecord(of: token, claims)
        guard isTaken(claims, record) else { return challenge(401, refusal) }
        let scope = Self.scope(of: claims)
        guard scope.contains("openid") || !isAccess(claims, record), let user = user(of: claims) else {
            return challenge(403, BearerChallenge(error: .insufficientScope, scope: "openid"))
        }
        let client = record?.client ?? claims["aud"]?.string ?? ""
        return .unkept(200, .object(told(of: user, to: client, scope)))
    }

    /// The claims that the scopes ask for, in words of the vendor (OpenID Connect Core section 5.4).
    private func told(of user: UserDirectory.User, to client: String, _ scope: ScopeSet) -> JSONObject {
        if profile.tokens.user != nil {
            let facts = facts(client: client, scope, "", user, subject: .string(user.subject))
            let more = profile.tokens.identity(scope.names.filter { $0 != "openid" }, facts: facts)
            let body: JSONObject = ["sub": profile.tokens.subject(facts) ?? .null]
            return body.merging(more)
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
        return body
    }

    /// An access token (`inbound-token-use`) that is not revoked. A JWT outlives its revocation; here, at its issuer,
    /// it does not.
    private func isTaken(_ claims: JSONObject, _ record: AccessRecord?) -> Bool {
        if isAccess(claims, record) { return record?.isRevoked == false }
        guard world.switches.holds(.inboundTokenUse) else { return true }
        world.note("Something else than an access token was presented at UserInfo.", rule: .inboundTokenUse)
        return false
    }

    /// Some vendors name them `scp`, and some write a list.
    private static func scope(of claims: JSONObject) -> ScopeSet {
        let stated = claims["scope"] ?? claims["scp"]
        return stated?.strings.map { ScopeSet($0) } ?? ScopeSet(parsing: stated?.string ?? "")
    }

    private func challenge(_ status: Int, _ challenge: BearerChallenge) -> Response {
        var body: JSONObject = [:]
        if let error = challenge.error { body.append("error", .string(error.rawValue)) }
        if let text = challenge.errorDescription { body.append("error_description", .string(text)) }
        return .unkept(status, .object(body), headers: [.wwwAuthenticate: challenge.rendered])
    }
}
