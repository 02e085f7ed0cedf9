package import Kernel

/// How one vendor's authorization server differs from the next: data, read from `mocks/vendors/*.yaml`.
///
/// Each member is one quirk. The server asks the profile, never for a vendor's name.
package struct VendorProfile: Sendable, Hashable {
    package let vendor: String
    /// Which of the file's profiles this is.
    package let name: String
    /// The file it was read from.
    let source: JSONValue
    /// The issuer is the server's origin plus this path.
    package let issuerPath: String
    let endpoints: Endpoints
    /// Whether the two metadata documents are answered.
    let servesDiscovery: Bool
    /// `iss` in authorization responses (RFC 9207).
    let sendsIssuer: Bool
    /// Whether `response_type` and `grant_type` are required, nothing may stand twice at the token endpoint, and the
    /// client hears of what stands twice at the other.
    let hasStrictParameters: Bool
    let proofKey: ProofKey
    let codeLifetime: Span
    /// Whether an unknown scope is an error; else it is dropped without a word.
    let refusesUnknownScopes: Bool
    /// Status of a refusal at the token endpoint unless its own text says otherwise.
    let tokenErrorStatus: Int
    /// Answer of the token endpoint when `Accept` names neither JSON nor XML.
    let responseFormat: ResponseFormat
    /// Between the scopes of a token response.
    let scopeSeparator: String
    /// In which order the token endpoint looks: what a prober learns first.
    let tokenChecks: [TokenCheck]
    /// Whether client credentials are also taken from the query (RFC 6749 section 2.3.1 forbids it).
    let readsCredentialsInQuery: Bool
    /// Whether the redirect URI must be repeated at the token endpoint (RFC 6749 section 4.1.3).
    let requiresRedirectURIAtToken: Bool
    /// Whether a used code that comes again revokes the tokens of its first use (RFC 6749 section 4.1.2).
    let replayRevokesTokens: Bool
    /// Users whose primary address is not verified.
    let unverifiedUsers: [String]
    let tokens: Tokens
    let api: APIShape
    let scopes: ScopeTree
    let features: Features
    let answers: AnswerShape
    let lives: TokenLives
    /// What every lab begins with.
    let applications: [ApplicationRecord]
    let routes = AuthorizationServer.Routes()
    private let refusals: [Refusal: RefusalText]

    /// Where people and clients ask.
    package var paths: [String] { [endpoints.authorize, endpoints.token, endpoints.signIn] }

    struct Endpoints: Sendable, Hashable {
        let authorize: String
        let token: String
        let signIn: String
        /// Pages where a user sees and revokes what an application may do: this plus `/CLIENT_ID`.
        let settings: String
    }

    enum ProofKey: String, Sendable, CaseIterable {
        case ignored
        case enforcedIfSent = "enforced-if-sent"
        case required
    }

    enum ResponseFormat: String, Sendable, CaseIterable {
        case form
        case json
    }

    /// One thing the token endpoint looks at for a code.
    enum TokenCheck: String, Sendable, CaseIterable {
        case clientKnown = "client-known"
        case clientSecret = "client-secret"
        case code
        case redirectURI = "redirect-uri"
        case codeVerifier = "code-verifier"
        case verifiedEmail = "verified-email"
    }

    struct Tokens: Sendable, Hashable {
        let prefixes: [ApplicationRecord.Kind: String]
        let refreshPrefix: String
        /// Life of an access token of an application whose tokens expire.
        let expiring: Span
        let refresh: Span
        /// How many live tokens one user, application and set of scopes may have.
        let perGrant: Int
        /// After how many tokens within an hour a user of an OAuth app is asked for consent again; nil for never.
        let perHour: Int?
        /// Scope by which an OAuth app asks for expiring tokens; nil where there is none.
        let offlineAccessScope: String?
    }

    /// Why the server refuses; the profile has the words for it.
    enum Refusal: String, Sendable, CaseIterable {
        case unknownClient = "unknown-client"
        case badCredentials = "bad-credentials"
        case badCode = "bad-code"
        case badVerifier = "bad-verifier"
        case redirectMismatch = "redirect-mismatch"
        case unverifiedEmail = "unverified-email"
        case badRefreshToken = "bad-refresh-token"
        case unsupportedGrant = "unsupported-grant"
        case invalidRequest = "invalid-request"
        case unsupportedResponseType = "unsupported-response-type"
        case invalidScope = "invalid-scope"
        case accessDenied = "access-denied"
        case applicationSuspended = "application-suspended"
        case unauthorizedClient = "unauthorized-client"
        case invalidTarget = "invalid-target"
        case badRequestURI = "bad-request-uri"
        case authorizationPending = "authorization-pending"
        case slowDown = "slow-down"
        case expiredToken = "expired-token"
        case badDeviceCode = "bad-device-code"
        case deviceFlowDisabled = "device-flow-disabled"
        case unsupportedTokenType = "unsupported-token-type"
        case foreignToken = "foreign-token"
        case invalidRedirectURI = "invalid-redirect-uri"
        case invalidClientMetadata = "invalid-client-metadata"
        case invalidSoftwareStatement = "invalid-software-statement"
        case unapprovedSoftwareStatement = "unapproved-software-statement"
        case serverError = "server-error"
        case temporarilyUnavailable = "temporarily-unavailable"
        case unknownResource = "unknown-resource"
        case resourceBesideScope = "resource-beside-scope"

        /// As the RFC has it, for a file without words of its own; nil for those every file must have words for.
        fileprivate var standard: RefusalText? {
            switch self {
            case .unauthorizedClient: RefusalText("unauthorized_client", "The client may not do this.")
            case .invalidTarget: RefusalText("invalid_target", "The resource is unknown, malformed or not granted.")
            case .badRequestURI: RefusalText("invalid_request_uri", "The request_uri is unknown, used or expired.")
            case .authorizationPending:
                RefusalText("authorization_pending", "The user has not decided yet.")
            case .slowDown: RefusalText("slow_down", "Poll less often: the interval is five seconds longer now.")
            case .expiredToken: RefusalText("expired_token", "The device code expired.")
            case .badDeviceCode: RefusalText("invalid_grant", "The device code is unknown or was used.")
            case .deviceFlowDisabled: RefusalText("unauthorized_client", "The client may not use the device flow.")
            case .unsupportedTokenType:
                RefusalText("unsupported_token_type", "Tokens of this type cannot be revoked.")
            case .foreignToken: RefusalText("unauthorized_client", "The token was issued to another client.")
            case .invalidRedirectURI: RefusalText("invalid_redirect_uri", "A redirect URI is not a legal one.")
            case .invalidClientMetadata:
                RefusalText("invalid_client_metadata", "The client's metadata is not acceptable.")
            case .invalidSoftwareStatement:
                RefusalText("invalid_software_statement", "The software statement is no signed token.")
            case .unapprovedSoftwareStatement:
                RefusalText("unapproved_software_statement", "Nobody whose statements count here made this one.")
            case .serverError: RefusalText("server_error", "The server could not go on.")
            case .temporarilyUnavailable:
                RefusalText("temporarily_unavailable", "The server has too much to do just now.")
            case .unknownResource: RefusalText("invalid_resource", "The resource is not known here.")
            case .resourceBesideScope: RefusalText("invalid_target", "The resource does not match the scopes.")
            default: nil
            }
        }
    }

    struct RefusalText: Sendable, Hashable {
        var status: Int?
        var error: String
        var description: String?
        var uri: String?
        /// Further members of a token endpoint's answer.
        var extra: JSONObject

        init(
            _ error: String, _ description: String? = nil, uri: String? = nil, status: Int? = nil,
            extra: JSONObject = [:]
        ) {
            self.status = status
            self.error = error
            self.description = description
            self.uri = uri
            self.extra = extra
        }
    }

    /// Client ids that the file registers.
    package var applicationIDs: [String] { applications.map(\.id.rawValue) }

    func text(of refusal: Refusal) -> RefusalText {
        refusals[refusal] ?? refusal.standard ?? RefusalText(refusal.rawValue)
    }
}

