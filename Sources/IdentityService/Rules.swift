package import Kernel

/// Rules the identity service enforces, each checked in one place.
extension Rule {
    static let sessionBinding = Rule(
        "session-binding", "A consent session is completed only with the very identity that started it.")
    static let sessionLifetime = Rule(
        "session-lifetime", "A consent session and its authorization URL live ten minutes of world time.")
    static let sessionSingleUse = Rule(
        "session-single-use", "An authorization URL is opened once and a consent session completed once.")
    static let stateSingleUse = Rule(
        "state-single-use", "The state of an authorization request is redeemed by one callback only.")
    static let callbackProviderBinding = Rule(
        "callback-provider-binding",
        "A callback is redeemed only at the address of the credential provider that began the session.")
    static let issuerIdentification = Rule(
        "issuer-identification", "An authorization response that names another issuer than expected is refused.")
    static let customParametersNeverOverride = Rule(
        "custom-parameters-never-override", "A custom parameter never takes the place of a standard one.")
    static let registeredReturnURL = Rule(
        "registered-return-url", "A browser returns only to a URL that the workload identity allows, letter by letter.")
    static let codeVerifierSent = Rule(
        "code-verifier-sent", "The PKCE verifier goes along when an authorization code is exchanged.")
    static let newestSessionWins = Rule(
        "newest-session-wins", "A newer session of the same workload, user and provider ends the older ones.")
    static let vaultPerUser = Rule("vault-per-user", "A token in the vault serves only the user who consented.")
    static let vaultScopeMatch = Rule(
        "vault-scope-match", "A token in the vault serves only a request for scopes that were granted.")
    static let expiredTokenNotServed = Rule(
        "expired-token-not-served", "An expired access token is refreshed or asked for again, never handed out.")
    static let forcedAuthenticationDropsToken = Rule(
        "forced-authentication-drops-token",
        "Forced authentication drops access and refresh token and asks the user again.")
    static let serviceLinkedIdentity = Rule(
        "service-linked-identity", "Nobody but the service takes a token for the workload identity of a gateway.")
    static let vaultAudienceMatch = Rule(
        "vault-audience-match",
        "A token in the vault serves only for whom it was asked: by resources, audiences and custom parameters.")
    static let recreatedIdentity = Rule(
        "recreated-identity", "What a deleted workload identity had serves none that is made anew under its name.")
    static let issuedTokenType = Rule(
        "issued-token-type", "The answer to a token exchange counts only if it names issued_token_type.")
    static let discoveryIssuerMatch = Rule(
        "discovery-issuer-match", "A discovery document counts only if its issuer is the one its URL was built from.")
    static let userTokenVerified = Rule(
        "user-token-verified", "A user's JWT names a user only if signature, issuer and expiry are in order.")
}

/// What nobody outside AWS knows.
extension Unknown {
    /// Whether completion compares the original artifact or only issuer and subject (ledger `U7`).
    static let bindingMode = Unknown("binding.mode", "token", or: "sub")
    /// Whether return URLs of a gateway's own identity are checked: against a list that somebody set, where a target's
    /// own needs no place (`list`), never, or as those of any identity (`strict`) (ledger `U6`).
    static let returnURLEnforce = Unknown("returnUrl.enforce", "list", or: "off", "strict")
    /// Whether a vault hit needs a subset of the granted scopes or the same set (ledger `U12`).
    static let vaultScopeKey = Unknown("vault.scopeKey", "subset", or: "exact")
    /// What a token answer without scopes has granted (ledger `vault-empty-scope`).
    static let vaultEmptyScope = Unknown("vault.emptyScope", "requested", or: "nothing")
    /// Where the browser goes after a denial (ledger `U13`).
    static let denyRedirect = Unknown("deny.redirect", "off", or: "on")
    /// What goes to the provider beside the parameters of one captured redirect (ledger `U22`).
    static let authorizeExtra = Unknown("authorize.extra", "none", or: "nonce", "resource")
    /// Whether a newer call ends an older pending session (ledger `P2`).
    static let sessionSupersede = Unknown("session.supersede", "on", or: "off")
    /// Whether `resources` goes along with a token request, as RFC 8707 names it (ledger `resources-sent`).
    static let tokenResources = Unknown("token.resources", "resource", or: "none")
    /// Whether `audiences` goes along with a token request, as RFC 8693 names it (ledger `audiences-sent`).
    static let tokenAudiences = Unknown("token.audiences", "audience", or: "none")
    /// Whether resources and audiences part a user's tokens in the vault (ledger `user-token-audience`).
    static let userAudience = Unknown("vault.userAudience", "together", or: "apart")
    /// Whether an exchanged token is kept until it expires (ledger `obo-cache`).
    static let exchangeCache = Unknown("obo.cache", "off", or: "on")
    /// Answer to a poll of a completed session whose consent granted less than it asked for (ledger `poll-narrowed`).
    static let pollNarrowed = Unknown("poll.narrowed", "token", or: "FAILED")
    /// Whether a second completion is answered like the first (ledger `U15`).
    static let completeIdempotent = Unknown("complete.idempotent", "off", or: "on")
    /// What a browser sees at an authorization URL that is expired or used (ledger `U14`).
    static let deadLink = Unknown("authorize.deadLink", "page", or: "json")
    /// Whether a call with `forceAuthentication` ends pending sessions too (ledger `U20`).
    static let forceSupersedes = Unknown("force.supersedes", "on", or: "off")
    /// Seconds that a workload access token lives, or `never` ends (ledger `workload-token-life`).
    static let workloadTokenLife = Unknown("workloadToken.life", "never", or: "900", "3600")
    /// Error where a provider's EXTERNAL secret is not there (ledger `external-secret-missing`).
    static let secretMissing = Unknown(
        "errors.secretMissing", "ResourceNotFoundException", or: "ValidationException")
    /// Last part of a session URI: 88 characters, or the base64url of a UUID, which has 48 (ledger `U26`).
    static let sessionURIForm = Unknown("session.uriForm", "88", or: "48")
}

/// Every switch of this module, for a lab to validate and list.
package enum IdentityServiceSwitches {
    package static let rules: [Rule] = [
        .sessionBinding, .sessionLifetime, .sessionSingleUse, .stateSingleUse, .callbackProviderBinding,
        .issuerIdentification, .customParametersNeverOverride, .registeredReturnURL, .codeVerifierSent,
        .newestSessionWins, .vaultPerUser, .vaultScopeMatch, .expiredTokenNotServed, .forcedAuthenticationDropsToken,
        .serviceLinkedIdentity, .discoveryIssuerMatch, .userTokenVerified, .vaultAudienceMatch, .recreatedIdentity,
        .issuedTokenType,
    ]
    package static let unknowns: [Unknown] = [
        .bindingMode, .returnURLEnforce, .vaultScopeKey, .vaultEmptyScope, .denyRedirect, .authorizeExtra,
        .sessionSupersede, .completeIdempotent, .exchangeCache, .pollNarrowed, .deadLink, .forceSupersedes,
        .sessionURIForm, .tokenResources, .tokenAudiences, .userAudience, .workloadTokenLife,
        .secretMissing,
    ]
}

extension Switches {
    /// How long a workload access token lives; nil for ever.
    var workloadTokenLife: Span? { Int64(choice(.workloadTokenLife)).map { .seconds($0) } }

    /// `recreated-identity`: whether two births are of one workload identity.
    func isSameIdentity(_ birth: String?, _ other: String?) -> Bool { birth == other || !holds(.recreatedIdentity) }
}
