import Kernel
import OAuthCore

/// What the checks of an authorization request look at.
struct AuthorizeFacts: Sendable {
    let form: Form
    let client: InboundProfile.Client
    /// What was asked for; all the client may have if nothing was (RFC 6749 section 3.3).
    let scope: ScopeSet
    let prompt: ScopeSet
    let maxAge: Int64?

    init(form: Form, client: InboundProfile.Client) {
        self.form = form
        self.client = client
        scope = form.scopes("scope") ?? client.scopes
        prompt = form.scopes("prompt") ?? ScopeSet()
        maxAge = form.present("max_age").flatMap { Int64($0) }
    }

    /// One thing that must be so; the test returns the refusal.
    struct Check: Sendable {
        /// The rule that can be turned off, if it is one.
        let rule: Rule?
        let test: @Sendable (AuthorizeFacts) -> OAuthError?
        init(_ rule: Rule? = nil, _ test: @escaping @Sendable (AuthorizeFacts) -> OAuthError?) {
            self.rule = rule
            self.test = test
        }
    }

    /// In this order; the first refusal counts.
    static let checks: [Check] = [
        Check { $0.repeated }, Check { $0.responseType }, Check { $0.grantType }, Check { $0.requestObject },
        Check { $0.legalScope }, Check(.inboundScopeLimit) { $0.allowedScope },
        Check(.inboundPKCERequired) { $0.challengePresent }, Check { $0.challengeMethod }, Check { $0.challengeForm },
        Check { $0.promptAndAge },
    ]

    /// RFC 6749 section 3.1: no parameter twice.
    private var repeated: OAuthError? {
        guard let name = form.repeatedParameter else { return nil }
        return OAuthError(.invalidRequest, "\(name) stands more than once.")
    }

    private var responseType: OAuthError? {
        switch form.present("response_type") {
        case nil: OAuthError(.invalidRequest, "response_type is missing.")
        case "code": nil
        // RFC 9700 section 2.1.2: no token in a redirect.
        case _?: OAuthError(.unsupportedResponseType, "Only response_type=code is supported.")
        }
    }

    private var grantType: OAuthError? {
        client.grantTypes.contains("authorization_code")
            ? nil : OAuthError(.unauthorizedClient, "The client may not use this grant.")
    }

    /// OpenID Connect Core section 6: neither form of request object is supported.
    private var requestObject: OAuthError? {
        if form.present("request") != nil { return OAuthError(.requestNotSupported) }
        if form.present("request_uri") != nil { return OAuthError(.requestURINotSupported) }
        return nil
    }

    private var legalScope: OAuthError? {
        scope.names.allSatisfy(ScopeSet.isLegal) ? nil : OAuthError(.invalidScope, "The scope has illegal characters.")
    }

    private var allowedScope: OAuthError? {
        scope.isSubset(of: client.scopes)
            ? nil : OAuthError(.invalidScope, "The scope is not allowed for this client.")
    }

    /// RFC 7636 section 4.4.1 and RFC 9700 section 2.1.1.
    private var challengePresent: OAuthError? {
        guard client.isPublic, form.present("code_challenge") == nil else { return nil }
        return OAuthError(.invalidRequest, "code challenge required")
    }

    /// RFC 7636 section 4.3: a missing method means `plain`, and that is not supported.
    private var challengeMethod: OAuthError? {
        guard form.present("code_challenge") != nil || form.present("code_challenge_method") != nil else { return nil }
        guard form.present("code_challenge_method") != "S256" else { return nil }
        return OAuthError(.invalidRequest, "transform algorithm not supported")
    }

    private var challengeForm: OAuthError? {
        guard let challenge = form.present("code_challenge"), !PKCE.isLegal(challenge: challenge) else { return nil }
        return OAuthError(.invalidRequest, "code_challenge is not a SHA-256 digest in base64url.")
    }

    /// OpenID Connect Core section 3.1.2.1: `none` stands alone.
    private var promptAndAge: OAuthError? {
        if prompt.contains("none"), prompt.names.count > 1 {
            return OAuthError(.invalidRequest, "prompt=none stands alone.")
        }
        guard form.present("max_age") != nil else { return nil }
        guard let maxAge, (0...1_000_000_000).contains(maxAge) else {
            return OAuthError(.invalidRequest, "max_age is no number of seconds.")
        }
        return nil
    }
}
