import AWSCore
import Kernel

// GetResourceApiKey.
extension IdentityService {
    /// The key of a provider, for whoever holds a workload token of the same account; no user is needed (ledger
    /// `api-key-any-workload-token`).
    func resourceAPIKey(_ call: Call) throws(AWSError) -> JSONValue {
        try transact { transaction throws(Refusal) in
            let (token, _) = try caller(of: call, in: &transaction)
            let name = ProviderName(call.input["resourceCredentialProviderName"]?.string ?? "")
            guard let provider = transaction.find(APIKeyProviderRecord.self, name.of(token.account)) else {
                throw Refusal(.resourceNotFound, "Resource credential provider with name \(name) not found")
            }
            // The model wants at least one letter; an EXTERNAL key lies in a secret that this lab does not have.
            guard !provider.apiKey.exposed.isEmpty else {
                throw Refusal(.resourceNotFound, "The secret of credential provider \(name) was not found")
            }
            return ["apiKey": .string(provider.apiKey.exposed)]
        }
    }
}
