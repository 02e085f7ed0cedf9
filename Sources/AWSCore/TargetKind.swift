package import Kernel

/// The types of targets, by the name that lists show (`TargetType` of the model).
package enum TargetKind: String, Sendable, Hashable, CaseIterable {
    case mcpServer = "MCP_SERVER"
    case lambda = "LAMBDA"
    case openAPI = "OPEN_API_SCHEMA"
    case smithy = "SMITHY_MODEL"
    case apiGateway = "API_GATEWAY"
    case runtime = "AGENTCORE_RUNTIME"
    case passthrough = "PASSTHROUGH"
    case httpConnector = "HTTP_CONNECTOR"
    case provider = "PROVIDER"
    case connector = "CONNECTOR"

    /// By the two unions of `targetConfiguration`.
    package init?(_ configuration: JSONObject) {
        let outer = configuration.members.first
        let inner = outer?.value.object?.members.first?.name ?? ""
        switch (outer?.name ?? "", inner) {
        case ("mcp", "mcpServer"): self = .mcpServer
        case ("mcp", "lambda"): self = .lambda
        case ("mcp", "openApiSchema"): self = .openAPI
        case ("mcp", "smithyModel"): self = .smithy
        case ("mcp", "apiGateway"): self = .apiGateway
        case ("mcp", "connector"), ("inference", "connector"): self = .connector
        case ("http", "agentcoreRuntime"): self = .runtime
        case ("http", "passthrough"): self = .passthrough
        case ("http", "connector"): self = .httpConnector
        case ("inference", "provider"): self = .provider
        default: return nil
        }
    }
}

/// What a gateway can prove itself with to a target.
package enum TargetCredential: String, Sendable, Hashable, CaseIterable {
    case none = "none"
    case gatewayRole = "GATEWAY_IAM_ROLE"
    case callerIAM = "CALLER_IAM_CREDENTIALS"
    case clientCredentials = "OAUTH with grant type CLIENT_CREDENTIALS"
    case authorizationCode = "OAUTH with grant type AUTHORIZATION_CODE"
    case tokenExchange = "OAUTH with grant type TOKEN_EXCHANGE"
    case apiKey = "API_KEY"
    case jwtPassthrough = "JWT_PASSTHROUGH"

    /// Of `credentialProviderConfigurations`; nil for a type the model does not have.
    package init?(_ credentials: [JSONValue]) {
        guard let first = credentials.first else {
            self = .none
            return
        }
        switch first["credentialProviderType"]?.string {
        case "GATEWAY_IAM_ROLE": self = .gatewayRole
        case "CALLER_IAM_CREDENTIALS": self = .callerIAM
        case "API_KEY": self = .apiKey
        case "JWT_PASSTHROUGH": self = .jwtPassthrough
        case "OAUTH":
            let provider = first["credentialProvider"]?["oauthCredentialProvider"]?.object ?? [:]
            switch OAuthCredential(provider).grant {
            case .clientCredentials: self = .clientCredentials
            case .authorizationCode: self = .authorizationCode
            case .tokenExchange: self = .tokenExchange
            }
        default: return nil
        }
    }
}

extension TargetKind {
    /// The matrix of the developer guide, page gateway-outbound-auth (ledger `target-credential-matrix`).
    package var credentials: [TargetCredential] {
        switch self {
        case .mcpServer, .openAPI:
            [.none, .gatewayRole, .clientCredentials, .authorizationCode, .tokenExchange, .apiKey]
        case .lambda: [.gatewayRole]
        case .smithy: [.gatewayRole, .clientCredentials]
        case .apiGateway: [.none, .gatewayRole, .apiKey]
        case .runtime, .passthrough: [.gatewayRole, .callerIAM, .clientCredentials, .jwtPassthrough]
        case .httpConnector, .provider, .connector: TargetCredential.allCases
        }
    }
}

extension TargetRecord {
    package var kind: TargetKind? { TargetKind(configuration) }
    package var credential: TargetCredential? { TargetCredential(credentials) }
    /// `apiKeyCredentialProvider`, if the target has one.
    package var apiKey: APIKeyCredential? {
        (credentials.first?["credentialProvider"]?["apiKeyCredentialProvider"]?.object).map(APIKeyCredential.init)
    }
    /// `iamCredentialProvider`, if the target has one.
    package var iam: JSONObject? { credentials.first?["credentialProvider"]?["iamCredentialProvider"]?.object }
}

/// `apiKeyCredentialProvider` of a target.
package struct APIKeyCredential: Sendable, Hashable {
    /// Last part of `providerArn`.
    package let provider: ProviderName
    /// Of the header or query parameter; nil where none was named (ledger `U23`).
    package let parameter: String?
    package let prefix: String?
    package let isInQuery: Bool

    package init(_ json: JSONObject) {
        provider = ProviderName(ofARN: json["providerArn"])
        parameter = json["credentialParameterName"]?.string
        prefix = json["credentialPrefix"]?.string
        isInQuery = json["credentialLocation"] == "QUERY_PARAMETER"
    }
}
