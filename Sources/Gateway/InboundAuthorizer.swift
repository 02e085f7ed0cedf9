import AWSCore
import HTTPTypes
import Kernel
import MCPCore
import OAuthCore

/// Who calls, as far as the gateway knows.
struct Caller: Hashable, Sendable, Codable {
    /// The JWT that was checked; nil where the gateway checks none.
    private let bearer: Secret?
    var token: String? { bearer?.exposed }
    /// The user that a header names; nobody is taken for them (`A33`).
    var namedUser: String?
    /// Access key id of whoever signed; nil where nobody did.
    let keyID: String?
    /// Whose key that is: a role's session has others after each AssumeRole. nil where nobody knows.
    let principal: String?

    init(token: String?, keyID: String? = nil, principal: String? = nil) {
        bearer = token.map { Secret($0) }
        self.keyID = keyID
        self.principal = principal
    }
}

/// Decides who may call a gateway: `customJWTAuthorizer` and its simpler kin (E20, E21, E22).
struct InboundAuthorizer {
    let world: World
    let cache: KeyCache
    let signatures: (any CallerSignatures)?
    /// Of Amazon Bedrock AgentCore Runtime, for callers that sign.
    private static let userHeader = fieldName("X-Amzn-Bedrock-AgentCore-Runtime-User-Id")
    private var leeway: Span {
        .seconds(Int64(min(max(world.switches.number(.authorizerLeeway), 0), 3600)))
    }

    /// Checks of different kinds are all demanded; within one list a single match will do.
    func authorize(_ request: Request, at gateway: GatewayRecord) async throws(Refused) -> Caller {
        var caller = try await known(request, at: gateway)
        if let user = request.header(Self.userHeader) {
            if world.switches.holds(.userHeaderIgnored) {
                world.note("a header names a user; it is not looked at", rule: .userHeaderIgnored)
            } else {
                caller.namedUser = user
            }
        }
        return caller
    }

    private func known(_ request: Request, at gateway: GatewayRecord) async throws(Refused) -> Caller {
        let bearer = request.credentials("Bearer")
        switch gateway.authorizerType {
        case "NONE":
            return Caller(token: world.switches.isOn(.threeLeggedRequiresJWT) ? nil : bearer)
        case "CUSTOM_JWT":
            let challenge = Challenge(gateway: gateway, world: world)
            guard let bearer else {
                if request.credentials(SigV4.algorithm) != nil { try refuseMethod() }
                throw challenge.missingToken
            }
            guard let config = gateway.customJWTAuthorizer, let discovery = config["discoveryUrl"]?.string else {
                throw challenge.invalidToken
            }
            let claims = try await verified(bearer, discovery, challenge)
            try check(claims, config, challenge)
            return Caller(token: bearer)
        case "AUTHENTICATE_ONLY" where bearer != nil:
            // Who it is counts, and nothing else of the token (ledger `authorizer-authenticate-only`).
            let challenge = Challenge(gateway: gateway, world: world)
            guard let bearer, let discovery = gateway.customJWTAuthorizer?["discoveryUrl"]?.string else {
                throw challenge.invalidToken
            }
            _ = try await verified(bearer, discovery, challenge)
            return Caller(token: bearer)
        default:
            guard request.credentials(SigV4.algorithm) != nil else {
                if bearer != nil { try refuseMethod() }
                throw Refused(AWSError(.accessDenied, "Missing Authentication Token").response)
            }
            try checkSignature(of: request, at: gateway)
            return Caller(
                token: nil, keyID: (try? SignatureClaim(request))?.keyID ?? AWSNames.account(of: request),
                principal: signatures?.principal(of: request))
        }
    }

    /// In most labs every signature is as good as another, so that every SDK works with any keys.
    private func checkSignature(of request: Request, at gateway: GatewayRecord) throws(Refused) {
        if let refusal = signatures?.refusal(of: request, toInvoke: gateway) { throw Refused(refusal) }
    }

