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

/// Something that is found by a secret and comes to an end; then the newest of its kind are kept.
protocol PassingSecretRecord: SecretRecord, PassingRecord {}

extension PassingSecretRecord {
    static var keptPast: Int { PastRecords.kept }
}

/// A browser that this server knows: by its `gh-session` cookie, signed in or not.
struct SessionRecord: PassingSecretRecord {
    static let collection = "authorization-server.sessions"
    /// How long it is known for sure.
    static let life = Span.minutes(24 * 60)
    let value: Secret
    /// Name of the signed-in user.
    var user: String?
    var until: Instant?
}

/// A page with a form that a browser was shown: its hidden token, and what became of it.
struct PageRecord: PassingSecretRecord {
    static let collection = "authorization-server.pages"
    /// How long its form is taken for sure.
    static let life = Span.minutes(60)
    let value: Secret
    let session: Identifier<SessionRecord>
    /// What the page asks about: the query of an authorization request; empty for other pages.
    let subject: String
    /// Where the browser was sent after its decision.
    var answer: String?
    /// The code in that answer.
    var code: Identifier<CodeRecord>?
    var until: Instant?
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
struct CodeRecord: PassingSecretRecord {
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
    /// When the last of its tokens ends that has an end: so long a second use has something to revoke.
    var tokensEnd: Instant?
    /// One of its tokens has no end.
    var isHeld: Bool?
    var until: Instant? { isUsed ? max(expires, tokensEnd ?? expires) : expires }
    var passing: RecordKey { .passing(isUsed ? "used codes" : "codes") }
    private var isUsed: Bool { if case .redeemed = state { true } else { false } }
    var keys: [RecordKey] {
        let grant = RecordKey("grant", GrantRecord.id(client: client, user: user).rawValue)
        return isHeld == true ? [grant] : [passing, grant]
    }
}

/// An access token.
struct AccessTokenRecord: PassingSecretRecord {
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
    var until: Instant? { isRevoked ? created : expires }
    /// Only live tokens can be found by their grant: dead ones are many and nobody looks for them there. One that lives
    /// and has no end is never let go.
    var keys: [RecordKey] {
        if isRevoked { return [passing] }
        let grant = RecordKey("grant", GrantRecord.id(client: client, user: user).rawValue)
        return expires == nil ? [grant] : [passing, grant]
    }
}

/// A line of refresh tokens that began with one code.
struct RefreshFamilyRecord: PassingRecord {
    static let collection = "authorization-server.refresh-families"
    static let keptPast = PastRecords.kept
    let id: Identifier<RefreshFamilyRecord>
    let client: String
    let user: String
    let code: Identifier<CodeRecord>
    var resources: [String]?
    var state: RefreshTokenMachine.State
    /// The one good refresh token and the access token that came with it.
    var refreshToken: Identifier<RefreshTokenRecord>
    var accessToken: Identifier<AccessTokenRecord>
    /// nil for one that is revoked: it is over.
    var until: Instant? { if case .active(let family) = state { family.expires } else { nil } }
    var keys: [RecordKey] {
        [passing, RecordKey("grant", GrantRecord.id(client: client, user: user).rawValue)]
    }
}

/// One refresh token of a family. A used one is known as long as it would have lived.
struct RefreshTokenRecord: PassingSecretRecord {
    static let collection = "authorization-server.refresh-tokens"
    let value: Secret
    let family: Identifier<RefreshFamilyRecord>
    let generation: Int
    var until: Instant?
    /// One of an older data file may live still, nobody knows how long.
    var keys: [RecordKey] { until == nil ? [] : [passing] }
}
