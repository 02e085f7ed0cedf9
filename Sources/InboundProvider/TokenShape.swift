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

    init(json: JSONValue?) throws(MetadataFailure) {
        issuer = json?["issuer"]?.string
        discovery = json?["discovery"]?.string
        type = json?["type"]?.string
        user = json?["user"]
        machine = json?["machine"] ?? user
        guard user == nil || user?.object != nil, machine == nil || machine?.object != nil else {
            throw MetadataFailure("the claims of tokens must be a mapping")
        }
        guard discovery?.hasPrefix("/") != false else { throw MetadataFailure("discovery must be a path") }
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