extension VendorProfile {
    /// Reads a vendor's file, with one of its `profiles`: nil takes the one it names itself.
    ///
    /// `changes` are members that outrank both.
    package init(
        json: JSONValue, profile: String? = nil, changes: JSONValue = [:]
    ) throws(VendorProfileProblem) {
        let chosen = profile ?? json["profile"]?.string ?? ""
        guard let overlay = json["profiles"]?[chosen] else {
            throw VendorProfileProblem("no profile named \"\(chosen)\"")
        }
        let reader = ProfileReader(
            overlaying(overlaying(json, with: overlay), with: changes), over: (chosen, overlay))
        try reader.allows(Self.members + Features.members)
        name = chosen
        source = json
        vendor = try reader.text("vendor")
        issuerPath = try reader.text("issuerPath")
        let endpoints = try reader.part("endpoints")
        try endpoints.allows(["authorize", "token", "signIn", "settings"])
        self.endpoints = Endpoints(
            authorize: try endpoints.text("authorize"), token: try endpoints.text("token"),
            signIn: try endpoints.text("signIn"), settings: try endpoints.text("settings"))
        servesDiscovery = try reader.flag("discovery")
        sendsIssuer = try reader.flag("issuerParameter")
        hasStrictParameters = try reader.flag("strictParameters")
        proofKey = try reader.choice("proofKey")
        codeLifetime = .seconds(try reader.number("codeLifetimeSeconds"))
        refusesUnknownScopes = try reader.choice("unknownScopes", as: UnknownScopes.self) == .refused
        tokenErrorStatus = Int(try reader.number("tokenErrorStatus"))
        responseFormat = try reader.choice("responseFormat")
        scopeSeparator = try reader.text("scopeSeparator")
        tokenChecks = try reader.choices("tokenChecks")
        readsCredentialsInQuery = try reader.flag("credentialsInQuery")
        requiresRedirectURIAtToken = try reader.flag("redirectURIRequiredAtToken")
        replayRevokesTokens = try reader.flag("replayRevokesTokens")
        unverifiedUsers = try reader.texts("unverifiedUsers")
        tokens = try Tokens(try reader.part("tokens"))
        lives = try TokenLives(try reader.part("tokens"), replayRevokes: replayRevokesTokens)
        features = try Features(reader)
        answers = try AnswerShape(reader)
        api = try APIShape(try reader.part("api"))
        scopes = try ScopeTree(try reader.part("scopes"))
        applications = try Self.applications(try reader.objects("apps"))
        refusals = try Self.refusals(try reader.part("errors"))
    }