    /// `Q20`: the words of AgentCore's runtime, which shares this configuration.
    private func refuseMethod() throws(Refused) {
        guard world.switches.choice(.authorizerMethod) == "named" else { return }
        let text =
            "Authorization method mismatch. The agent is configured for a different authorization method than what was "
            + "used in your request. Check the agent's authorization configuration and ensure your request uses the "
            + "matching method (OAuth or SigV4)"
        throw Refused(AWSError(.accessDenied, text).response)
    }

    /// Signature, time and issuer.
    private func verified(
        _ token: String, _ discovery: String, _ challenge: Challenge
    ) async throws(Refused) -> JSONObject {
        guard let decoded = DecodedToken(token) else { throw challenge.invalidToken }
        guard let keys = await cache.keys(for: discovery) else {
            world.note("no keys at the discovery URL; no token can be verified")
            throw challenge.invalidToken
        }
        var claims = cache.claims(of: token, by: keys)
        if claims == nil, !isAlgorithmKnown(decoded) {
            guard !world.switches.holds(.inboundAlgorithm) else {
                throw refused("the token is not signed by an asymmetric algorithm", .inboundAlgorithm, challenge)
            }
            claims = decoded.claims
        }
        if claims == nil {
            let signed = await signedClaims(token, decoded, keys, discovery)
            if signed == nil, world.switches.holds(.inboundTokenSignature) {
                throw refused("the token is not signed by a key of its issuer", .inboundTokenSignature, challenge)
            }
            claims = signed
        }
        let trusted = claims ?? decoded.claims
        if !isAlive(trusted), world.switches.holds(.inboundTokenExpiry) {
            throw refused("the token is expired or not valid yet", .inboundTokenExpiry, challenge)
        }
        if trusted["iss"] != .string(keys.issuer), world.switches.holds(.inboundTokenIssuer) {
            throw refused("the token is of another issuer", .inboundTokenIssuer, challenge)
        }
        return trusted
    }

    /// RFC 8725 section 3.1: which algorithms there are is configured, never read from the token.
    private func isAlgorithmKnown(_ token: DecodedToken) -> Bool {
        token.header["alg"]?.string.flatMap { SignatureAlgorithm(rawValue: $0) } != nil
    }

    /// The claims if a key of the issuer signed them. Time and issuer are rules of their own, so the verifier is
    /// asked at the last moment of the token's life and about the issuer it names itself.
    private func signedClaims(
        _ token: String, _ decoded: DecodedToken, _ keys: KeySetRecord, _ discovery: String
    ) async -> JSONObject? {
        let policy = TokenPolicy(issuer: decoded.claims["iss"]?.string ?? "", leeway: leeway)
        let expiry = Instant(numericDate: decoded.claims["exp"])
        let moment = expiry.map { $0 + leeway - .milliseconds(1) } ?? world.clock.now
        var used = keys
        var outcome = await TokenVerifier.verify(token, keys: used.keys, policy: policy, at: moment)
        if case .failure(.unknownKey) = outcome, let newer = await cache.keysAfterUnknown(for: discovery) {
            used = newer
            outcome = await TokenVerifier.verify(token, keys: used.keys, policy: policy, at: moment)
        }
        guard case .success(let claims) = outcome else { return nil }
        cache.remember(claims, of: token, by: used)
        return claims
    }

    private func isAlive(_ claims: JSONObject) -> Bool {
        let now = world.clock.now
        guard let expires = Instant(numericDate: claims["exp"]), now < expires + leeway else { return false }
        return ["nbf", "iat"].allSatisfy { name in
            guard let claim = claims[name] else { return true }
            return Instant(numericDate: claim).map { $0 <= now + leeway } ?? false
        }
    }

