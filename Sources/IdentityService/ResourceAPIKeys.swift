import AWSCore
import Kernel

// GetResourceApiKey.
extension IdentityService {
    /// The key of a provider, for whoever holds a workload token of the same account; no user is needed (ledger
    /// `api-key-any-workload-token`).
    func resourceAPIKey(_ call: Call) async throws(AWSError) -> JSONValue {
        let provider = try transact { transaction throws(Refusal) in
            let (token, _) = try caller(of: call, in: &transaction)
            let name = ProviderName(call.input["resourceCredentialProviderName"]?.string ?? "")
            guard let provider = transaction.find(APIKeyProviderRecord.self, name.of(token.account)) else {
                throw Refusal(.resourceNotFound, "Resource credential provider with name \(name) not found")
            }
            return provider
        }
        guard let reference = provider.secretReference else {
            // The model wants at least one letter.
            guard !provider.apiKey.exposed.isEmpty else { throw ownSecrets.missing(provider.name) }
            return ["apiKey": .string(provider.apiKey.exposed)]
        }
        guard let key = await ownSecrets.value(reference, account: provider.account) else {
            throw ownSecrets.missing(provider.name)
        }
        try transact { transaction throws(Refusal) in
            // From here on a run can tell who saw it.
            let birth = TokenBirth(
                kind: "api_key", issuer: world.party, user: nil, audience: [provider.name.rawValue], expires: nil,
                value: key)
            transaction.append(.token(.issued(birth)), at: world.clock.now)
        }
        return ["apiKey": .string(key.exposed)]
    }
}
