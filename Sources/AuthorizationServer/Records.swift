import Kernel
import OAuthCore

/// Something that is found by a secret a browser or a client brings. Kept under the secret's name, compared in full.
protocol SecretRecord: Record where ID == Identifier<Self> {
    var value: Secret { get }
}

extension SecretRecord {
    var id: ID { ID(tokenID(value.exposed)) }
}

extension Transaction {
    /// The record whose secret this is.
    mutating func find<R: SecretRecord>(_ type: R.Type, holding secret: String) -> R? {
        guard let record = find(type, Identifier(tokenID(secret))) else { return nil }
        return constantTimeEqual(record.value.exposed, secret) ? record : nil
    }
}

/// A browser that this server knows: by its `gh-session` cookie, signed in or not.
struct SessionRecord: SecretRecord {
    static let collection = "authorization-server.sessions"
    let value: Secret
    /// Name of the signed-in user.
    var user: String?
}

/// A page with a form that a browser was shown: its hidden token, and what became of it.
struct PageRecord: SecretRecord {
    static let collection = "authorization-server.pages"
    let value: Secret
    let session: Identifier<SessionRecord>
    /// What the page asks about: the query of an authorization request; empty for other pages.
    let subject: String
    /// Where the browser was sent after its decision.
    var answer: String?
    /// The code in that answer.
    var code: Identifier<CodeRecord>?
}

/// What a user allowed an application, over all its authorizations.
struct GrantRecord: Record {
    static let collection = "authorization-server.grants"
    let id: Identifier<GrantRecord>
    let client: String
    let user: String
    var scopes: ScopeSet
    let created: Instant

    static func id(client: String, user: String) -> Identifier<GrantRecord> { Identifier("\(client) \(user)") }
}

/// An authorization code and what it will be exchanged for.
struct CodeRecord: SecretRecord {
    static let collection = "authorization-server.codes"
    let value: Secret
    let client: String
    let user: String
    let scopes: ScopeSet
    /// Where the code was sent.
    let redirectURI: String
    /// Whether the request named it; else it was the application's first one.
    let namedRedirectURI: Bool
    let challenge: String?
    /// What its tokens are for (RFC 8707); nil for anything.
    var resources: [String]?
    /// Whether the client asked for a refresh token.
    var isOffline: Bool?
    let expires: Instant
    var state: AuthorizationCodeMachine.State
    var keys: [RecordKey] { [RecordKey("grant", GrantRecord.id(client: client, user: user).rawValue)] }
}

/// An access token.
struct AccessTokenRecord: SecretRecord {
    static let collection = "authorization-server.access-tokens"
    let value: Secret
    let client: String
    let kind: ApplicationRecord.Kind
    let user: String
    let scopes: ScopeSet
    let created: Instant
    /// nil for a token without end.
    let expires: Instant?
    /// The code at the root of its line.
    let code: Identifier<CodeRecord>
    let family: Identifier<RefreshFamilyRecord>?
    /// Whom it is for (RFC 8707 section 2); nil for anybody.
    var audience: [String]?
    /// Account the token's application is installed at, for a token that acts for no user.
    var installation: Int64?
    /// What a scoped user token was cut down to.
    var restriction: JSONObject?
    var isRevoked = false
    /// Only live tokens can be found by their grant: dead ones are many and nobody looks for them there.
    var keys: [RecordKey] {
        isRevoked ? [] : [RecordKey("grant", GrantRecord.id(client: client, user: user).rawValue)]
    }
}

/// A line of refresh tokens that began with one code.
struct RefreshFamilyRecord: Record {
    static let collection = "authorization-server.refresh-families"
    let id: Identifier<RefreshFamilyRecord>
    let client: String
    let user: String
    let code: Identifier<CodeRecord>
    var resources: [String]?
    var state: RefreshTokenMachine.State
    /// The one good refresh token and the access token that came with it.
    var refreshToken: Identifier<RefreshTokenRecord>
    var accessToken: Identifier<AccessTokenRecord>
    var keys: [RecordKey] { [RecordKey("grant", GrantRecord.id(client: client, user: user).rawValue)] }
}

/// One refresh token of a family.
struct RefreshTokenRecord: SecretRecord {
    static let collection = "authorization-server.refresh-tokens"
    let value: Secret
    let family: Identifier<RefreshFamilyRecord>
    let generation: Int
}
