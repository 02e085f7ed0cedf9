import Kernel
import OAuthCore

// What a token that somebody presents is, and whom it is about. A user pool's tokens say what they are for; of other
// vendors' the provider knows which it issued as access tokens.
extension InboundProvider {
    /// The key of an access token's record. A user pool's token has a name of its own; another vendor's may have none,
    /// and is known by all that it is.
    func accessID(of token: String, _ claims: JSONObject) -> AccessRecord.ID {
        guard claims["token_use"] != nil, let jti = claims["jti"]?.string else { return .init(tokenID(token)) }
        return .init(jti)
    }

    /// nil for what was never issued here as an access token.
    func accessRecord(of token: String, _ claims: JSONObject) throws -> AccessRecord? {
        try world.store.write { $0.find(AccessRecord.self, accessID(of: token, claims)) }
    }

    /// What an ID token came of: a user pool's says so, of other vendors' a record does.
    func grant(ofIdentity token: String, _ claims: JSONObject) throws -> GrantID? {
        if let grant = claims["origin_jti"]?.string { return GrantID(grant) }
        return try world.store.write { $0.find(IdentityRecord.self, .init(tokenID(token)))?.grant }
    }

    func isAccess(_ claims: JSONObject, _ record: AccessRecord?) -> Bool {
        guard let use = claims["token_use"] else { return record != nil }
        return use == "access"
    }

    /// OpenID Connect Core section 2: the audience of an ID token is a client.
    func isIdentity(_ claims: JSONObject, _ record: AccessRecord?) -> Bool {
        if let use = claims["token_use"] { return use == "id" }
        guard record == nil, claims["iss"] == .string(issuer), let client = claims["aud"]?.string else { return false }
        return self.client(id: client) != nil
    }

    /// Whom a token is about, whatever its shape calls them; nil for a client's own.
    func user(of claims: JSONObject) -> UserDirectory.User? {
        guard let subject = claims["sub"] else { return nil }
        guard profile.tokens.user != nil else { return directory.user(subject: subject.string ?? "") }
        return directory.users.first { user in
            let facts = facts(
                client: claims["aud"]?.string ?? "", ScopeSet(), "", user, subject: .string(user.subject))
            return profile.tokens.claims(forUser: true, facts: facts)?["sub"] == subject
                || profile.tokens.subject(facts) == subject
        }
    }
}
