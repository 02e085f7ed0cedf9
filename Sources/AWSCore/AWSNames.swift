package import Kernel

/// ARNs and URLs of the AWS side (ledger `aws-arns`).
package struct AWSNames: Sendable, Hashable {
    package let region: String
    /// Who calls without a signature, or with an access key that is no account number.
    package static let defaultAccount = "000000000000"

    package init(region: String = "us-east-1") { self.region = region }

    /// The caller's account: the access key id of a SigV4 credential, in header or query, when it is twelve digits. No
    /// signature is checked here, so that every SDK works with any keys; a lab with `sigv4: verify` does that before.
    package static func account(of request: Request) -> String {
        guard let credentials = request.credentials(SigV4.algorithm) else {
            guard request.query.range(of: SigV4.queryCredential) != nil else { return defaultAccount }
            return account(ofKey: (request.parameters["X-Amz-Credential"] ?? "")[...])
        }
        return credentials.range(of: "Credential=").map { account(ofKey: credentials[$0.upperBound...]) }
            ?? defaultAccount
    }

    /// Of what begins with an access key id.
    private static func account(ofKey credential: Substring) -> String {
        let key = Substring(credential.utf8.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: ",") })
        let isAccount = key.utf8.count == 12 && key.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")) ~= $0 }
        return isAccount ? String(key) : defaultAccount
    }

    /// Whether an ARN is the one of this OAuth2 provider, letter by letter; the model lets its account be left out.
    package func isARN(_ arn: JSONValue?, of provider: ProviderName, account: String) -> Bool {
        [account, ""].contains { arn?.string == providerARN(provider, account: $0) }
    }

    /// The same for an API key provider.
    package func isARN(_ arn: JSONValue?, ofAPIKey provider: ProviderName, account: String) -> Bool {
        [account, ""].contains { arn?.string == apiKeyProviderARN(provider, account: $0) }
    }

    package func gatewayARN(_ gateway: GatewayID, account: String) -> String { core(account, "gateway/\(gateway)") }

    package func workloadARN(_ workload: WorkloadName, account: String) -> String {
        core(account, "workload-identity-directory/default/workload-identity/\(workload)")
    }

    package func providerARN(_ provider: ProviderName, account: String) -> String {
        core(account, "token-vault/default/oauth2credentialprovider/\(provider)")
    }

    package func apiKeyProviderARN(_ provider: ProviderName, account: String) -> String {
        core(account, "token-vault/default/apikeycredentialprovider/\(provider)")
    }

    package func consentPortalARN(_ portal: String, account: String) -> String {
        core(account, "consent-portal/\(portal)")
    }

    /// `suffix` is six characters, as Secrets Manager adds them.
    package func secretARN(_ provider: ProviderName, suffix: String, account: String) -> String {
        secret(account, "oauth2/\(provider)-\(suffix)")
    }

    /// `suffix` is six characters, as Secrets Manager adds them.
    package func apiKeySecretARN(_ provider: ProviderName, suffix: String, account: String) -> String {
        secret(account, "apikey/\(provider)-\(suffix)")
    }

    /// Where an authorization server sends the browser back to; the caller registers it there.
    package static func callbackURL(_ callbackID: String, in addresses: AddressBook) -> String {
        addresses.origin(of: .aws) + callbackPath + callbackID
    }
    package static let callbackPath = "/identities/oauth2/callback/"

    /// Where a person begins a consent.
    package static func authorizationURL(_ sessionURI: String, in addresses: AddressBook) -> String {
        let query: Form = ["request_uri": sessionURI]
        return query.added(to: addresses.origin(of: .aws) + authorizePath)
    }
    package static let authorizePath = "/identities/oauth2/authorize"

    private func core(_ account: String, _ resource: String) -> String {
        "arn:aws:bedrock-agentcore:\(region):\(account):\(resource)"
    }

    /// Of a secret by its name alone; six characters are missing that Secrets Manager adds.
    package func secretARN(named name: String, account: String) -> String {
        "arn:aws:secretsmanager:\(region):\(account):secret:\(name)"
    }

    private func secret(_ account: String, _ name: String) -> String {
        secretARN(named: "bedrock-agentcore-identity!default/\(name)", account: account)
    }
}
