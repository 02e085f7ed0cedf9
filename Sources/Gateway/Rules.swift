package import Kernel

extension Rule {
    static let inboundTokenSignature = Rule(
        "inbound-token-signature", "The gateway takes only tokens signed by a key its discovery URL leads to.")
    static let inboundAlgorithm = Rule(
        "inbound-algorithm",
        "The gateway takes a token only by an asymmetric algorithm that fits its issuer's key, whatever the token says."
    )
    static let keyLookupCoolDown = Rule(
        "key-lookup-cool-down", "For key ids it does not know the gateway asks an issuer once in thirty seconds.")
    static let userHeaderIgnored = Rule(
        "user-header-ignored", "A header that names a user makes nobody that user.")
    static let inboundTokenExpiry = Rule(
        "inbound-token-expiry", "The gateway takes a token only between its nbf and its exp, with 60 seconds of leeway."
    )
    static let inboundTokenIssuer = Rule(
        "inbound-token-issuer", "The gateway takes only tokens whose iss is the issuer its discovery document names.")
    static let allowedAudience = Rule(
        "allowed-audience", "With allowedAudience configured, one of them must be in the token's aud.")
    static let allowedClients = Rule(
        "allowed-clients", "With allowedClients configured, the token's client_id must be one of them.")
    static let allowedScopes = Rule(
        "allowed-scopes", "With allowedScopes configured, the token must have at least one of them.")
    static let customClaims = Rule("custom-claims", "With customClaims configured, every one of them must match.")
    static let noTokenPassthrough = Rule(
        "no-token-passthrough", "The caller's own token never leaves the gateway towards a target.")
    static let onlyListedHeadersTravel = Rule(
        "only-listed-headers-travel", "Of a caller's headers only those that a target lists reach it.")
    static let interceptorSeesNoHeaders = Rule(
        "interceptor-sees-no-headers", "An interceptor sees the caller's headers only where its configuration says so.")
    static let gatewayBrowserOrigin = Rule(
        "gateway-browser-origin", "A web page of a foreign origin gets no answer from the gateway.")
    static let gatewaySessionUser = Rule(
        "gateway-session-user", "A session of the gateway serves only the user whose initialize began it.")
    static let gatewaySessionExpiry = Rule(
        "gateway-session-expiry", "A session of the gateway ends when its configured time is over.")
    static let requestStateBound = Rule(
        "request-state-bound", "A requestState serves only the user and the request it was made for.")
    static let answersMatchRequests = Rule(
        "answers-match-requests", "An answer of a client counts only in the session in which it was asked.")
}

extension Unknown {
    /// U8: whether the tools of before are served while a target is updated or synchronized, and after that failed.
    static let pendingServeOld = Unknown("pending.serveOld", "on", or: "off")
    /// U4: what becomes of a target whose consent nobody completes.
    static let pendingOnExpiry = Unknown("pending.onExpiry", "fail", or: "stay")
    /// U10: HTTP status of `-32601` and `-32602`.
    static let httpErrorStatus = Unknown("http.errorStatus", "200", or: "class")
    /// U19: whether a target with user consent needs a gateway that checks JWTs.
    static let threeLeggedRequiresJWT = Unknown("3lo.requireJwt", "on", or: "off")
    /// Status for a token whose client, audience or custom claim is not allowed; both were seen.
    static let authorizerMismatchStatus = Unknown("authorizer.mismatchStatus", "401", or: "403")
    /// How much the clocks of an issuer and the gateway may differ, in seconds.
    static let authorizerLeeway = Unknown("authorizer.leeway", "60")
    /// What a gateway answers to the other kind of credential: as if there were none, or that the method is wrong.
    static let authorizerMethod = Unknown("authorizer.methodMismatch", "unnamed", or: "named")
    /// Whether `scp` counts as `scope`.
    static let authorizerAcceptScp = Unknown("authorizer.acceptScp", "on", or: "off")
    /// Which web pages may call: those of the lab and of this machine, or all as the real gateway lets them.
    static let cors = Unknown("cors", "lab", or: "open")
    /// Tools on one page of `tools/list`.
    static let toolsPageSize = Unknown("tools.pageSize", "30")
    /// Whether `initialize` must have all members that the schema requires, or may lack some.
    static let initializeMembers = Unknown("gateway.initializeMembers", "required", or: "optional")
    /// Whether the gateway shakes hands with a target before each `tools/call`.
    static let targetHandshake = Unknown("upstream.handshake", "off", or: "on")
    /// How a gateway with sessions and streams asks a client that can be asked: on the stream or by -32042.
    static let elicitationWay = Unknown("elicitation.way", "request", or: "exception")
    /// Revisions of a gateway that was made without `supportedVersions`, by commas.
    static let gatewayDefaultVersions = Unknown("gateway.defaultVersions", "2025-11-25,2025-06-18,2025-03-26")
}

extension Unknown {
    /// U16: body of a 401 and a 403.
    static let authorizerBody = Unknown("authorizer.body", "json-rpc", or: "message", "none")
    /// U17: code of "Cannot initiate authorization code grant flow".
    static let cannotInitiateCode = Unknown("consent.cannotInitiateCode", "-32603", or: "-32600", "-32001")
    /// Text of -32011, of which only the code was seen (ledger `not-acceptable-text`).
    static let notAcceptableText = Unknown("transport.notAcceptableText", "reference", or: "short")
    /// U18: whether the path-inserted places of the metadata are there too.
    static let metadataPlaces = Unknown("metadata.places", "all", or: "root")
    /// U23: header or parameter of an API key where the target names none.
    static let apiKeyPlace = Unknown("apiKey.place", "Authorization", or: "X-Api-Key")
    /// What stands between the prefix and an API key (ledger `api-key-prefix`).
    static let apiKeyJoint = Unknown("apiKey.joint", "blank", or: "none")
    /// U24: `scopes_supported` of a gateway that demands none.
    static let metadataScopes = Unknown("metadata.scopes", "left-out", or: "empty")
    /// Seconds for which a caller may think about a target's question (ledger `gateway-question-life`).
    static let questionLife = Unknown("question.life", "600")
    /// U28: seconds after READY before the tools of a target are served.
    static let targetPropagation = Unknown("target.propagation", "0")
}

/// What a lab may turn off or decide at the gateway.
package enum GatewaySwitches {
    package static let rules: [Rule] = [
        .inboundTokenSignature, .inboundAlgorithm, .keyLookupCoolDown, .userHeaderIgnored, .inboundTokenExpiry,
        .inboundTokenIssuer, .allowedAudience, .allowedClients,
        .allowedScopes, .customClaims, .noTokenPassthrough, .gatewayBrowserOrigin, .onlyListedHeadersTravel,
        .interceptorSeesNoHeaders, .gatewaySessionUser, .gatewaySessionExpiry, .requestStateBound,
        .answersMatchRequests,
    ]
    package static let unknowns: [Unknown] = [
        .pendingServeOld, .pendingOnExpiry, .httpErrorStatus, .threeLeggedRequiresJWT, .authorizerMismatchStatus,
        .authorizerAcceptScp, .authorizerLeeway, .authorizerMethod, .cors, .toolsPageSize, .targetHandshake,
        .gatewayDefaultVersions, .elicitationWay, .authorizerBody, .cannotInitiateCode, .notAcceptableText,
        .metadataPlaces, .apiKeyPlace, .apiKeyJoint, .metadataScopes, .targetPropagation,
        .questionLife, .initializeMembers,
    ]
}
