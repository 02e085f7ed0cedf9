import AWSCore
import Kernel

// Create, Get, Update, Delete Oauth2CredentialProvider and ListOauth2CredentialProviders.

extension ControlPlane {
    func createProvider(_ call: Call) async throws -> JSONValue {
        let name = ProviderName(call.text("name"))
        let configuration = try ProviderConfiguration(call.input, vendors: settings.vendorEndpoints)
        try await checkDiscovery(configuration.discovery)
        let callbackID = world.entropy.uuid(for: "provider-callback")
        let suffix = world.entropy.text(6, from: .base62, for: "secret-arn")
        return try world.store.write { transaction in
            guard transaction.find(CredentialProviderRecord.self, name.of(call.account)) == nil else {
                // Not a ConflictException (ledger `provider-duplicate`).
                throw AWSError(
                    .validation, "Credential provider with name: \(name) already exists", reason: .resourceConflict)
            }
            let most = settings.quotas.credentialProviders
            guard transaction.count(CredentialProviderRecord.self, where: "account", is: call.account) < most
            else {
                throw quota("OAuth2 credential providers", most)
            }
            let provider = CredentialProviderRecord(
                name: name, account: call.account, vendor: configuration.vendor, clientID: configuration.clientID,
                clientSecret: configuration.clientSecret, discovery: configuration.discovery,
                authenticationMethod: configuration.authenticationMethod, callbackID: callbackID,
                secretSuffix: suffix, configuration: configuration.kept, createdAt: call.now)
            transaction.save(provider)
            keepTags(call, of: names.providerARN(name, account: call.account), in: &transaction)
            return .object(renderCreated(provider, in: &transaction))
        }
    }

    func getProvider(_ call: Call) async throws -> JSONValue {
        try world.store.write { transaction in
            render(try findProvider(call, in: &transaction), in: &transaction)
        }
    }

    /// The whole configuration again; the callback URL stays (ledger `provider-update-keeps-callback`).
    func updateProvider(_ call: Call) async throws -> JSONValue {
        let configuration = try ProviderConfiguration(call.input, vendors: settings.vendorEndpoints)
        try await checkDiscovery(configuration.discovery)
        return try world.store.write { transaction in
            var provider = try findProvider(call, in: &transaction)
            provider.vendor = configuration.vendor
            provider.clientID = configuration.clientID
            provider.clientSecret = configuration.clientSecret
            provider.discovery = configuration.discovery
            provider.authenticationMethod = configuration.authenticationMethod
            provider.configuration = configuration.kept
            provider.updatedAt = call.now
            transaction.save(provider)
            return render(provider, in: &transaction)
        }
    }

    /// Where the lab says so a provider is made only with a discovery document that can be read (ledger `U21`).
    private func checkDiscovery(_ discovery: CredentialProviderRecord.Discovery) async throws(AWSError) {
        guard case .url(let url) = discovery, world.switches.choice(.discoveryFetched) == "creation",
            await PublicDocument(world: world).json(url) == nil
        else { return }
        throw AWSError(.validation, "The discovery document of the credential provider cannot be read")
    }

    func deleteProvider(_ call: Call) async throws -> JSONValue {
        try world.store.write { transaction in
            do throws(AWSError) {
                let provider = try findProvider(call, in: &transaction)
                transaction.remove(CredentialProviderRecord.self, provider.id)
                dropTags(of: names.providerARN(provider.name, account: provider.account), in: &transaction)
            } catch  where world.switches.choice(.deleteMissingProvider) == "204" {
                // Success though nothing was there (ledger `provider-delete-missing`).
            }
            return [:]
        }
    }

    func listProviders(_ call: Call) async throws -> JSONValue {
        try page(of: CredentialProviderRecord.self, call, as: "credentialProviders", most: 20) { provider in
            [
                "name": .string(provider.name.rawValue), "credentialProviderVendor": .string(provider.vendor),
                "credentialProviderArn": .string(names.providerARN(provider.name, account: provider.account)),
                "createdTime": .double(provider.createdAt.epochSeconds),
                "lastUpdatedTime": .double(provider.updatedAt.epochSeconds),
            ]
        }
    }

    private func findProvider(
        _ call: Call, in transaction: inout Transaction
    ) throws(AWSError) -> CredentialProviderRecord {
        let name = ProviderName(call.text("name"))
        guard let provider = transaction.find(CredentialProviderRecord.self, name.of(call.account)) else {
            throw AWSError(.resourceNotFound, "Credential provider \(name) not found")
        }
        return provider
    }

    /// The ARN of a secret that a caller keeps himself and names by its ARN or by its name; `managed` where there is
    /// none, and for what can be neither (ledger `external-secret-arn`).
    func secretARN(
        _ reference: JSONValue?, account: String, managed: String, in transaction: inout Transaction
    ) -> String {
        guard let id = reference?["secretId"]?.string else { return managed }
        guard !contract.isSecretARN(id) else { return id }
        let name = StoredSecretRecord.name(id, of: account)
        let kept = transaction.find(StoredSecretRecord.self, where: "name", is: name).first
        let arn = kept?.id.rawValue ?? names.secretARN(named: id, account: account)
        return contract.isSecretARN(arn) ? arn : managed
    }

    private func renderCreated(
        _ provider: CredentialProviderRecord, in transaction: inout Transaction
    ) -> JSONObject {
        let reference = provider.secretReference
        let managed = names.secretARN(provider.name, suffix: provider.secretSuffix, account: provider.account)
        let arn = secretARN(reference, account: provider.account, managed: managed, in: &transaction)
        var result: JSONObject = ["clientSecretArn": ["secretArn": .string(arn)]]
        if let key = reference?["jsonKey"] { result.append("clientSecretJsonKey", key) }
        result.append("clientSecretSource", .string(provider.secretSource))
        result.append("name", .string(provider.name.rawValue))
        result.append(
            "credentialProviderArn", .string(names.providerARN(provider.name, account: provider.account)))
        result.append("callbackUrl", .string(AWSNames.callbackURL(provider.callbackID, in: world.addresses)))
        result.append("oauth2ProviderConfigOutput", ProviderConfiguration.shown(provider))
        result.append("status", "READY")
        return result
    }

    private func render(_ provider: CredentialProviderRecord, in transaction: inout Transaction) -> JSONValue {
        var result = renderCreated(provider, in: &transaction)
        result.append("credentialProviderVendor", .string(provider.vendor))
        result.append("createdTime", .double(provider.createdAt.epochSeconds))
        result.append("lastUpdatedTime", .double(provider.updatedAt.epochSeconds))
        return .object(result)
    }
}
