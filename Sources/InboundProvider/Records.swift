import Kernel
import OAuthCore

enum SessionTag {}
enum FormTag {}
enum CodeTag {}
enum GrantTag {}
enum RefreshTag {}
enum AccessTag {}
typealias GrantID = Identifier<GrantTag>

/// A browser, signed in or on the way to it.
struct SessionRecord: Record {
    static let collection = "inbound-sessions"
    let id: Identifier<SessionTag>
    /// Name of the user; nil before the sign-in.
    let user: String?
    let signedInAt: Instant
}

/// A sign-in form that was shown: its hidden token, and where it leads.
struct FormRecord: Record {
    static let collection = "inbound-forms"
    let id: Identifier<FormTag>
    let session: Identifier<SessionTag>
    /// The authorization request as it came, to go on with.
    let query: String
    let expires: Instant
}

/// An authorization code.
struct CodeRecord: Record {
    static let collection = "inbound-codes"
    let id: Identifier<CodeTag>
    let grant: GrantID
    var state: AuthorizationCodeMachine.State
}

/// What one authorization gave to one client: the family of everything issued from it.
struct GrantRecord: Record {
    static let collection = "inbound-grants"
    /// `origin_jti` of its tokens.
    let id: GrantID
    let client: String
    let user: String
    let scope: ScopeSet
    let nonce: String?
    let authenticatedAt: Instant
    /// Journal name of the code it began with.
    let codeID: String
    /// nil until the code is redeemed.
    var refresh: RefreshTokenMachine.State?
    var isRevoked = false
}

/// A refresh token of a family.
struct RefreshRecord: Record {
    static let collection = "inbound-refresh-tokens"
    let id: Identifier<RefreshTag>
    let grant: GrantID
    let generation: Int
}

/// An access token, by its `jti`. The token itself is not kept.
struct AccessRecord: Record {
    static let collection = "inbound-access-tokens"
    let id: Identifier<AccessTag>
    let client: String
    /// nil for a token a client got for itself.
    let grant: GrantID?
    let tokenID: String
    var isRevoked = false
    var keys: [RecordKey] { grant.map { [RecordKey("grant", $0.rawValue)] } ?? [] }
}
