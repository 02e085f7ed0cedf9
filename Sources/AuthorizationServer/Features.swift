import Kernel
import OAuthCore

/// What a vendor's server offers beyond authorization and token endpoint. A file that does not name a part has none.
struct Features: Sendable, Hashable {
    let registration: Registration?
    /// Whether a client id may be the URL of a client's metadata (draft-ietf-oauth-client-id-metadata-document).
    let readsClientDocuments: Bool
    let revocation: String?
    let introspection: String?
    let device: Device?
    let pushedRequests: PushedRequests?
    let resources: Resources
    /// The resources there are, where they have to be known.
    let knownResources: [String]
    /// The refusal that every authorization request ends in; nil where the server works (`6749-13`).
    let authorizationFails: VendorProfile.Refusal?
    /// Members of the metadata that are other than the server is (`Q10`).
    let metadata: JSONObject
    let clientAuthentication: [ClientMethod]
    let clientCredentials: Bool
    /// Parameters an authorization request must have; a value that is not empty must be that one.
    let requiredParameters: [JSONObject.Member]
    /// Status of an answer to a method the path does not have: 405, or GitHub's 404.
    let otherMethodStatus: Int
    /// Status of the page for a client that is missing or unknown.
    let unknownClientPage: Int
    /// Whether the first of several callbacks stands in for a redirect URI that is missing (RFC 6749 section 3.1.2.3).
    let firstCallbackIsDefault: Bool
    /// Whether `prompt=consent` shows the consent page again.
    let honoursConsentPrompt: Bool
    /// Whether nobody is redirected to a client with an error before signing in (RFC 9700 section 4.11.2).
    let signsInBeforeErrors: Bool
    /// Parameter that names the scopes; Slack has one of its own for users.
    let scopeParameter: String
    /// Which unknown decides what becomes of a parameter that stands twice.
    let repeatedParameter: Unknown
    let oauthApps: OAuthApps
    let openID: OpenID?

    /// What `resource` does.
    enum Resources: String, Sendable, CaseIterable {
        /// As any unknown parameter.
        case ignored
        /// It restricts a token's audience (RFC 8707).
        case restricted
        /// It has to be known and may not stand beside scopes (`Q28`).
        case known
    }

    var restrictsAudience: Bool { resources == .restricted }

    /// Dynamic client registration (RFC 7591).
    struct Registration: Sendable, Hashable {
        let endpoint: String
        /// Who registers a client must have it; nil where everybody may.
        let initialAccessToken: Secret?
    }

    /// What may be registered for an OAuth app; a GitHub App has every setting.
    struct OAuthApps: Sendable, Hashable {
        /// Whether its tokens may be made to end (`Q7`).
        let mayExpire: Bool
        /// Whether it has one callback alone, in wildcard mode, and no flag for that (`Q9`).
        let haveOneWildcard: Bool

        /// Whether an application may have several callbacks.
        func allowsSeveralCallbacks(of application: ApplicationRecord) -> Bool {
            application.kind != .oauthApp || !haveOneWildcard
        }
    }

    /// What a vendor's metadata say of ID tokens (OpenID Connect Discovery section 3). None are issued here: the set of
    /// keys is empty.
    struct OpenID: Sendable, Hashable {
        let keys: String
        /// `public` or `pairwise`.
        let subjects: String
    }

    /// The device flow (RFC 8628).
    struct Device: Sendable, Hashable {
        let endpoint: String
        let page: String
        let lifetime: Span
        let interval: Span
        /// Whether the answer has a URL with the user's code in it.
        let hasCompleteURL: Bool
        /// Status of a refusal of the first request.
        let errorStatus: Int?
        /// Whether a client that has a secret proves itself here too, as RFC 8628 section 3.1 has it; else it may.
        let authenticatesClients: Bool
    }

    /// Pushed authorization requests (RFC 9126).
    struct PushedRequests: Sendable, Hashable {
        let endpoint: String
        let lifetime: Span
        let areRequired: Bool
        /// Longest body, in bytes. RFC 9126 section 2.3 leaves this bound and the next to the server: ours are 65,536
        /// and 1,000 where a profile names none.
        let longest: Int
        /// How many of one client in an hour.
        let perHour: Int
    }
}

