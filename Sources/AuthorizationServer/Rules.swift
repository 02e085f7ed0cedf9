package import Kernel

// Each rule is asked for in exactly one place; its name is what a scenario's `breaks:` turns off.
extension Rule {
    static let registeredRedirectURI = Rule(
        "registered-redirect-uri", "A code goes only to a redirect URI that matches one the application registered.")
    static let pkceVerifier = Rule(
        "pkce-verifier", "A code asked for with a challenge is redeemed only with the verifier that fits it.")
    static let pkceS256Only = Rule(
        "pkce-s256-only", "A code challenge is taken only with the method S256.")
    static let codeSingleUse = Rule(
        "authorization-code-single-use", "An authorization code is redeemed once.")
    static let codeLifetime = Rule(
        "authorization-code-lifetime", "An authorization code is redeemed only during its ten minutes.")
    static let codeClientBinding = Rule(
        "authorization-code-client-binding", "An authorization code is redeemed only by the client it was issued to.")
    static let clientSecret = Rule(
        "client-secret", "A client gets a token only with its own secret.")
    static let consentPageCSRF = Rule(
        "consent-page-csrf", "A form is accepted only with the hidden token of a page the same browser was shown.")
    static let revokedTokenRefused = Rule(
        "revoked-token-refused", "The API refuses a token that was revoked.")
    static let expiredTokenRefused = Rule(
        "expired-token-refused", "The API refuses a token after its lifetime.")
    static let refreshTokenSingleUse = Rule(
        "refresh-token-single-use", "A refresh token is good for one refresh.")
    static let refreshTokenClientBinding = Rule(
        "refresh-token-client-binding", "A refresh token is good only for the client it was issued to.")
    static let refreshReuseEndsFamily = Rule(
        "refresh-reuse-ends-family", "A refresh token that comes again ends every token of its line.")
    static let proofKeyRequired = Rule(
        "proof-key-required", "A client that must send a code challenge gets no code without one.")
    static let resourceNarrowing = Rule(
        "resource-narrowing", "A token is made only for resources the user was asked about.")
    static let legalRedirectURIs = Rule(
        "registered-redirect-uris-legal",
        "A client registers only redirect URIs by https, on its own machine, or of its own scheme.")
    static let registrationOwnToken = Rule(
        "registration-own-token", "A registration is read and changed only with the token it was answered with.")
    static let clientDocumentIdentity = Rule(
        "client-document-identity", "A client's document counts only at the address it names as its client id.")
    static let clientDocumentPublicHost = Rule(
        "client-document-public-host", "Nothing is fetched from a private host because a stranger named it.")
    static let assertionSingleUse = Rule(
        "client-assertion-single-use", "A client's signed assertion is good for one request.")
    static let pushedRequestBinding = Rule(
        "pushed-request-client-binding", "A pushed request is used only by the client that pushed it.")
    static let pushedRequestSingleUse = Rule(
        "pushed-request-single-use", "A pushed request gives one code.")
    static let revocationOwnTokens = Rule(
        "revocation-own-tokens", "A client revokes only its own tokens.")
    static let introspectionOwnTokens = Rule(
        "introspection-own-tokens", "A client that is no resource server learns only about its own tokens.")
    static let deviceCodeClientBinding = Rule(
        "device-code-client-binding", "A device code is redeemed only by the client it was issued to.")
    static let userCodeTries = Rule(
        "user-code-tries", "A user types at most fifty device codes in an hour.")
}

// What nobody outside GitHub knows. Each is a row of the ledger with mark `unknown`.
extension Unknown {
    /// A redirect URI that is not registered: an error page, or the documented redirect to the registered one.
    static let redirectMismatch = Unknown("github.redirectMismatch", "page", or: "redirect")
    /// Error name for a verifier that is missing or wrong.
    static let verifierError = Unknown("github.verifierError", "bad_verification_code", or: "invalid_grant")
    /// What a wrong verifier does to the code.
    static let failedVerifier = Unknown("github.failedVerifier", "burns", or: "keeps")
    /// A verifier for a code that was asked for without a challenge (RFC 9700 section 4.8.2).
    static let verifierWithoutChallenge = Unknown("github.verifierWithoutChallenge", "refuse", or: "ignore")
    /// Whether error redirects carry `iss` as RFC 9207 section 2 wants.
    static let issuerOnErrors = Unknown("github.issOnErrors", "on", or: "off")
    /// Whether the metadata says that `iss` is sent.
    static let issuerInMetadata = Unknown("github.issInMetadata", "on", or: "off")
    /// A parameter of the authorization request that stands twice: an error page, or the first one counts.
    static let repeatedParameter = Unknown("github.repeatedParameter", "page", or: "first")
    /// The same at the other vendors' servers, where the client may hear of it too.
    static let vendorRepeatedParameter = Unknown("vendors.repeatedParameter", "page", or: "redirect", "first")
    /// Whether a 401 to a client that failed has a challenge, as RFC 9110 section 15.5.2 wants it.
    static let clientChallenge = Unknown("vendors.clientChallenge", "on", or: "off")
    /// Client credentials by HTTP Basic at the token endpoint.
    static let basicAuthentication = Unknown("github.basicAuthentication", "on", or: "off")
    /// What the second use of a code does to the tokens of the first.
    static let codeReplay = Unknown("github.codeReplay", "refuse", or: "revoke")
    /// Status of the token endpoint's answer to an unknown client.
    static let unknownClientStatus = Unknown("github.unknownClientStatus", "404", or: "200")
    /// Which scopes a client may ask for that registered some (ledger `registered-scope`).
    static let registeredScope = Unknown("registration.scope", "any", or: "registered")
}

/// Everything of this module that a lab may turn off or decide otherwise.
package enum AuthorizationServerSwitches {
    package static let rules: [Rule] = [
        .registeredRedirectURI, .pkceVerifier, .pkceS256Only, .codeSingleUse, .codeLifetime, .codeClientBinding,
        .clientSecret, .consentPageCSRF, .revokedTokenRefused, .expiredTokenRefused, .refreshTokenSingleUse,
        .refreshTokenClientBinding, .refreshReuseEndsFamily, .proofKeyRequired, .resourceNarrowing,
        .legalRedirectURIs, .registrationOwnToken, .clientDocumentIdentity, .clientDocumentPublicHost,
        .assertionSingleUse, .pushedRequestBinding, .pushedRequestSingleUse, .revocationOwnTokens,
        .introspectionOwnTokens, .deviceCodeClientBinding, .userCodeTries,
    ]
    package static let unknowns: [Unknown] = [
        .redirectMismatch, .verifierError, .failedVerifier, .verifierWithoutChallenge, .issuerOnErrors,
        .issuerInMetadata, .repeatedParameter, .vendorRepeatedParameter, .clientChallenge, .basicAuthentication,
        .codeReplay, .unknownClientStatus, .registeredScope,
    ]
}
