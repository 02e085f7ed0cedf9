import AWSCore
import Kernel

/// Why the identity service gave no token, in words for an operator.
struct IdentityFailure: Error {
    let cause: String
}

/// What `GetResourceOauth2Token` gave.
enum ResourceToken {
    case accessToken(Secret)
    /// A person has to consent there first.
    case authorizationURL(String)
    /// The session that was asked about has no token yet: `IN_PROGRESS`, or never will: `FAILED`.
    case session(status: String)

    /// The token, where only a token will do.
    func token() throws(IdentityFailure) -> Secret {
        guard case .accessToken(let token) = self else { throw IdentityFailure(cause: "No token was issued") }
        return token
    }
}

/// The identity service as the gateway calls it: the data plane's own operations, with the service's proof instead of a
/// signature.
struct IdentityClient {
    let world: World
    let principal: ServicePrincipal

    /// A token for the workload alone.
    func workloadToken(_ workload: WorkloadName) async throws(IdentityFailure) -> Secret {
        try await workloadToken("GetWorkloadAccessToken", ["workloadName": .string(workload.rawValue)])
    }

    /// A token for the workload and the user whose JWT this is.
    func workloadToken(_ workload: WorkloadName, jwt: String) async throws(IdentityFailure) -> Secret {
        try await workloadToken(
            "GetWorkloadAccessTokenForJWT",
            ["workloadName": .string(workload.rawValue), "userToken": .string(jwt)])
    }

    /// A token for the workload and a user it names itself.
    func workloadToken(_ workload: WorkloadName, userID: String) async throws(IdentityFailure) -> Secret {
        try await workloadToken(
            "GetWorkloadAccessTokenForUserId",
            ["workloadName": .string(workload.rawValue), "userId": .string(userID)])
    }

    /// `GetResourceOauth2Token` for a target's credential; `extra` joins its input.
    func resourceToken(
        _ flow: String, _ credential: OAuthCredential, workload: Secret, _ extra: JSONObject = [:]
    ) async throws(IdentityFailure) -> ResourceToken {
        var input: JSONObject = [
            "workloadIdentityToken": .string(workload.exposed),
            "resourceCredentialProviderName": .string(credential.provider.rawValue),
            "scopes": .strings(credential.scopes), "oauth2Flow": .string(flow),
        ]
        if !credential.customParameters.isEmpty {
            input.append("customParameters", .object(credential.customParameters))
        }
        let answer = try await call("oauth2/token", input.merging(extra))
        if let token = answer["accessToken"]?.string { return .accessToken(Secret(token)) }
        if let url = answer["authorizationUrl"]?.string { return .authorizationURL(url) }
        if let status = answer["sessionStatus"]?.string { return .session(status: status) }
        throw IdentityFailure(cause: "GetResourceOauth2Token gave neither a token nor an authorization URL")
    }

    /// `GetResourceApiKey`.
    func apiKey(_ provider: ProviderName, workload: Secret) async throws(IdentityFailure) -> Secret {
        let answer = try await call(
            "api-key",
            [
                "workloadIdentityToken": .string(workload.exposed),
                "resourceCredentialProviderName": .string(provider.rawValue),
            ])
        guard let key = answer["apiKey"]?.string else {
            throw IdentityFailure(cause: "GetResourceApiKey gave no key")
        }
        return Secret(key)
    }

    private func workloadToken(_ operation: String, _ input: JSONObject) async throws(IdentityFailure) -> Secret {
        guard let token = try await call(operation, input)["workloadAccessToken"]?.string else {
            throw IdentityFailure(cause: "\(operation) gave no token")
        }
        return Secret(token)
    }

    private func call(_ path: String, _ input: JSONObject) async throws(IdentityFailure) -> JSONValue {
        let url = "\(world.addresses.origin(of: .aws))/identities/\(path)"
        let response: Response
        do throws(NetworkFailure) {
            response = try await world.network.send(principal.request(url, .object(input)))
        } catch {
            throw IdentityFailure(cause: "The identity service does not answer")
        }
        let json = response.json ?? .null
        guard response.status == 200 else {
            let type = response.header(AWSError.typeHeader) ?? "HTTP \(response.status)"
            throw IdentityFailure(cause: "\(type): \(json["message"]?.string ?? "")")
        }
        return json
    }
}