    /// Audience, client, custom claims, scopes.
    private func check(_ claims: JSONObject, _ config: JSONObject, _ challenge: Challenge) throws(Refused) {
        if let allowed = config["allowedAudience"]?.strings, !Claims.audience(claims).contains(where: allowed.hasSame),
            world.switches.holds(.allowedAudience)
        {
            throw mismatch("the token is for another audience", .allowedAudience, challenge)
        }
        if let allowed = config["allowedClients"]?.strings,
            claims["client_id"]?.string.map(allowed.hasSame) != true,
            world.switches.holds(.allowedClients)
        {
            throw mismatch("the token was issued to another client", .allowedClients, challenge)
        }
        if let rows = config["customClaims"]?.array, !rows.allSatisfy({ Claims.matches(claims, $0) }),
            world.switches.holds(.customClaims)
        {
            throw mismatch("a custom claim does not match", .customClaims, challenge)
        }
        let acceptsScp = world.switches.isOn(.authorizerAcceptScp)
        if let allowed = config["allowedScopes"]?.strings,
            !Claims.scopes(claims, acceptsScp: acceptsScp).contains(where: allowed.hasSame),
            world.switches.holds(.allowedScopes)
        {
            world.note("the token has none of the allowed scopes", rule: .allowedScopes)
            throw challenge.insufficientScope
        }
    }

    private func refused(_ text: String, _ rule: Rule, _ challenge: Challenge) -> Refused {
        world.note(text, rule: rule)
        return challenge.invalidToken
    }

    private func mismatch(_ text: String, _ rule: Rule, _ challenge: Challenge) -> Refused {
        world.note(text, rule: rule)
        let isForbidden = world.switches.choice(.authorizerMismatchStatus) == "403"
        return isForbidden ? challenge.insufficientScope : challenge.invalidToken
    }
}

/// Reading claims that issuers write in different shapes.
enum Claims {
    /// `aud` is one text or a list (RFC 7519 section 4.1.3).
    static func audience(_ claims: JSONObject) -> [String] {
        claims["aud"]?.strings ?? claims["aud"]?.string.map { [$0] } ?? []
    }

    /// `scope` is a text with blanks (RFC 9068 section 2.2.3); some issuers write a list, or `scp`.
    static func scopes(_ claims: JSONObject, acceptsScp: Bool) -> [String] {
        let names = acceptsScp ? ["scope", "scp"] : ["scope"]
        return names.flatMap { name in
            claims[name]?.strings ?? claims[name]?.string?.split(separator: " ").map(String.init) ?? []
        }
    }

    /// One row of `customClaims`. A row that makes no sense matches nothing.
    static func matches(_ claims: JSONObject, _ row: JSONValue) -> Bool {
        guard let name = row["inboundTokenClaimName"]?.string, let claim = claims[name],
            let match = row["authorizingClaimMatchValue"], let value = match["claimMatchValue"]
        else { return false }
        let text = value["matchValueString"]?.string
        switch match["claimMatchOperator"]?.string {
        case "EQUALS": return text.map { claim == .string($0) } ?? false
        case "CONTAINS": return text.map { claim.strings?.hasSame($0) ?? false } ?? false
        case "CONTAINS_ANY":
            let wanted = value["matchValueStringList"]?.strings ?? []
            return claim.strings?.contains(where: wanted.hasSame) ?? false
        default: return false
        }
    }
}

/// The refusals of a gateway that takes JWTs. The message id is 0: the body is not read before the token is.
struct Challenge {
    let gateway: GatewayRecord
    let world: World

    var missingToken: Refused { refused(401, -32001, "Missing Bearer token", error: nil) }
    var invalidToken: Refused { refused(401, -32001, "Invalid Bearer token", error: .invalidToken) }
    var insufficientScope: Refused { refused(403, -32002, "insufficient_scope", error: .insufficientScope) }

    private func refused(_ status: Int, _ code: Int, _ message: String, error: OAuthError.Code?) -> Refused {
        let scopes = gateway.advertisedScopes
        let challenge = BearerChallenge(
            error: error, scope: scopes.isEmpty ? nil : scopes.joined(separator: " "),
            resourceMetadata: gateway.metadataURL(world.addresses))
        var response: Response
        // U16: of most refusals only the header was seen.
        switch world.switches.choice(.authorizerBody) {
        case "message": response = .json(status, ["message": .string(message)])
        case "none": response = Response(status)
        default: response = .json(status, JSONRPC.error(.int(0), JSONRPCError(code, message)))
        }
        response.head.headerFields[.wwwAuthenticate] = challenge.rendered
        return Refused(response)
    }
}
