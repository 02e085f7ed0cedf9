package import Kernel

/// Why a JWT was not accepted.
package enum TokenRefusal: Error, Hashable, Sendable {
    /// Not a JWS in compact form, or a time that is none (RFC 7519 section 2, NumericDate).
    case malformed
    case algorithmNotAllowed
    /// No usable key of this name in the set; nil if the token names none.
    case unknownKey(String?)
    case badSignature
    case expired
    case notYetValid
    case wrongIssuer
    case missingClaim(String)
}

/// What a verifier insists on. Fixed by configuration, never by the token (RFC 8725 section 3.1).
package struct TokenPolicy: Hashable, Sendable {
    package var issuer: String
    package var leeway: Span
    package var algorithms: [SignatureAlgorithm]

    package init(
        issuer: String, leeway: Span = .seconds(60), algorithms: [SignatureAlgorithm] = SignatureAlgorithm.all
    ) {
        self.issuer = issuer
        self.leeway = leeway
        self.algorithms = algorithms
    }
}

/// Checks a JWT against a key set and a moment of world time: signature, issuer and times. Audience, client and scope
/// are the caller's to check, since each party has its own rule for them.
package enum TokenVerifier {
    package static func verify(
        _ compact: String, keys: JSONValue, policy: TokenPolicy, at now: Instant
    ) async -> Result<JSONObject, TokenRefusal> {
        guard let token = DecodedToken(compact) else { return .failure(.malformed) }
        do throws(TokenRefusal) {
            try await checkSignature(token, keys, policy)
            try checkIssuer(token.claims, policy)
            try checkTimes(token.claims, policy.leeway, now)
            return .success(token.claims)
        } catch {
            return .failure(error)
        }
    }

    /// RFC 7515 section 5.2. Keys come from `keys` alone: `jwk`, `jku` and `x5u` in the header are not even looked at.
    private static func checkSignature(
        _ token: DecodedToken, _ keys: JSONValue, _ policy: TokenPolicy
    ) async throws(TokenRefusal) {
        guard let name = token.header["alg"]?.string, let algorithm = SignatureAlgorithm(rawValue: name),
            policy.algorithms.contains(algorithm)
        else { throw .algorithmNotAllowed }
        // RFC 7515 section 4.1.11: an extension that must be understood, and none is understood here.
        guard token.header["crit"] == nil else { throw .malformed }
        let keyID = token.header["kid"]
        guard keyID == nil || keyID?.string != nil else { throw .malformed }
        guard let jwk = key(named: keyID?.string, for: algorithm, in: keys),
            let key = await SignatureKeys.shared.key(jwk, algorithm: algorithm.rawValue)
        else { throw .unknownKey(keyID?.string) }
        guard key.hasSigned(token) else { throw .badSignature }
    }

    /// A token without `kid` is accepted only where there is no choice.
    private static func key(named name: String?, for algorithm: SignatureAlgorithm, in keys: JSONValue) -> JSONObject? {
        let fitting = (keys["keys"]?.array ?? []).compactMap(\.object).filter { algorithm.fits($0) }
        guard let name else { return fitting.count == 1 ? fitting.first : nil }
        return fitting.first { $0["kid"] == .string(name) }
    }

    private static func checkIssuer(_ claims: JSONObject, _ policy: TokenPolicy) throws(TokenRefusal) {
        guard let issuer = claims["iss"] else { throw .missingClaim("iss") }
        guard issuer == .string(policy.issuer) else { throw .wrongIssuer }
    }

    /// RFC 7519 sections 4.1.4 to 4.1.6 within the leeway. What is there but is no number fails closed.
    private static func checkTimes(_ claims: JSONObject, _ leeway: Span, _ now: Instant) throws(TokenRefusal) {
        guard let expiry = try time("exp", claims) else { throw .missingClaim("exp") }
        let (start, birth) = (try time("nbf", claims), try time("iat", claims))
        guard now < expiry + leeway else { throw .expired }
        for moment in [start, birth].compactMap({ $0 }) {
            guard moment <= now + leeway else { throw .notYetValid }
        }
    }

    private static func time(_ name: String, _ claims: JSONObject) throws(TokenRefusal) -> Instant? {
        guard let value = claims[name] else { return nil }
        guard let moment = Instant(numericDate: value) else { throw .malformed }
        return moment
    }
}
