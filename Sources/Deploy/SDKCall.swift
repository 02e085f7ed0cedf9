import Kernel

/// The CDK's `AwsCustomResource`: a call of an SDK, written as JSON into the properties `Create` and `Update`. Calls of
/// services that a lab has are made as they are; any other is left to the function behind `ServiceToken`.
struct SDKCall {
    private enum Service {
        case agentCore
        case userPools
        case secrets
    }

    private let service: Service
    private let operation: String
    private let input: JSONObject

    /// nil for what is no call, or one of a service that no lab has.
    init?(_ property: JSONValue?) {
        let json = property?.string.flatMap { try? JSONValue(parsing: $0) } ?? property
        guard let name = json?["service"]?.string, let action = json?["action"]?.string,
            let service = Self.service(named: name)
        else { return nil }
        self.service = service
        // `describeUserPoolClient` in version 2 of the SDK for JavaScript, with `Command` at its end in version 3.
        let plain = action.hasSuffix("Command") ? String(action.dropLast("Command".count)) : action
        operation = "\(plain.prefix(1).uppercased())\(plain.dropFirst())"
        input = json?["parameters"]?.object ?? [:]
    }

    /// By the class of version 2 of the SDK (`CognitoIdentityServiceProvider`), the package of version 3
    /// (`@aws-sdk/client-cognito-identity-provider`), or the name of the service (`cognito-idp`).
    private static func service(named name: String) -> Service? {
        let plain = name.lowercased().filter { $0 != "-" && $0 != " " }
        if plain.range(of: "bedrockagentcore") != nil { return .agentCore }
        let pools = ["cognitoidentityserviceprovider", "cognitoidentityprovider", "cognitoidp"]
        if pools.contains(where: { plain.hasSuffix($0) }) { return .userPools }
        return plain.hasSuffix("secretsmanager") ? .secrets : nil
    }

    func answer(of client: AWSClient) async throws(ResourceFailure) -> JSONValue {
        switch service {
        case .agentCore: try await client.agentCore(operation, input)
        case .userPools:
            try await client.json(
                "cognito-idp", "AWSCognitoIdentityProviderService.\(operation)", .object(input))
        case .secrets: try await client.json("secretsmanager", "secretsmanager.\(operation)", .object(input))
        }
    }
}
