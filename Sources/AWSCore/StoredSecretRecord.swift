package import Kernel

package enum SecretTag {}

/// A secret of Secrets Manager.
package struct StoredSecretRecord: Record {
    package static let collection = "stored-secret"
    /// Its ARN.
    package let id: Identifier<SecretTag>
    /// The account's, so that each has names of its own.
    package let name: String
    package let value: Secret
    package var keys: [RecordKey] { [RecordKey("name", name)] }

    package init(arn: String, name: String, account: String, value: Secret) {
        id = Identifier(arn)
        self.name = Self.name(name, of: account)
        self.value = value
    }

    package static func name(_ name: String, of account: String) -> String { "\(account)/\(name)" }
}
