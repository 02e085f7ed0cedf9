import Kernel
import OAuthCore

enum SessionTag {}
enum FormTag {}
enum CodeTag {}
enum GrantTag {}
enum RefreshTag {}
enum AccessTag {}
enum IdentityTag {}
typealias GrantID = Identifier<GrantTag>

/// Something that comes to an end; then the newest of its kind are kept.
protocol EndingRecord: PassingRecord {}

extension EndingRecord {
    static var keptPast: Int { PastRecords.kept }
    /// One of an older data file may live still, nobody knows how long.
    var keys: [RecordKey] { until == nil ? [] : [passing] }
}

/// A browser, signed in or on the way to it.
struct SessionRecord: EndingRecord {
    static let collection = "inbound-sessions"
    let id: Identifier<SessionTag>
    /// Name of the user; nil before the sign-in.
    let user: String?
    let signedInAt: Instant
    var until: Instant?
}

/// A sign-in form that was shown: its hidden token, and where it leads. When it is over, its token is as unknown as any
/// other.
struct FormRecord: PassingRecord {
    static let collection = "inbound-forms"
    let id: Identifier<FormTag>
    let session: Identifier<SessionTag>
    /// The authorization request as it came, to go on with.
    let query: String
    let expires: Instant
    var until: Instant? { expires }
}

/// An authorization code.
struct CodeRecord: EndingRecord {
    static let collection = "inbound-codes"
    let id: Identifier<CodeTag>
    let grant: GrantID
    var state: AuthorizationCodeMachine.State
    /// As of its grant: so long a second use has something to revoke.
    var until: Instant?
    var passing: RecordKey {
        if case .redeemed = state { .passing("used codes") } else { .passing("codes") }
    }
}

/// What one authorization gave to one client: the family of everything issued from it.
struct GrantRecord: EndingRecord {
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
    /// Of the code, or once that was redeemed of the last access token that can come of it.
    var until: Instant?
    /// Whether the code was redeemed.
    var isUsed: Bool?
    var passing: RecordKey { .passing(isUsed == true ? "used grants" : "grants") }
}

/// A refresh token of a family.
struct RefreshRecord: EndingRecord {
    static let collection = "inbound-refresh-tokens"
    let id: Identifier<RefreshTag>
    let grant: GrantID
    let generation: Int
    /// As of its grant: a used one that comes again ends the family.
    var until: Instant?
}

/// An access token, by its `jti` or else by its name in the journal (see `accessID`). The token itself is not kept.
struct AccessRecord: EndingRecord {
    static let collection = "inbound-access-tokens"
    let id: Identifier<AccessTag>
    let client: String
    /// nil for a token a client got for itself.
    let grant: GrantID?
    let tokenID: String
    var isRevoked = false
    /// When nobody takes the token any more, whatever its clock.
    var until: Instant?
    var keys: [RecordKey] {
        let passing = until == nil ? [] : [passing]
        guard let grant else { return passing }
        return passing + [RecordKey("grant", grant.rawValue)]
    }
}

/// An ID token that does not name its grant itself, by its name in the journal. The token itself is not kept.
struct IdentityRecord: EndingRecord {
    static let collection = "inbound-id-tokens"
    let id: Identifier<IdentityTag>
    let grant: GrantID
    /// When nobody takes the token any more, whatever its clock.
    var until: Instant?
}
