import Kernel

enum SignInTag {}
enum VisitTag {}
enum IdentityTag {}

/// A sign-in under way, by its `state`.
struct SignInRecord: PassingRecord {
    static let collection = "app-sign-in"
    let id: Identifier<SignInTag>
    let verifier: Secret
    let issuer: String
    let tokenEndpoint: String
    let promisesIssuer: Bool
    let expires: Instant
    var until: Instant? { expires }
}

/// Somebody who is signed in, by the value of their cookie. The token never leaves the application's server.
struct VisitRecord: PassingRecord {
    static let collection = "app-visit"
    static let keptPast = PastRecords.kept
    /// How long they are signed in for sure.
    static let life = Span.minutes(24 * 60)
    let id: Identifier<VisitTag>
    let accessToken: Secret
    let name: String
    var until: Instant?
}

/// An identity that the application was given: for the next completions, or for one session.
struct GivenIdentityRecord: PassingRecord {
    static let collection = "app-identity"
    static let keptPast = PastRecords.kept
    /// Longer than any session can be completed.
    static let life = Span.minutes(60)
    /// `token`, or `session` and the session's URI.
    let id: Identifier<IdentityTag>
    let kind: Kind
    let value: Secret
    var until: Instant?
    /// The one for all completions stays until another comes.
    var keys: [RecordKey] { id == Self.token ? [] : [passing] }

    /// Which member of `userIdentifier` it becomes.
    enum Kind: String, Codable {
        case userID
        case userToken
    }

    static let token = Identifier<IdentityTag>("token")
    static func session(_ uri: String) -> Identifier<IdentityTag> { Identifier("session \(uri)") }
}
