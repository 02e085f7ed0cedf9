import AWSCore
import Kernel

// Create, Get, Update, Delete ApiKeyCredentialProvider and ListApiKeyCredentialProviders.

extension ControlPlane {
    func createAPIKeyProvider(_ call: Call) async throws -> JSONValue {
        let sent = try APIKeyInput(call.input)
        let name = ProviderName(call.text("name"))
        let suffix = world.entropy.text(6, from: .base62, for: "api-key-secret-arn")
        return try world.store.write { transaction in
            guard transaction.find(APIKeyProviderRecord.self, name.of(call.account)) == nil else {
                // Not a ConflictException (ledger `provider-duplicate`).
                throw AWSError(
                    .validation, "Credential provider with name: \(name) already exists", reason: .resourceConflict)
            }
            let most = settings.quotas.credentialProviders
            guard transaction.count(APIKeyProviderRecord.self, where: "account", is: call.account) < most else {
                throw quota("API key credential providers", most)
            }
            let provider = APIKeyProviderRecord(
                name: name, account: call.account, apiKey: sent.key, secretSource: sent.source, secretSuffix: suffix,
                configuration: sent.kept, createdAt: call.now)
            transaction.save(provider)
            remember(provider, in: &transaction)
            keepTags(call, of: arn(of: provider), in: &transaction)
            return .object(renderCreated(provider, in: &transaction))
        }
    }

    func getAPIKeyProvider(_ call: Call) async throws -> JSONValue {
        try world.store.write { transaction in
            render(try findAPIKeyProvider(call, in: &transaction), in: &transaction)
        }
    }

    func updateAPIKeyProvider(_ call: Call) async throws -> JSONValue {
        let sent = try APIKeyInput(call.input)
        return try world.store.write { transaction in
            var provider = try findAPIKeyProvider(call, in: &transaction)
            provider.apiKey = sent.key
            provider.secretSource = sent.source
            provider.configuration = sent.kept
            provider.updatedAt = call.now
            transaction.save(provider)
            remember(provider, in: &transaction)
            return render(provider, in: &transaction)
        }
    }

    /// The sister of DeleteOauth2CredentialProvider, with the same open question (ledger `provider-delete-missing`).
    func deleteAPIKeyProvider(_ call: Call) async throws -> JSONValue {
        try world.store.write { transaction in
            do throws(AWSError) {
                let provider = try findAPIKeyProvider(call, in: &transaction)
                transaction.remove(APIKeyProviderRecord.self, provider.id)
                dropTags(of: arn(of: provider), in: &transaction)
            } catch  where world.switches.choice(.deleteMissingProvider) == "204" {
                // Success though nothing was there.
            }
            return [:]
        }
    }

    func listAPIKeyProviders(_ call: Call) async throws -> JSONValue {
        try page(of: APIKeyProviderRecord.self, call, as: "credentialProviders", most: 100) { provider in
            [
                "name": .string(provider.name.rawValue), "credentialProviderArn": .string(arn(of: provider)),
                "createdTime": .double(provider.createdAt.epochSeconds),
                "lastUpdatedTime": .double(provider.updatedAt.epochSeconds),
            ]
        }
    }

    /// A key travels like a token: from here on a run can tell who saw it.
    private func remember(_ provider: APIKeyProviderRecord, in transaction: inout Transaction) {
        guard !provider.apiKey.exposed.isEmpty else { return }
        let birth = TokenBirth(
            kind: "api_key", issuer: world.party, user: nil, audience: [provider.name.rawValue], expires: nil,
            value: provider.apiKey)
        transaction.append(.token(.issued(birth)), at: world.clock.now)
        transaction.append(.token(.held(id: birth.id, by: "vault")), at: world.clock.now)
    }

    private func findAPIKeyProvider(
        _ call: Call, in transaction: inout Transaction
    ) throws(AWSError) -> APIKeyProviderRecord {
        let name = ProviderName(call.text("name"))
        guard let provider = transaction.find(APIKeyProviderRecord.self, name.of(call.account)) else {
            throw AWSError(.resourceNotFound, "Credential provider \(name) not found")
        }
        return provider
    }

    private func arn(of provider: APIKeyProviderRecord) -> String {
        names.apiKeyProviderARN(provider.name, account: provider.account)
    }

    private func renderCreated(_ provider: APIKeyProviderRecord, in transaction: inout Transaction) -> JSONObject {
        let reference = provider.secretReference
        let managed = names.apiKeySecretARN(provider.name, suffix: provider.secretSuffix, account: provider.account)
        let secret = secretARN(reference, account: provider.account, managed: managed, in: &transaction)
        var result: JSONObject = ["apiKeySecretArn": ["secretArn": .string(secret)]]
        if let key = reference?["jsonKey"] { result.append("apiKeySecretJsonKey", key) }
        result.append("apiKeySecretSource", .string(provider.secretSource))
        result.append("name", .string(provider.name.rawValue))
        result.append("credentialProviderArn", .string(arn(of: provider)))
        return result
    }

    private func render(_ provider: APIKeyProviderRecord, in transaction: inout Transaction) -> JSONValue {
        var result = renderCreated(provider, in: &transaction)
        result.append("createdTime", .double(provider.createdAt.epochSeconds))
        result.append("lastUpdatedTime", .double(provider.updatedAt.epochSeconds))
        return .object(result)
    }
}

/// Where a key comes from: the call itself, or a secret of the caller's.
private struct APIKeyInput {
    let key: Secret
    let source: String
    let kept: JSONObject

    /// - Throws: `ValidationException` if key and source do not belong together (ledger `api-key-source`).
    init(_ input: JSONObject) throws(AWSError) {
        source = input["apiKeySecretSource"]?.string ?? SecretSource.managed
        let isExternal = source == SecretSource.external
        let (needed, unwanted) = isExternal ? ("apiKeySecretConfig", "apiKey") : ("apiKey", "apiKeySecretConfig")
        var faults: [AWSError.Field] = []
        if input[needed] == nil {
            faults.append(.init(needed, "Member must not be null when apiKeySecretSource is \(source)"))
        }
        if input[unwanted] != nil {
            faults.append(.init(unwanted, "Member must be null when apiKeySecretSource is \(source)"))
        }
        guard faults.isEmpty else { throw AWSError.invalid(faults) }
        key = Secret(input["apiKey"]?.string ?? "")
        kept = JSONObject(input.members.filter { $0.name == "apiKeySecretConfig" })
    }
}
