package import Kernel
package import OAuthCore

/// The inbound provider's data: its clients and how long what it issues lives.
///
/// ```
/// clients: [{clientId, secret?, redirectUris: [..], grantTypes: [..], scopes: [..], defaultScope?, audiences?}]
/// lifetimes: {codeSeconds, accessTokenSeconds, idTokenSeconds, refreshTokenSeconds, sessionSeconds}
/// ```
/// A client without secret is public. In a redirect URI `{app}` and the names of the other parties stand for their
/// origins. Every lifetime has a default. `tokens` is for another vendor's tokens: see `TokenShape`;
/// `exchange` for another vendor's ways to exchange them: see `ExchangeShape`.
package struct InboundProfile: Hashable, Sendable {
    package struct Client: Hashable, Sendable {
        package let id: String
        package let secret: Secret?
        package let redirectURIs: [String]
        package let grantTypes: [String]
        package let scopes: ScopeSet
        /// Whether client credentials without scope mean all of them, or are refused (`defaultScope: none`).
        var hasDefaultScope = true
        /// Audiences of the assertions it may redeem, besides the provider's own names (`assertion-audience`).
        var audiences: [String] = []
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

    package init(json: JSONValue) throws(DataMistake) {
        let node = DataNode(json)
        try node.expect("a profile of the inbound provider", ["clients", "lifetimes", "tokens", "exchange"])
        var clients: [Client] = []
        for item in try node["clients"]?.items() ?? [] { clients.append(try Client(item)) }
        self.clients = clients
        tokens = try TokenShape(node["tokens"])
        exchange = try ExchangeShape(node["exchange"])
        lifetimes = try Lifetimes(node["lifetimes"])
        documents = ResponseMemo()
    }

    /// The profile with the origins of a world in its redirect URIs.
    func resolved(_ addresses: AddressBook) -> InboundProfile { InboundProfile(self, addresses) }

    private init(_ profile: InboundProfile, _ addresses: AddressBook) {
        (lifetimes, exchange, documents) = (profile.lifetimes, profile.exchange, profile.documents)
        tokens = profile.tokens.resolved(addresses)
        clients = profile.clients.map { client in
            Client(
                id: client.id, secret: client.secret, redirectURIs: client.redirectURIs.map(addresses.filled),
                grantTypes: client.grantTypes, scopes: client.scopes, hasDefaultScope: client.hasDefaultScope,
                audiences: client.audiences)
        }
    }

    /// Grants of the token endpoint, as the metadata tells them.
    var grants: [String] { ["authorization_code", "refresh_token", "client_credentials"] + exchange.grants }
    func client(_ id: String) -> Client? { clients.first { areSame($0.id, id) } }
    /// Every scope some client may ask for, in the order of the file.
    var scopes: ScopeSet { clients.reduce(ScopeSet()) { $0.union($1.scopes) } }
}

extension InboundProfile.Client {
    fileprivate init(_ node: DataNode) throws(DataMistake) {
        try node.expect(
            "a client",
            ["clientId", "secret", "redirectUris", "grantTypes", "scopes", "defaultScope", "audiences"])
        id = try node.require("clientId", of: "a client").text()
        secret = try node["secret"].map { (secret) throws(DataMistake) in Secret(try secret.text()) }
        redirectURIs = try node["redirectUris"]?.texts() ?? []
        grantTypes = try node.require("grantTypes", of: "a client").texts()
        scopes = ScopeSet(try node.require("scopes", of: "a client").texts())
        hasDefaultScope = try node["defaultScope"]?.word(of: ["none", "all"]) != "none"
        audiences = try node["audiences"]?.texts() ?? []
    }
}

extension InboundProfile.Lifetimes {
    fileprivate init(_ node: DataNode?) throws(DataMistake) {
        let names = ["codeSeconds", "accessTokenSeconds", "idTokenSeconds", "refreshTokenSeconds", "sessionSeconds"]
        try node?.expect("lifetimes", names)
        /// From a second to ten years.
        func span(_ name: String, or standard: Int) throws(DataMistake) -> Span {
            .seconds(Int64(try node?[name]?.whole(1...10 * 366 * 86_400) ?? standard))
        }
        // RFC 6749 section 4.1.2: ten minutes at most for a code.
        code = try span("codeSeconds", or: 600)
        accessToken = try span("accessTokenSeconds", or: 3600)
        idToken = try span("idTokenSeconds", or: 3600)
        refreshToken = try span("refreshTokenSeconds", or: 2_592_000)
        session = try span("sessionSeconds", or: 3600)
    }
}
