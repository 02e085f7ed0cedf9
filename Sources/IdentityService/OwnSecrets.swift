import AWSCore
import HTTPTypes
import Kernel

// Credential providers whose secret is EXTERNAL.

/// Secrets that callers keep themselves, in the lab's Secrets Manager; read each time they are needed, so that a
/// rotated one counts at once (ledger `external-secret`).
struct OwnSecrets {
    let world: World
    let settings: AWSSettings

    /// What lies under `jsonKey` in the secret that a provider of an account refers to; nil without such a secret or
    /// member.
    func value(_ reference: JSONValue, account: String) async -> Secret? {
        let id = reference["secretId"]?.string ?? ""
        let parts = id.pieces(by: ":", keepingEmpty: true)
        if parts.count > 5, parts[0] == "arn", AccountBoundary(world).parts(account, from: String(parts[4])) {
            world.note("a credential provider refers to a secret of another account", rule: .accountBoundary)
            return nil
        }
        let answer = try? await world.network.send(request(id, account: account))
        guard answer?.status == 200, let text = answer?.json?["SecretString"]?.string,
            let json = try? JSONValue(parsing: text),
            let value = json[reference["jsonKey"]?.string ?? ""]?.string, !value.isEmpty
        else { return nil }
        return Secret(value)
    }

    /// As an SDK sends it, in the name of the provider's account.
    private func request(_ id: String, account: String) -> Request {
        var request = settings.servicePrincipal.request(
            world.addresses.origin(of: .aws) + "/", ["SecretId": .string(id)])
        request.head.headerFields[.contentType] = "application/x-amz-json-1.1"
        request.head.headerFields[fieldName("X-Amz-Target")] = "secretsmanager.GetSecretValue"
        let own = SigV4.hexDigest(Array("identity service for \(account)".utf8))
        return SigV4.sign(
            request, .init(keyID: account, secret: Secret(own)), region: settings.region, service: "secretsmanager",
            at: world.clock.now)
    }

    /// Nobody has seen what AWS answers then (ledger `external-secret-missing`).
    func missing(_ provider: ProviderName) -> AWSError {
        let code = AWSError.Code(rawValue: world.switches.choice(.secretMissing)) ?? .resourceNotFound
        return AWSError(code, "The secret of credential provider \(provider) was not found")
    }
}
