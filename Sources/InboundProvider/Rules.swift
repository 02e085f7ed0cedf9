package import Kernel

extension Rule {
    static let inboundRedirectExact = Rule(
        "inbound-redirect-exact", "The inbound provider sends a browser back to a registered redirect URI only.")
    static let inboundPKCERequired = Rule(
        "inbound-pkce-required", "A public client of the inbound provider must send an S256 code challenge.")
    static let inboundScopeLimit = Rule(
        "inbound-scope-limit",
        "An authorization request at the inbound provider gets no scope beyond those of its client.")
    static let inboundFormBinding = Rule(
        "inbound-form-binding", "A sign-in form counts only from the browser it was shown to.")
    static let inboundClientSecret = Rule(
        "inbound-client-secret", "A confidential client of the inbound provider proves its secret.")
    static let inboundCodeSingleUse = Rule(
        "inbound-code-single-use", "A code of the inbound provider works once; its second use revokes what it gave.")
    static let inboundCodeProof = Rule(
        "inbound-code-proof", "A code of the inbound provider is redeemed with the verifier of its challenge only.")
    static let inboundRefreshRotation = Rule(
        "inbound-refresh-rotation", "A refresh token of the inbound provider works once; its reuse revokes the family.")
    static let exchangeSubjectVerified = Rule(
        "exchange-subject-verified", "The inbound provider exchanges only tokens of its own that still live.")
    static let exchangeTokenType = Rule(
        "exchange-token-type",
        "The inbound provider exchanges a token as what it was issued for: no ID token passes as an access token.")
    static let exchangeAudienceKnown = Rule(
        "exchange-audience-known", "A token is exchanged only for an audience that the inbound provider knows.")
    static let assertionAudience = Rule(
        "assertion-audience",
        "The inbound provider redeems an assertion only if its audience is this provider or the client that brings it.")
    static let inboundTokenUse = Rule(
        "inbound-token-use", "UserInfo takes access tokens only: an ID token is no API token.")
}

/// What a lab can turn off or decide otherwise about the inbound provider.
package enum InboundProviderSwitches {
    package static let rules: [Rule] = [
        .inboundRedirectExact, .inboundPKCERequired, .inboundScopeLimit, .inboundFormBinding, .inboundClientSecret,
        .inboundCodeSingleUse, .inboundCodeProof, .inboundRefreshRotation, .inboundTokenUse, .exchangeSubjectVerified,
        .exchangeTokenType, .exchangeAudienceKnown, .assertionAudience,
    ]
    /// None: this party answers by the standards and stands for no system whose insides are unknown.
    package static let unknowns: [Unknown] = []
}
