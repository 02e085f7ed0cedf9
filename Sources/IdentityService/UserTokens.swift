import Kernel
import OAuthCore

/// Finds out whom a user's JWT names, from the issuer's own published keys (ledger `jwt-user-verified`).
struct UserTokens {
    let world: World
    let documents: DocumentCache

    /// The user, or nil where signature, issuer or times are not in order.
    ///
    /// `discoveryURL` is where a gateway's configuration says the keys are. Otherwise the issuer is asked that the
    /// token names; the network refuses whoever is no party of the lab.
    func user(of token: String, discoveryURL: String?) async -> WorkloadUser? {
        guard let claims = await claims(of: token, discoveryURL), let issuer = claims["iss"]?.string,
            let subject = claims["sub"]?.string, !subject.isEmpty
        else { return nil }
        return .token(issuer: issuer, subject: subject, artifact: Secret(token))
    }

    private func claims(of token: String, _ discoveryURL: String?) async -> JSONObject? {
        guard let decoded = DecodedToken(token), let issuer = decoded.claims["iss"]?.string else { return nil }
        guard world.switches.holds(.userTokenVerified) else { return decoded.claims }
        let url = discoveryURL ?? AuthorizationServerMetadata.openIDURL(of: issuer)
        guard let metadata = await documents.get(url)?.document, metadata["issuer"]?.string == issuer,
            let keysURL = metadata["jwks_uri"]?.string, let keys = await documents.get(keysURL)
        else { return nil }
        let policy = TokenPolicy(issuer: issuer)
        switch await TokenVerifier.verify(token, keys: keys.document, policy: policy, at: world.clock.now) {
        case .success(let claims): return claims
        case .failure(.unknownKey):
            // A key set that was rotated: asked again once, but not by every forged key id (ledger `A20`).
            guard let fresh = await documents.get(keysURL, notOlderThan: .seconds(30)) else { return nil }
            let second = await TokenVerifier.verify(token, keys: fresh.document, policy: policy, at: world.clock.now)
            return try? second.get()
        case .failure: return nil
        }
    }
}
