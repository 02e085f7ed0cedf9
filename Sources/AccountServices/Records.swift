import AWSCore
import Kernel

enum PrincipalTag {}
enum ManagedPolicyTag {}
enum HandedTokenTag {}

/// A role of IAM with its policies.
struct RoleRecord: Record {
    static let collection = "iam-role"
    /// Its ARN.
    let id: Identifier<PrincipalTag>
    let name: String
    let roleID: String
    let trust: JSONValue
    /// Inline policies in the order in which they came.
    var inline: [NamedPolicy]
    /// ARNs of managed policies.
    var attached: [String]
    var keys: [RecordKey] { [RecordKey("name", name)] }
}

struct NamedPolicy: Hashable, Sendable, Codable {
    let name: String
    let document: JSONValue
}

/// A customer managed policy.
struct ManagedPolicyRecord: Record {
    static let collection = "iam-policy"
    let id: Identifier<ManagedPolicyTag>
    let document: JSONValue
}

/// What one principal did, and what it was refused: each once and sorted, so that what is there already is found fast.
struct AccessRecord: Record {
    static let collection = "access-use"
    /// How many of each are kept, the first that came: a policy of AWS has room for a few hundred.
    static let most = 2000
    let id: Identifier<PrincipalTag>
    var used: [AccessUse]
    var refused: [AccessUse]

    /// Puts one where it belongs; says whether it is new and there is room.
    static func put(_ use: AccessUse, into list: inout [AccessUse]) -> Bool {
        var (low, high) = (0, list.count)
        while low < high {
            let middle = (low + high) / 2
            if list[middle] < use { low = middle + 1 } else { high = middle }
        }
        guard list.count < most, low == list.count || list[low] != use else { return false }
        list.insert(use, at: low)
        return true
    }
}

struct AccessUse: Hashable, Sendable, Codable, Comparable {
    let action: String
    let resource: String
    static func < (left: Self, right: Self) -> Bool { (left.action, left.resource) < (right.action, right.resource) }
}

/// Which gateway a workload token was handed to: by it the gate knows whose role asks for a resource's token. Kept
/// under the token's hash, of as many tokens as the service keeps.
struct HandedTokenRecord: Record {
    static let collection = "handed-workload-token"
    let id: Identifier<HandedTokenTag>
    let workload: String
    /// The account that has the workload; nil in an older data file.
    let account: String?
    var keys: [RecordKey] { [RecordKey("of", "service")] }

    static func id(of token: String) -> Identifier<HandedTokenTag> {
        Identifier(SigV4.hexDigest(Array(token.utf8)))
    }
}

/// Which provider a consent session is about: its secret is read when the session is completed. Kept under the hash of
/// the session's URI, of as many sessions as of tokens.
struct HandedSessionRecord: Record {
    static let collection = "handed-session"
    let id: Identifier<HandedTokenTag>
    let provider: ProviderID
    /// The account that has the provider.
    let account: String
    var keys: [RecordKey] { [RecordKey("of", "service")] }
}
