package import Kernel
package import OAuthCore

/// The inbound provider's data: its clients and how long what it issues lives.
///
/// ```
/// clients: [{clientId, secret?, redirectUris: [..], grantTypes: [..], scopes: [..], defaultScope?}]
/// lifetimes: {codeSeconds, accessTokenSeconds, idTokenSeconds, refreshTokenSeconds, sessionSeconds}
/// ```
/// A client without secret is public. In a redirect URI `{app}` and the names of the other parties stand for their
/// origins. Every lifetime has a default. `tokens` is for another vendor's tokens: see `TokenShape`;
/// `exchange` for another vendor's ways to exchange them: see `ExchangeShape`.
package struct InboundProfile: Hashable, Sendable {
    package struct Client: Hashable, Sendable {
        package let id: String
        package let secret: Secret?
        let redirectURIs: [String]
        package let grantTypes: [String]
        package let scopes: ScopeSet
        /// Whether client credentials without scope mean all of them, or are refused (`defaultScope: none`).
        var hasDefaultScope = true
        package var isPublic: Bool { secret == nil }
    }

    struct Lifetimes: Hashable, Sendable {
        let code: Span
        let accessToken: Span
        let idToken: Span
        let refreshToken: Span
        /// How long a browser stays signed in.
        let session: Span
    }

    package let clients: [Client]
    let lifetimes: Lifetimes
    let tokens: TokenShape
    let exchange: ExchangeShape
    let documents: ResponseMemo

    package init(json: JSONValue) throws {
        clients = try (json["clients"]?.array ?? []).map { item in
            guard let id = item["clientId"]?.string, let grants = item["grantTypes"]?.strings,
                let scopes = item["scopes"]?.strings
            else { throw MetadataFailure("a client needs clientId, grantTypes and scopes") }
            return Client(
                id: id, secret: item["secret"]?.string.map { Secret($0) },
                redirectURIs: item["redirectUris"]?.strings ?? [], grantTypes: grants, scopes: ScopeSet(scopes),
                hasDefaultScope: item["defaultScope"] != "none")
        }
        tokens = try TokenShape(json: json["tokens"])
        exchange = try ExchangeShape(json: json)
        documents = ResponseMemo()
        let given = json["lifetimes"]
        // RFC 6749 section 4.1.2: ten minutes at most for a code.
        lifetimes = Lifetimes(
            code: Self.span(given, "codeSeconds", 600), accessToken: Self.span(given, "accessTokenSeconds", 3600),
            idToken: Self.span(given, "idTokenSeconds", 3600),
            refreshToken: Self.span(given, "refreshTokenSeconds", 2_592_000),
            session: Self.span(given, "sessionSeconds", 3600))
    }

    private static func span(_ json: JSONValue?, _ name: String, _ standard: Int64) -> Span {
        let seconds = json?[name]?.int ?? standard
        return .seconds(min(max(seconds, 1), 10 * 366 * 86_400))
    }

    /// The profile with the origins of a world in its redirect URIs.
    func resolved(_ addresses: AddressBook) -> InboundProfile { InboundProfile(self, addresses) }

    private init(_ profile: InboundProfile, _ addresses: AddressBook) {
        (lifetimes, exchange, documents) = (profile.lifetimes, profile.exchange, profile.documents)
        tokens = profile.tokens.resolved(addresses)
        clients = profile.clients.map { client in
            Client(
                id: client.id, secret: client.secret, redirectURIs: client.redirectURIs.map(addresses.filled),
                grantTypes: client.grantTypes, scopes: client.scopes, hasDefaultScope: client.hasDefaultScope)
        }
    }

    /// Grants of the token endpoint, as the metadata tells them.
    var grants: [String] { ["authorization_code", "refresh_token", "client_credentials"] + exchange.grants }
    func client(_ id: String) -> Client? { clients.first { $0.id == id } }
    /// Every scope some client may ask for, in the order of the file.
    var scopes: ScopeSet { clients.reduce(ScopeSet()) { $0.union($1.scopes) } }
}
