import Kernel
import OAuthCore

/// What a vendor's access tokens look like, as data; without it they are those of an Amazon Cognito user pool.
///
/// ```
/// tokens:
///   issuer: "{idp}/tenant/v2.0"      # as the vendor writes it, slash or not
///   discovery: /tenant/v2.0          # before /.well-known/…, besides the root
///   type: JWT                        # the header's typ
///   user: {sub: "auth0|${subject}", azp: "${client}", scope: "${scope}"}
///   machine: {…}                     # of a client that acts for itself
/// ```
/// The claims may name `subject`, `user`, `login`, `email`, `client`, `scope`, `scopes`, `jti` and `issuer`; `iss`,
/// `iat` and `exp` are there always.
struct TokenShape: Hashable, Sendable {
    let issuer: String?
    let discovery: String?
    let type: String?
    let user: JSONValue?
    let machine: JSONValue?

    init(_ node: DataNode?) throws(DataMistake) {
        try node?.expect("tokens", ["issuer", "discovery", "type", "user", "machine"])
        issuer = try node?["issuer"]?.text()
        discovery = try node?["discovery"].map { (path) throws(DataMistake) in
            guard try path.text().hasPrefix("/") else { throw path.mistake("discovery must be a path") }
            return try path.text()
        }
        type = try node?["type"]?.text()
        user = try node?["user"].map { (claims) throws(DataMistake) in .object(try claims.object()) }
        machine = try node?["machine"].map { (claims) throws(DataMistake) in .object(try claims.object()) } ?? user
    }

    func resolved(_ addresses: AddressBook) -> TokenShape { TokenShape(self, addresses) }

    private init(_ shape: TokenShape, _ addresses: AddressBook) {
        issuer = shape.issuer.map(addresses.filled)
        (discovery, type, user, machine) = (shape.discovery, shape.type, shape.user, shape.machine)
    }

    /// The claims besides `iss`, `iat` and `exp`; nil where the vendor is Cognito.
    func claims(forUser: Bool, facts: JSONValue) -> JSONObject? {
        guard let template = forUser ? user : machine else { return nil }
        return ValueTemplate(facts: facts).filled(template)?.object
    }
}
