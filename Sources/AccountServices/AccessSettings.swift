package import AWSCore
package import Kernel
import Policy

/// Who is known to a lab from the start: users and roles with their keys and policies.
///
/// ```
/// principals: [{arn, keys: [{id, secret, sessionToken?}], policies: [{Statement: [...]}]}]
/// ```
package struct AccessSettings: Sendable {
    let policies: [String: [PolicyDocument]]
    private let keys: [String: SigV4.KnownKey]
    /// In the order of the file.
    private let keyIDs: [String]

    package static let none = AccessSettings()
    private init() { (policies, keys, keyIDs) = ([:], [:], []) }

    package init(json: JSONValue) throws { try self.init(DataNode(json)) }

    private init(_ node: DataNode) throws(DataMistake) {
        try node.expect("a file of principals", ["principals"])
        var policies: [String: [PolicyDocument]] = [:]
        var keys: [String: SigV4.KnownKey] = [:]
        var order: [String] = []
        for item in try node["principals"]?.items() ?? [] {
            try item.expect("a principal", ["arn", "keys", "policies"])
            let arn = try item.require("arn", of: "a principal").text()
            let parts = arn.pieces(by: ":", keepingEmpty: true)
            guard parts.count >= 6, parts[2] == "iam" || parts[2] == "sts" else {
                throw item.mistake("\(arn) is no ARN of IAM")
            }
            policies[arn] = try Self.policies(item["policies"])
            for key in try item["keys"]?.items() ?? [] {
                try key.expect("a key", ["id", "secret", "sessionToken"])
                let id = try key.require("id", of: "a key").text()
                let credentials = SigV4.Credentials(
                    keyID: id, secret: Secret(try key.require("secret", of: "a key").text()),
                    sessionToken: try key["sessionToken"].map { node throws(DataMistake) in Secret(try node.text()) })
                keys[id] = SigV4.KnownKey(credentials, account: String(parts[4]), principal: arn)
                order.append(id)
            }
        }
        self.policies = policies
        self.keys = keys
        keyIDs = order
    }

    private static func policies(_ node: DataNode?) throws(DataMistake) -> [PolicyDocument] {
        var result: [PolicyDocument] = []
        for item in try node?.items() ?? [] {
            do throws(PolicyDocument.Mistake) {
                result.append(try PolicyDocument(json: item.json))
            } catch {
                throw item.mistake(error.description)
            }
        }
        return result
    }

    package func key(_ id: String) -> SigV4.KnownKey? { keys[id] }

    /// The first key of an account's root user, or any of it: by which the lab itself calls.
    package func key(ofAccount account: String) -> SigV4.KnownKey? {
        let own = keyIDs.compactMap { keys[$0] }.filter { $0.account == account }
        return own.first { $0.principal.hasSuffix(":root") } ?? own.first
    }
}
