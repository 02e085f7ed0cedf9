import Kernel

enum SignInTag {}
enum VisitTag {}
enum IdentityTag {}

/// A sign-in under way, by its `state`.
struct SignInRecord: Record {
    static let collection = "app-sign-in"
    let id: Identifier<SignInTag>
    let verifier: Secret
    let issuer: String
    let tokenEndpoint: String
    let promisesIssuer: Bool
    let expires: Instant
}

/// Somebody who is signed in, by the value of their cookie. The token never leaves the application's server.
struct VisitRecord: Record {
    static let collection = "app-visit"
    let id: Identifier<VisitTag>
    let accessToken: Secret
    let name: String
}

/// An identity that the application was given: for the next completions, or for one session.
struct GivenIdentityRecord: Record {
    static let collection = "app-identity"
    /// `token`, or `session` and the session's URI.
    let id: Identifier<IdentityTag>
    let kind: Kind
    let value: Secret

    /// Which member of `userIdentifier` it becomes.
    enum Kind: String, Codable {
        case userID
        case userToken
    }

    static let token = Identifier<IdentityTag>("token")
    static func session(_ uri: String) -> Identifier<IdentityTag> { Identifier("session \(uri)") }
}
