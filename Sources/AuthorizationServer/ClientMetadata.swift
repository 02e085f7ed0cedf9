import Kernel
import OAuthCore

/// How a client came to be registered without anybody's hands.
struct ClientRegistration: Hashable, Sendable, Codable {
    let issuedAt: Instant
    /// With which a client reads and changes its own registration (RFC 7592); nil for one that is a document.
    var accessToken: Secret?
    /// Until when a fetched document counts; nil for a client that registered itself.
    var freshUntil: Instant?
    /// What the client said of itself.
    var metadata: JSONObject
}

/// A client's description of itself: RFC 7591 section 2, the same in a registration and in a document.
struct ClientMetadata {
    let json: JSONObject
    let name: String
    let callbacks: [ApplicationRecord.Callback]
    let method: ClientMethod
    let keys: JSONValue?
    let keysURL: String?

    /// Members that are kept and told again; others are ignored (section 2).
    private static let known = [
        "redirect_uris", "token_endpoint_auth_method", "grant_types", "response_types", "client_name", "client_uri",
        "logo_uri", "scope", "contacts", "tos_uri", "policy_uri", "jwks_uri", "jwks", "software_id",
        "software_version", "application_type",
    ]

    private static let textMembers = [
        "client_name", "client_uri", "logo_uri", "scope", "tos_uri", "policy_uri", "jwks_uri", "software_id",
        "software_version", "application_type",
    ]

    static let knownGrants = [
        "authorization_code", "refresh_token", "client_credentials", AuthorizationServer.deviceGrant,
    ]

    /// - Throws: `invalid_redirect_uri` or `invalid_client_metadata` (RFC 7591 section 3.2.2).
    init(_ json: JSONObject, standard: ClientMethod, _ server: AuthorizationServer, in transaction: inout Transaction)
        throws(ExchangeRefusal)
    {
        // `7591-03`: this server trusts nobody's statements.
        if let statement = json["software_statement"] {
            let isToken = statement.string.flatMap(DecodedToken.init) != nil
            throw ExchangeRefusal(isToken ? .unapprovedSoftwareStatement : .invalidSoftwareStatement)
        }
        try Self.checkTypes(json)
        let grants = try Self.texts(json["grant_types"]) ?? ["authorization_code"]
        guard grants.allSatisfy(Self.knownGrants.contains),
            try (Self.texts(json["response_types"]) ?? ["code"]).allSatisfy({ $0 == "code" })
        else { throw ExchangeRefusal(.invalidClientMetadata) }
        let uris = try Self.texts(json["redirect_uris"]) ?? []
        if grants.contains("authorization_code"), uris.isEmpty { throw ExchangeRefusal(.invalidRedirectURI) }
        guard uris.count <= ApplicationRecord.mostCallbacks else { throw ExchangeRefusal(.invalidRedirectURI) }
        for uri in uris where !Self.isLegal(uri) {
            guard !server.world.switches.holds(.legalRedirectURIs), URLParts(uri) != nil else {
                server.note(
                    .legalRedirectURIs, "a redirect URI leads over an open wire or to no page",
                    in: &transaction)
                throw ExchangeRefusal(.invalidRedirectURI)
            }
        }
        let named = json["token_endpoint_auth_method"]?.string
        guard json["token_endpoint_auth_method"] == nil || named != nil,
            let method = named.map({ ClientMethod(rawValue: $0) }) ?? standard,
            server.profile.features.clientAuthentication.contains(method)
        else { throw ExchangeRefusal(.invalidClientMetadata) }
        keys = json["jwks"]
        keysURL = json["jwks_uri"]?.string
        // RFC 7591 section 2: not both; and who signs needs one of them.
        guard keys == nil || keysURL == nil, method != .privateKeyJWT || keys != nil || keysURL != nil,
            keys.map(Self.arePublic) ?? true
        else { throw ExchangeRefusal(.invalidClientMetadata) }
        self.method = method
        callbacks = uris.map { .init(url: $0, wildcard: false) }
        name = json["client_name"]?.string ?? "A client without a name"
        var kept = JSONObject()
        for member in json.members where Self.known.contains(member.name) { kept.append(member.name, member.value) }
        kept["token_endpoint_auth_method"] = .string(method.rawValue)
        kept["grant_types"] = .strings(grants)
        kept["response_types"] = kept["response_types"] ?? ["code"]
        self.json = kept
    }

    /// `registered-redirect-uris-legal`: https, http on this machine alone (RFC 8252 section 7.3), or a scheme that an
    /// app owns, which has a dot in it (section 7.1).
    private static func isLegal(_ uri: String) -> Bool {
        guard let parts = RedirectURIMatch.legal(uri) else { return false }
        switch parts.scheme {
        case "https": return true
        case "http": return parts.isLoopback
        default: return parts.scheme.utf8.contains(UInt8(ascii: "."))
        }
    }

    /// RFC 7591 section 2: a key set of public keys. One with a private or symmetric member gave its secret away.
    private static func arePublic(_ keys: JSONValue) -> Bool {
        keys["keys"]?.array?.allSatisfy { $0["d"] == nil && $0["k"] == nil } ?? false
    }

    /// RFC 7591 section 2 says of each member what it is.
    private static func checkTypes(_ json: JSONObject) throws(ExchangeRefusal) {
        _ = try texts(json["contacts"])
        for name in textMembers {
            guard json[name] == nil || json[name]?.string != nil else {
                throw ExchangeRefusal(.invalidClientMetadata)
            }
        }
    }

    private static func texts(_ value: JSONValue?) throws(ExchangeRefusal) -> [String]? {
        guard let value else { return nil }
        guard let texts = value.strings else { throw ExchangeRefusal(.invalidClientMetadata) }
        return texts
    }

    /// The client as a record; `secret` counts only for the two methods that use it.
    func application(_ id: String, secret: Secret, _ registration: ClientRegistration) -> ApplicationRecord {
        var result = ApplicationRecord(clientID: id)
        result.name = name
        result.secret = secret
        result.callbacks = callbacks
        result.method = method
        result.keys = keys
        result.keysURL = keysURL
        result.registration = registration
        return result
    }
}