/// How a client shows the token endpoint who it is: `token_endpoint_auth_method` of RFC 7591 section 2.
enum ClientMethod: String, Hashable, Sendable, Codable, CaseIterable {
    case basic = "client_secret_basic"
    case post = "client_secret_post"
    case privateKeyJWT = "private_key_jwt"
    case none
}

/// How the token endpoint's answers look at this vendor.
struct AnswerShape: Sendable, Hashable {
    let tokenType: String
    let scope: ScopeForm
    let hasExpiry: Bool
    let hasRefreshExpiry: Bool
    /// Name of the member that holds the token, beside the others; nil where it stands at the top.
    let nested: String?
    /// Further members of each success and of each refusal.
    let extra: JSONObject
    let errorExtra: JSONObject

    enum ScopeForm: String, Sendable, CaseIterable {
        case text
        case list
        case none
    }
}

/// When access tokens end and refresh tokens are given.
struct TokenLives: Sendable, Hashable {
    let expiry: Expiry
    let refreshToken: RefreshToken
    let rotation: Rotation
    /// `access_type=offline`: a parameter of the authorization request by which a client asks for a refresh token.
    let offlineParameter: JSONObject.Member?
    /// Whether a refresh token is given only where the user was really asked.
    let isOfflineOnlyWithConsent: Bool
    let hasFamilyRevocation: Bool

    enum Expiry: String, Sendable, CaseIterable {
        /// As each application is registered.
        case application
        case always
        case never
    }

    enum RefreshToken: String, Sendable, CaseIterable {
        /// With every token that expires.
        case expiring
        /// Only where the client asked for it by scope or parameter.
        case offline
        case never
    }

    enum Rotation: String, Sendable, CaseIterable {
        /// A refresh ends the old refresh token and gives a new one.
        case rotate
        /// The refresh token stays good and the answer has it again, or leaves it out.
        case `repeat`
        case omit
    }
}

extension Features {
    static let members = [
        "registration", "clientDocuments", "revocation", "introspection", "device", "pushedRequests", "resources",
        "clientAuthentication", "clientCredentials", "requiredParameters", "otherMethodStatus", "unknownClientPage",
        "missingRedirectURI", "answer", "consentPrompt", "scopeParameter", "knownResources", "authorizationFails",
        "metadata", "signInBeforeErrors", "repeatedParameter", "oauthApps", "openID",
    ]

    private enum Repeated: String, CaseIterable {
        case github = "github.repeatedParameter"
        case vendors = "vendors.repeatedParameter"
    }

    private enum Failure: String, CaseIterable {
        case never
        case serverError = "server_error"
        case temporarilyUnavailable = "temporarily_unavailable"
    }

    private enum Missing: String, CaseIterable {
        case first
        case only
    }

    init(_ reader: ProfileReader) throws(VendorProfileProblem) {
        registration = try Registration(reader)
        readsClientDocuments = try reader.flag("clientDocuments", or: false)
        revocation = try reader.optionalText("revocation")
        introspection = try reader.optionalText("introspection")
        device = try Device(reader)
        pushedRequests = try PushedRequests(reader)
        resources = try reader.choice("resources", or: .ignored)
        knownResources = reader["knownResources"] == nil ? [] : try reader.texts("knownResources")
        metadata = reader["metadata"]?.object ?? [:]
        authorizationFails =
            switch try reader.choice("authorizationFails", or: Failure.never) {
            case .never: nil
            case .serverError: .serverError
            case .temporarilyUnavailable: .temporarilyUnavailable
            }
        clientAuthentication =
            reader["clientAuthentication"] == nil
            ? [.post, .basic, .privateKeyJWT, .none] : try reader.choices("clientAuthentication")
        clientCredentials = try reader.flag("clientCredentials", or: false)
        requiredParameters = reader["requiredParameters"]?.object?.members ?? []
        otherMethodStatus = try reader.number("otherMethodStatus", or: 404)
        unknownClientPage = try reader.number("unknownClientPage", or: 404)
        firstCallbackIsDefault = try reader.choice("missingRedirectURI", or: Missing.first) == .first
        honoursConsentPrompt = try reader.flag("consentPrompt", or: false)
        signsInBeforeErrors = try reader.flag("signInBeforeErrors", or: false)
        scopeParameter = try reader.optionalText("scopeParameter") ?? "scope"
        repeatedParameter =
            switch try reader.choice("repeatedParameter", or: Repeated.vendors) {
            case .github: .repeatedParameter
            case .vendors: .vendorRepeatedParameter
            }
        let apps = try reader.optionalPart("oauthApps")
        try apps.allows(["mayExpire", "oneWildcardCallback"])
        oauthApps = OAuthApps(
            mayExpire: try apps.flag("mayExpire", or: true),
            haveOneWildcard: try apps.flag("oneWildcardCallback", or: false))
        openID = try OpenID(reader)
    }
}

