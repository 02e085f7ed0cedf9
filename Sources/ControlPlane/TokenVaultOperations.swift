import AWSCore
import Kernel

// GetTokenVault, SetTokenVaultCMK, ResetTokenVaultKeyMaterial. An account has one vault, `default` (ledger
// `token-vault-default`).

enum TokenVaultTag {}

/// Which key an account's vault is locked with; there is no record before somebody asked. A vault that nobody changed
/// is as old as the lab, and stays so when a lab is served again from its file.
struct TokenVaultRecord: Record {
    static let collection = "token-vault"
    /// The account.
    let id: Identifier<TokenVaultTag>
    var keys: JSONObject
    var modifiedAt: Instant
}

extension ControlPlane {
    private static let vaultName = "default"

    func getTokenVault(_ call: Call) async throws -> JSONValue {
        try checkVault(call)
        return try world.store.write { transaction in
            if let vault = transaction.find(TokenVaultRecord.self, Identifier(call.account)) { return render(vault) }
            let vault = TokenVaultRecord(
                id: Identifier(call.account), keys: ["keyType": "ServiceManagedKey"], modifiedAt: settings.began)
            transaction.save(vault)
            return render(vault)
        }
    }

    func setTokenVaultKey(_ call: Call) async throws -> JSONValue {
        try checkVault(call)
        let keys = call.input["kmsConfiguration"]?.object ?? [:]
        let isCustomers = keys["keyType"] == "CustomerManagedKey"
        if isCustomers, keys["kmsKeyArn"] == nil {
            throw AWSError.invalid([
                .init("kmsConfiguration.kmsKeyArn", "Member must not be null when keyType is CustomerManagedKey")
            ])
        }
        if !isCustomers, keys["kmsKeyArn"] != nil {
            throw AWSError.invalid([
                .init("kmsConfiguration.kmsKeyArn", "Member must be null when keyType is ServiceManagedKey")
            ])
        }
        return try world.store.write { transaction in
            let vault = TokenVaultRecord(id: Identifier(call.account), keys: keys, modifiedAt: call.now)
            transaction.save(vault)
            return render(vault)
        }
    }

    /// Allowed only once the customer's key is gone (ledger `token-vault-reset`); no key of a lab ever goes.
    func resetTokenVault(_ call: Call) async throws -> JSONValue {
        try checkVault(call)
        throw AWSError(
            .validation, "Key material of the token vault can only be reset after its customer managed key was deleted")
    }

    private func checkVault(_ call: Call) throws(AWSError) {
        let asked = call.input["tokenVaultId"]?.string ?? Self.vaultName
        guard asked == Self.vaultName else { throw AWSError(.resourceNotFound, "Token vault \(asked) not found") }
    }

    private func render(_ vault: TokenVaultRecord) -> JSONValue {
        [
            "tokenVaultId": .string(Self.vaultName), "kmsConfiguration": .object(vault.keys),
            "lastModifiedDate": .double(vault.modifiedAt.epochSeconds),
        ]
    }
}
