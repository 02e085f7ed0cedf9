import Kernel
import OAuthCore

/// What a vendor's tokens look like, as data; without it they are those of an Amazon Cognito user pool.
///
/// ```
/// tokens:
///   issuer: "{idp}/tenant/v2.0"      # as the vendor writes it, slash or not
///   discovery: /tenant/v2.0          # before /.well-known/…, besides the root
///   type: JWT                        # the header's typ
///   user: {sub: "auth0|${subject}", azp: "${client}", scope: "${scope}"}
///   machine: {…}                     # of a client that acts for itself
///   identity:                        # of an ID token, and of UserInfo: by the scope that asks for them
///     openid: {sub: "${subject}", at_hash: "${accessTokenHash}"}
///     profile: {name: "${name}"}
///     email: {email: "${email}", email_verified: true}
/// ```
/// The claims may name `subject`, `user`, `name`, `login`, `email`, `client`, `scope`, `scopes`, `jti` and `issuer`,
/// those of an ID token `accessTokenHash` too; `iss`, `iat` and `exp` are there always, in an ID token `aud`,
/// `auth_time` and a `nonce` that was sent as well. Without `identity` an ID token is as in the example, with the
/// `sub` of `user`.
struct TokenShape: Hashable, Sendable {
    let issuer: String?
    let discovery: String?
    let type: String?
    let user: JSONValue?
    let machine: JSONValue?
    /// Claims by scope (OpenID Connect Core section 5.4).
    private let identity: JSONObject

    init(_ node: DataNode?) throws(DataMistake) {
        try node?.expect("tokens", ["issuer", "discovery", "type", "user", "machine", "identity"])
        issuer = try node?["issuer"]?.text()
        discovery = try node?["discovery"].map { (path) throws(DataMistake) in
            guard try path.text().hasPrefix("/") else { throw path.mistake("discovery must be a path") }
            return try path.text()
        }
        type = try node?["type"]?.text()
        user = try node?["user"].map { (claims) throws(DataMistake) in .object(try claims.object()) }
        machine = try node?["machine"].map { (claims) throws(DataMistake) in .object(try claims.object()) } ?? user
        identity = try Self.identity(node?["identity"], of: user)
    }

    private static func identity(_ node: DataNode?, of user: JSONValue?) throws(DataMistake) -> JSONObject {
        guard let node else {
            return [
                "openid": ["sub": user?["sub"] ?? "${subject}", "at_hash": "${accessTokenHash}"],
                "profile": ["name": "${name}"], "email": ["email": "${email}", "email_verified": true],
            ]
        }
        for (_, claims) in try node.members() { _ = try claims.object() }
        _ = try node.require("openid", of: "identity").require("sub", of: "openid")
        guard user != nil else { throw node.mistake("identity goes with user: an ID token is of the same vendor") }
        return try node.object()
    }

    func resolved(_ addresses: AddressBook) -> TokenShape { TokenShape(self, addresses) }

    private init(_ shape: TokenShape, _ addresses: AddressBook) {
        issuer = shape.issuer.map(addresses.filled)
        (discovery, type, user, machine) = (shape.discovery, shape.type, shape.user, shape.machine)
        identity = shape.identity
    }

    /// The claims besides `iss`, `iat` and `exp`; nil where the vendor is Cognito.
    func claims(forUser: Bool, facts: @autoclosure () -> JSONValue) -> JSONObject? {
        guard let template = forUser ? user : machine else { return nil }
        return ValueTemplate(facts: facts()).filled(template)?.object
    }

    /// What an ID token says for these scopes, besides what every one says.
    func identity(_ scopes: [String], facts: JSONValue) -> JSONObject {
        let template = ValueTemplate(facts: facts)
        return scopes.reduce(into: JSONObject()) { claims, scope in
            guard let more = identity[scope].flatMap({ template.filled($0)?.object }) else { return }
            claims = claims.merging(more)
        }
    }

    /// `sub` of an ID token and of UserInfo, one and the same (`oidc-04`).
    func subject(_ facts: JSONValue) -> JSONValue? { identity(["openid"], facts: facts)["sub"] }

    /// Whether each client knows a user by another `sub` (OpenID Connect Core section 8).
    var isPairwise: Bool {
        user != nil && ValueTemplate.holes(in: identity["openid"]?["sub"]?.string ?? "").contains("client")
    }
}