    private static func applications(_ items: [JSONObject]) throws(VendorProfileProblem) -> [ApplicationRecord] {
        var result: [ApplicationRecord] = []
        for item in items {
            guard let clientID = item["clientId"]?.string else { throw VendorProfileProblem("an app needs a clientId") }
            do throws(ApplicationProblem) {
                result.append(try ApplicationRecord(clientID: clientID).merging(.object(item)))
            } catch {
                throw VendorProfileProblem("apps: \(clientID): \(error)")
            }
        }
        return result
    }

    private enum UnknownScopes: String, CaseIterable {
        case dropped
        case refused
    }

    private static let members = [
        "vendor", "profile", "profiles", "issuerPath", "endpoints", "discovery", "issuerParameter",
        "strictParameters", "proofKey", "codeLifetimeSeconds", "unknownScopes", "tokenErrorStatus",
        "responseFormat", "scopeSeparator", "tokenChecks", "credentialsInQuery", "redirectURIRequiredAtToken",
        "replayRevokesTokens", "unverifiedUsers", "tokens", "api", "errors", "scopes", "apps",
    ]

    private static func refusals(_ errors: ProfileReader) throws(VendorProfileProblem) -> [Refusal: RefusalText] {
        try errors.allows(Refusal.allCases.map(\.rawValue))
        var result: [Refusal: RefusalText] = [:]
        for refusal in Refusal.allCases where refusal.standard == nil || errors[refusal.rawValue] != nil {
            let part = try errors.part(refusal.rawValue)
            try part.allows(["status", "error", "description", "uri", "extra"])
            result[refusal] = RefusalText(
                try part.text("error"), part["description"]?.string, uri: part["uri"]?.string,
                status: part["status"]?.int.map { Int($0) }, extra: part["extra"]?.object ?? [:])
        }
        return result
    }
}

extension VendorProfile.Tokens {
    fileprivate init(_ reader: ProfileReader) throws(VendorProfileProblem) {
        try reader.allows([
            "prefixes", "expiringSeconds", "refreshSeconds", "perGrant", "perHour", "offlineAccessScope",
            // Of `TokenLives`.
            "expire", "refreshToken", "rotation", "offlineParameter", "offlineOnlyWithConsent", "familyRevocation",
        ])
        let prefixes = try reader.part("prefixes")
        try prefixes.allows(ApplicationRecord.Kind.allCases.map(\.rawValue) + ["refresh"])
        self.init(
            prefixes: [
                .oauthApp: try prefixes.text(ApplicationRecord.Kind.oauthApp.rawValue),
                .githubApp: try prefixes.text(ApplicationRecord.Kind.githubApp.rawValue),
            ],
            refreshPrefix: try prefixes.text("refresh"), expiring: .seconds(try reader.number("expiringSeconds")),
            refresh: .seconds(try reader.number("refreshSeconds")), perGrant: Int(try reader.number("perGrant")),
            perHour: reader["perHour"] == nil ? nil : Int(try reader.number("perHour")),
            offlineAccessScope: try reader.optionalText("offlineAccessScope"))
    }
}

/// Members of the overlay replace those below; objects are merged, null removes.
private func overlaying(_ base: JSONValue, with overlay: JSONValue) -> JSONValue {
    guard var result = base.object, let changes = overlay.object else { return overlay }
    for change in changes.members {
        if change.value.isNull {
            result[change.name] = nil
        } else {
            result[change.name] = overlaying(result[change.name] ?? .null, with: change.value)
        }
    }
    return .object(result)
}
