import AWSCore
import Kernel

enum WorkloadTokenTag {}
/// A workload access token; its own id, for nothing but the token itself finds it.
typealias WorkloadTokenID = Identifier<WorkloadTokenTag>
enum SessionTag {}
/// `urn:ietf:params:oauth:request_uri:…`, on the wire `sessionUri`.
typealias SessionURI = Identifier<SessionTag>
enum VaultTag {}
typealias VaultKey = Identifier<VaultTag>
enum DocumentTag {}
typealias DocumentURL = Identifier<DocumentTag>

/// Whom a workload acts for.
enum WorkloadUser: Hashable, Sendable, Codable {
    /// `GetWorkloadAccessToken`: for itself.
    case nobody
    /// `GetWorkloadAccessTokenForJWT`; the artifact is what completion compares (ledger `E61`).
    case token(issuer: String, subject: String, artifact: Secret)
    /// `GetWorkloadAccessTokenForUserId`: an opaque word of the caller.
    case id(String)

    /// Names the user in keys. A JWT's user is issuer and subject (ledger `A27`), a plain id has a name space of its
    /// own.
    var key: String {
        switch self {
        case .nobody: joinedKey(["nobody"])
        case .token(let issuer, let subject, _): joinedKey(["token", issuer, subject])
        case .id(let id): joinedKey(["id", id])
        }
    }

    /// How the journal calls the user.
    var name: String? {
        switch self {
        case .nobody: nil
        case .token(_, let subject, _): subject
        case .id(let id): id
        }
    }
}

/// What a workload access token stands for.
struct WorkloadTokenRecord: Record {
    static let collection = "workload-token"
    let id: WorkloadTokenID
    let workload: WorkloadName
    let account: String
    /// Of the workload identity as it was when the token was made; a recreated one has another.
    let birth: String?
    let user: WorkloadUser
    /// The service took it for itself, and is the only one who knows it.
    var isServices: Bool?
    /// When it ends; nil for one that does not (ledger `workload-token-life`).
    var until: Instant?
    /// Of the service's and of each workload's own the newest are kept.
    var keys: [RecordKey] { [RecordKey("of", isServices == true ? "service" : "\(account) \(workload)")] }
}

/// Whom a token is asked for: the members `resources` and `audiences` of GetResourceOauth2Token.
struct TokenAudience: Sendable {
    let resources: [String]
    let audiences: [String]
    var isEmpty: Bool { resources.isEmpty && audiences.isEmpty }
}

/// A consent session.
struct AuthorizationSessionRecord: PassingRecord {
    static let collection = "authorization-session"
    static let keptPast = PastRecords.kept
    /// How long after its end a poll hears for sure how it ended; later it may be unknown.
    static let afterlife = Span.minutes(60)
    let id: SessionURI
    /// Where `AuthorizationSessionMachine` stands.
    var state: AuthorizationSessionMachine.State
    let workload: WorkloadID
    /// Of the workload identity as it was when the session began.
    let birth: String?
    let user: WorkloadUser
    let provider: ProviderID
    /// Of the provider as it was when the session began; a recreated provider has another.
    let callbackID: String
    let scopes: [String]
    let customParameters: JSONObject
    let resources: [String]
    /// nil in an older data file.
    let audiences: [String]?
    let returnURL: String
    let customState: String?
    /// The `state` of the authorization request.
    let oauthState: String
    let verifier: Secret
    /// Whom the provider's answer has to come from; known once the URL was opened.
    var issuer: String?
    /// The provider announced that it names itself in every answer (RFC 9207 section 3).
    var issuerIsPromised = false
    var code: Secret?
    /// Somebody is exchanging the code right now.
    var isClaimed = false
    /// Who is to be told how it ends; a `TargetAddress` as text.
    let notify: String?
    let expires: Instant
    var until: Instant? { expires + Self.afterlife }
    /// By its owner it is only looked for to be superseded.
    var keys: [RecordKey] {
        let always = [passing, RecordKey("state", oauthState)]
        return state.isPending ? always + [RecordKey("owner", owner)] : always
    }

    var audience: TokenAudience { TokenAudience(resources: resources, audiences: audiences ?? []) }

    /// Names workload, user and provider together.
    var owner: String { Self.owner(workload, user, provider) }
    static func owner(_ workload: WorkloadID, _ user: WorkloadUser, _ provider: ProviderID) -> String {
        joinedKey([workload.rawValue, user.key, provider.rawValue])
    }
}

/// A user's (or, for M2M, a workload's) tokens of one provider.
struct VaultEntryRecord: PassingRecord {
    static let collection = "vault-entry"
    static let keptPast = PastRecords.kept
    let id: VaultKey
    /// Of the provider that gave the tokens.
    let callbackID: String
    /// Of the workload identity for which they were given.
    let birth: String?
    var accessToken: Secret
    /// nil where the provider named no end.
    var expires: Instant?
    var refreshToken: Secret?
    var refreshExpires: Instant?
    let requested: [String]
    var granted: [String]
    /// Since when somebody is refreshing it.
    var claimedAt: Instant?
    /// When no token of it is of use; nil where no end is known.
    var until: Instant? { refreshToken == nil ? expires : refreshExpires }
    /// One without end is never let go.
    var keys: [RecordKey] { until == nil ? [] : [passing] }
}

/// A discovery document or a key set, kept a while.
struct FetchedDocumentRecord: Record {
    static let collection = "identity-document"
    let id: DocumentURL
    let document: JSONValue
    let fetchedAt: Instant
}

/// Several names as one: each with its length before it, so that none can pose as two others.
func joinedKey(_ parts: [String]) -> String {
    let room = parts.reduce(0) { $0 + $1.utf8.count + 21 }
    return String(unsafeUninitializedCapacity: room) { target in
        guard var end = target.baseAddress else { return 0 }
        for part in parts {
            end = put(part.utf8.count, at: end)
            end.pointee = UInt8(ascii: ":")
            end = put(part, at: end + 1)
        }
        return target.baseAddress.map { end - $0 } ?? 0
    }
}

/// Returns where the number ends.
private func put(_ number: Int, at place: UnsafeMutablePointer<UInt8>) -> UnsafeMutablePointer<UInt8> {
    let place = number < 10 ? place : put(number / 10, at: place)
    place.pointee = UInt8(ascii: "0") + UInt8(number % 10)
    return place + 1
}

/// Returns where the text ends.
private func put(_ text: String, at place: UnsafeMutablePointer<UInt8>) -> UnsafeMutablePointer<UInt8> {
    var text = text
    return text.withUTF8 { bytes in
        guard let first = bytes.baseAddress else { return place }
        place.update(from: first, count: bytes.count)
        return place + bytes.count
    }
}
