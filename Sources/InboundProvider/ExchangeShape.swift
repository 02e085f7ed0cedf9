import Kernel
import OAuthCore

/// How this provider exchanges tokens on behalf of a user, as data.
///
/// ```
/// exchange:
///   grants: [urn:ietf:params:oauth:grant-type:jwt-bearer]  # of the two; without it both
///   requires: {audience: "", requested_token_use: on_behalf_of}  # a value that is not empty must be that one
///   audiences: [api://orders]        # what a token may be for; without it anything
///   interaction: {users: [bob], claims: '{"access_token":{}}'}   # who has to be asked first
/// ```
struct ExchangeShape: Hashable, Sendable {
    let grants: [String]
    let requires: [JSONObject.Member]
    let audiences: [String]?
    /// Users who have to prove more before anybody acts for them, and what the answer says they lack.
    let interactionUsers: [String]
    let interactionClaims: String

    init(_ node: DataNode?) throws(DataMistake) {
        try node?.expect("exchange", ["grants", "requires", "audiences", "interaction"])
        let known = [InboundProvider.tokenExchange, InboundProvider.jwtBearer]
        var grants: [String] = []
        for grant in try node?["grants"]?.items() ?? [] { grants.append(try grant.word(of: known)) }
        self.grants = node?["grants"] == nil ? known : grants
        requires = try node?["requires"]?.object().members ?? []
        audiences = try node?["audiences"]?.texts()
        let interaction = node?["interaction"]
        try interaction?.expect("interaction", ["users", "claims"])
        interactionUsers = try interaction?["users"]?.texts() ?? []
        interactionClaims = try interaction?["claims"]?.text() ?? "{}"
    }

    /// A parameter that this provider insists on and that is missing or another.
    func missing(in form: Form) -> String? {
        requires.first { required in
            let wanted = required.value.string ?? ""
            guard let sent = form.present(required.name) else { return true }
            return !wanted.isEmpty && sent != wanted
        }?.name
    }
}

/// The user has to be asked before anybody may act for them: `interaction_required` with what is wanted (`7523-05`).
struct InteractionRequired: Error {
    let claims: String

    var json: JSONValue {
        [
            "error": .string(OAuthError.Code.interactionRequired.rawValue),
            "error_description": "The user has to sign in again and prove more before a client may act for them.",
            "claims": .string(claims),
        ]
    }
}