extension Features.Registration {
    fileprivate init?(_ reader: ProfileReader) throws(VendorProfileProblem) {
        guard reader["registration"] != nil else { return nil }
        let part = try reader.part("registration")
        try part.allows(["endpoint", "initialAccessToken"])
        self.init(
            endpoint: try part.text("endpoint"),
            initialAccessToken: try part.optionalText("initialAccessToken").map { Secret($0) })
    }
}

extension Features.OpenID {
    private enum Subjects: String, CaseIterable {
        case `public`
        case pairwise
    }

    fileprivate init?(_ reader: ProfileReader) throws(VendorProfileProblem) {
        guard reader["openID"] != nil else { return nil }
        let part = try reader.part("openID")
        try part.allows(["keys", "subjects"])
        self.init(
            keys: try part.text("keys"), subjects: try part.choice("subjects", or: Subjects.public).rawValue)
    }
}

extension Features.Device {
    fileprivate init?(_ reader: ProfileReader) throws(VendorProfileProblem) {
        guard reader["device"] != nil else { return nil }
        let part = try reader.part("device")
        try part.allows([
            "endpoint", "page", "lifetimeSeconds", "intervalSeconds", "completeURL", "errorStatus", "authenticated",
        ])
        self.init(
            endpoint: try part.text("endpoint"), page: try part.text("page"),
            lifetime: .seconds(try part.number("lifetimeSeconds")),
            interval: .seconds(try part.number("intervalSeconds")), hasCompleteURL: try part.flag("completeURL"),
            errorStatus: part["errorStatus"]?.int.map { Int($0) },
            authenticatesClients: try part.flag("authenticated", or: false))
    }
}

extension Features.PushedRequests {
    fileprivate init?(_ reader: ProfileReader) throws(VendorProfileProblem) {
        guard reader["pushedRequests"] != nil else { return nil }
        let part = try reader.part("pushedRequests")
        try part.allows(["endpoint", "lifetimeSeconds", "required", "longestBytes", "perHour"])
        self.init(
            endpoint: try part.text("endpoint"), lifetime: .seconds(try part.number("lifetimeSeconds")),
            areRequired: try part.flag("required"), longest: try part.number("longestBytes", or: 65_536),
            perHour: try part.number("perHour", or: 1000))
    }
}

extension AnswerShape {
    /// What is not named is as at GitHub.
    init(_ reader: ProfileReader) throws(VendorProfileProblem) {
        let part = try reader.optionalPart("answer")
        try part.allows(["tokenType", "scope", "expiresIn", "refreshExpiresIn", "nested", "extra", "errorExtra"])
        tokenType = try part.optionalText("tokenType") ?? "bearer"
        scope = try part.choice("scope", or: .text)
        hasExpiry = try part.flag("expiresIn", or: true)
        hasRefreshExpiry = try part.flag("refreshExpiresIn", or: true)
        nested = try part.optionalText("nested")
        extra = part["extra"]?.object ?? [:]
        errorExtra = part["errorExtra"]?.object ?? [:]
    }
}

extension TokenLives {
    /// `reader` is of the profile's `tokens`.
    init(_ reader: ProfileReader, replayRevokes: Bool) throws(VendorProfileProblem) {
        expiry = try reader.choice("expire", or: .application)
        refreshToken = try reader.choice("refreshToken", or: .expiring)
        rotation = try reader.choice("rotation", or: .rotate)
        offlineParameter = reader["offlineParameter"]?.object?.members.first
        isOfflineOnlyWithConsent = try reader.flag("offlineOnlyWithConsent", or: false)
        hasFamilyRevocation = try reader.flag("familyRevocation", or: replayRevokes)
    }
}
