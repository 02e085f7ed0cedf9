import AWSCore
import Kernel

extension ControlPlane {
    /// Asks the identity service for an authorization URL on behalf of a target (ledger `T1`).
    ///
    /// Each call has a user of its own, so that no earlier administrator's token is found (ledger `T11`); `earlier` is
    /// the user of a consent that may serve once more (ledger `U27`).
    /// - Returns: nil where the vault has a token already.
    /// - Throws: what the identity service refused, in the same words.
    func requestConsent(
        _ oauth: OAuthCredential, for address: TargetAddress, earlier: String?
    ) async throws -> TargetAuthorization? {
        let userID = earlier ?? consentUser(address)
        let token = try await askIdentity(
            "GetWorkloadAccessTokenForUserId",
            ["workloadName": .string(address.gateway.rawValue), "userId": .string(userID)], notify: nil)
        var input: JSONObject = [
            "workloadIdentityToken": token["workloadAccessToken"] ?? .null,
            "resourceCredentialProviderName": .string(oauth.provider.rawValue),
            "scopes": .strings(oauth.scopes), "oauth2Flow": "USER_FEDERATION",
        ]
        if let url = oauth.defaultReturnURL { input.append("resourceOauth2ReturnUrl", .string(url)) }
        if !oauth.customParameters.isEmpty { input.append("customParameters", .object(oauth.customParameters)) }
        let answer = try await askIdentity("GetResourceOauth2Token", input, notify: address)
        guard answer["accessToken"] == nil else { return nil }
        guard let url = answer["authorizationUrl"]?.string, let session = answer["sessionUri"]?.string else {
            throw AWSError(.internalServer, "The identity service gave no authorization URL")
        }
        return TargetAuthorization(url: url, userID: userID, sessionURI: session)
    }

    /// Gateway id, target id and a UUID in one word of at most 128 characters (ledger `admin-user-id`).
    private func consentUser(_ address: TargetAddress) -> String {
        let tail = address.target.rawValue + world.entropy.uuid(for: "consent-user")
        return address.gateway.rawValue.prefix(128 - tail.count) + tail
    }

    private func askIdentity(
        _ operation: String, _ input: JSONObject, notify: TargetAddress?
    ) async throws -> JSONValue {
        guard let uri = contract.operation(named: operation)?.uri else {
            throw AWSError(.internalServer, "The contract lacks \(operation)")
        }
        let request = settings.servicePrincipal.request(
            world.addresses.origin(of: .aws) + uri, .object(input), notify: notify)
        let response: Response
        do throws(NetworkFailure) {
            response = try await world.network.send(request)
        } catch {
            throw AWSError(.internalServer, "The identity service did not answer")
        }
        guard response.status == 200, let answer = response.json else { throw Self.refusal(response) }
        return answer
    }

    /// The identity service's refusal as the control plane passes it on: only what its own operations may answer.
    private static func refusal(_ response: Response) -> AWSError {
        let message = response.json?["message"]?.string ?? "The identity service refused"
        let code = response.header(AWSError.typeHeader).flatMap { AWSError.Code(rawValue: $0) }
        let reason = response.json?["reason"]?.string.flatMap { AWSError.Reason(rawValue: $0) }
        switch code {
        case .validation: return AWSError(.validation, message, reason: reason)
        case .resourceNotFound, .accessDenied, .throttling, .conflict:
            return AWSError(code ?? .internalServer, message)
        case .unauthorized: return AWSError(.accessDenied, message)
        default: return AWSError(.internalServer, message)
        }
    }
}
