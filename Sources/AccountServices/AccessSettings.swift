package import AWSCore
package import Kernel
import Policy

/// Who is known to a lab from the start: users and roles with their keys and policies.
///
/// ```
/// principals: [{arn, keys: [{id, secret, sessionToken?}], policies: [{Statement: [...]}]}]
/// ```
package struct AccessSettings: Sendable {
    package struct Mistake: Error, Sendable, CustomStringConvertible {
        package let description: String
    }

    let policies: [String: [PolicyDocument]]
    private let keys: [String: SigV4.KnownKey]
    /// In the order of the file.
    private let keyIDs: [String]

    package static let none = AccessSettings()
    private init() { (policies, keys, keyIDs) = ([:], [:], []) }

    package init(json: JSONValue) throws {
        var policies: [String: [PolicyDocument]] = [:]
        var keys: [String: SigV4.KnownKey] = [:]
        var order: [String] = []
        for item in json["principals"]?.array ?? [] {
            guard let arn = item["arn"]?.string else { throw Mistake(description: "a principal needs an arn") }
            let parts = arn.pieces(by: ":", keepingEmpty: true)
            guard parts.count >= 6, parts[2] == "iam" || parts[2] == "sts" else {
                throw Mistake(description: "\(arn) is no ARN of IAM")
            }
            policies[arn] = try (item["policies"]?.array ?? []).map { try PolicyDocument(json: $0) }
            for key in item["keys"]?.array ?? [] {
                guard let id = key["id"]?.string, let secret = key["secret"]?.string else {
                    throw Mistake(description: "a key of \(arn) needs id and secret")
                }
                let credentials = SigV4.Credentials(
                    keyID: id, secret: Secret(secret), sessionToken: key["sessionToken"]?.string.map { Secret($0) })
                keys[id] = SigV4.KnownKey(credentials, account: String(parts[4]), principal: arn)
                order.append(id)
            }
        }
        self.policies = policies
        self.keys = keys
        keyIDs = order
    }

    package func key(_ id: String) -> SigV4.KnownKey? { keys[id] }

    /// The first key of an account's root user, or any of it: by which the lab itself calls.
    package func key(ofAccount account: String) -> SigV4.KnownKey? {
        let own = keyIDs.compactMap { keys[$0] }.filter { $0.account == account }
        return own.first { $0.principal.hasSuffix(":root") } ?? own.first
    }
}
