package import Kernel

// The nouns that control plane, identity service and gateway share. The behaviour is each party's own.

package enum GatewayTag {}
package typealias GatewayID = Identifier<GatewayTag>
package enum TargetTag {}
package typealias TargetID = Identifier<TargetTag>
package enum ProviderTag {}
/// Name of a credential provider, unique in an account.
package typealias ProviderName = Identifier<ProviderTag>
package enum WorkloadTag {}
/// Name of a workload identity, unique in an account.
package typealias WorkloadName = Identifier<WorkloadTag>
package enum ProviderIDTag {}
/// A credential provider of one account: another account may have one of the same name (ledger `names-per-account`).
package typealias ProviderID = Identifier<ProviderIDTag>
package enum WorkloadIDTag {}
/// A workload identity of one account.
package typealias WorkloadID = Identifier<WorkloadIDTag>

extension Identifier where Tag == ProviderTag {
    package func of(_ account: String) -> ProviderID { ProviderID("\(account)/\(rawValue)") }

    /// Last part of a `providerArn`.
    init(ofARN arn: JSONValue?) {
        let text = arn?.string ?? ""
        self.init(text.pieces(by: "/").last.map(String.init) ?? text)
    }
}

extension Identifier where Tag == WorkloadTag {
    package func of(_ account: String) -> WorkloadID { WorkloadID("\(account)/\(rawValue)") }
}

extension Identifier where Tag == WorkloadIDTag {
    /// The account that has the identity; no name has a slash.
    package var account: String { rawValue.pieces(by: "/").first.map(String.init) ?? "" }
}

/// A gateway as `CreateGateway` made it. Members of the API that nothing decides on stay in `request`, to be echoed.
package struct GatewayRecord: Record {
    package static let collection = "gateway"
    package let id: GatewayID
    package var account: String
    package var name: String
    package var status: GatewayStatus
    package var statusReasons: [String] = []
    package let createdAt: Instant
    package var updatedAt: Instant
    /// Input of the last create or update.
    package var request: JSONObject
    package var keys: [RecordKey] { [RecordKey("account", account), RecordKey("name", "\(account)/\(name)")] }

    package init(
        id: GatewayID, account: String, name: String, status: GatewayStatus, createdAt: Instant, request: JSONObject
    ) {
        self.id = id
        self.account = account
        self.name = name
        self.status = status
        self.createdAt = createdAt
        updatedAt = createdAt
        self.request = request
    }

    /// `CUSTOM_JWT`, `AWS_IAM`, `NONE` or `AUTHENTICATE_ONLY`.
    package var authorizerType: String { request["authorizerType"]?.string ?? "" }
    package var customJWTAuthorizer: JSONObject? { request["authorizerConfiguration"]?["customJWTAuthorizer"]?.object }
    /// `protocolConfiguration.mcp`.
    package var mcp: JSONObject { request["protocolConfiguration"]?["mcp"]?.object ?? [:] }
    package var supportedVersions: [String] { mcp["supportedVersions"]?.strings ?? [] }
    /// Only with `sessionConfiguration`.
    package var keepsSessions: Bool { mcp["sessionConfiguration"] != nil }
    package var isDebug: Bool { request["exceptionLevel"] == "DEBUG" }
    /// The gateway's own workload identity: made with the gateway, named by its id.
    package var workloadName: WorkloadName { WorkloadName(id.rawValue) }
}

package enum GatewayStatus: String, Sendable, Codable, CaseIterable {
    case creating = "CREATING"
    case updating = "UPDATING"
    case updateUnsuccessful = "UPDATE_UNSUCCESSFUL"
    case deleting = "DELETING"
    case ready = "READY"
    case failed = "FAILED"
}

/// A gateway target.
package struct TargetRecord: Record {
    package static let collection = "target"
    package let id: TargetID
    package let gateway: GatewayID
    package var name: String
    package var description: String?
    /// Where `TargetMachine` stands.
    package var state: TargetMachine.State
    package var statusReasons: [String] = []
    package let createdAt: Instant
    package var updatedAt: Instant
    package var lastSynchronizedAt: Instant?
    /// `targetConfiguration` as it was sent.
    package var configuration: JSONObject
    /// `credentialProviderConfigurations` as they were sent; at most one.
    package var credentials: [JSONValue]
    package var metadata: JSONValue?
    /// `privateEndpoint` and `certificateConfigurations` as they were sent: shown again, and nothing acts on them.
    package var connection: JSONObject?
    package var authorization: TargetAuthorization?
    /// The one it waited for last, after the waiting (ledger `U2`).
    package var formerAuthorization: TargetAuthorization?
    package var keys: [RecordKey] {
        let keys = [RecordKey("gateway", gateway.rawValue), RecordKey("name", "\(gateway)/\(name)")]
        // So that those at work are counted without a look at all the others.
        return status.isWorking ? keys + [RecordKey("working", gateway.rawValue)] : keys
    }

    package init(
        id: TargetID, gateway: GatewayID, name: String, state: TargetMachine.State, createdAt: Instant,
        configuration: JSONObject, credentials: [JSONValue]
    ) {
        self.id = id
        self.gateway = gateway
        self.name = name
        self.state = state
        self.createdAt = createdAt
        updatedAt = createdAt
        self.configuration = configuration
        self.credentials = credentials
    }

    package var status: TargetStatus { state.status }
    /// `targetConfiguration.mcp.mcpServer`.
    package var mcpServer: JSONObject? { configuration["mcp"]?["mcpServer"]?.object }
    /// The OAuth credential configuration, if the target has one.
    package var oauth: OAuthCredential? {
        guard let provider = credentials.first?["credentialProvider"]?["oauthCredentialProvider"]?.object else {
            return nil
        }
        return OAuthCredential(provider)
    }
}

/// `oauthCredentialProvider` of a target.
package struct OAuthCredential: Sendable, Hashable {
    package enum Grant: String, Sendable {
        case clientCredentials = "CLIENT_CREDENTIALS"
        case authorizationCode = "AUTHORIZATION_CODE"
        case tokenExchange = "TOKEN_EXCHANGE"
    }
    /// Last part of `providerArn`.
    package let provider: ProviderName
    package let grant: Grant
    package let scopes: [String]
    package let customParameters: JSONObject
    package let defaultReturnURL: String?

    package init(_ json: JSONObject) {
        provider = ProviderName(ofARN: json["providerArn"])
        // Without grantType older tools mean CLIENT_CREDENTIALS (ledger P41).
        grant = Grant(rawValue: json["grantType"]?.string ?? "") ?? .clientCredentials
        scopes = json["scopes"]?.strings ?? []
        customParameters = json["customParameters"]?.object ?? [:]
        defaultReturnURL = json["defaultReturnUrl"]?.string
    }
}

/// What an admin needs for the consent a target waits for: one per create, update or synchronization.
package struct TargetAuthorization: Sendable, Hashable, Codable {
    package let url: String
    /// Opaque; gateway id, target id and a UUID in one word.
    package let userID: String
    package let sessionURI: String
    package init(url: String, userID: String, sessionURI: String) {
        self.url = url
        self.userID = userID
        self.sessionURI = sessionURI
    }
}

/// Tools of a target as they were crawled or given up front.
package struct CatalogueRecord: Record {
    package static let collection = "catalogue"
    package let id: TargetID
    package let gateway: GatewayID
    /// Tool definitions as the target names them, without the target's prefix.
    package var tools: [JSONValue]
    package var keys: [RecordKey] { [RecordKey("gateway", gateway.rawValue)] }
    package init(id: TargetID, gateway: GatewayID, tools: [JSONValue]) {
        self.id = id
        self.gateway = gateway
        self.tools = tools
    }
}

/// Prompts and resources of a target, as they were read with its tools.
package struct OfferRecord: Record {
    package static let collection = "gateway-offer"
    /// The target.
    package let id: TargetID
    package let prompts: [JSONValue]
    package let resources: [JSONValue]
    package let templates: [JSONValue]
    package var isEmpty: Bool { prompts.isEmpty && resources.isEmpty && templates.isEmpty }
    package init(id: TargetID, prompts: [JSONValue], resources: [JSONValue], templates: [JSONValue]) {
        self.id = id
        self.prompts = prompts
        self.resources = resources
        self.templates = templates
    }
}

extension Transaction {
    /// Forgets whatever was read or given of a target.
    package mutating func forgetContents(of target: TargetID) {
        remove(CatalogueRecord.self, target)
        remove(OfferRecord.self, target)
        remove(APIOperationsRecord.self, target)
    }
}

/// An OAuth2 credential provider: a client registration somewhere else, with its secret.
package struct CredentialProviderRecord: Record {
    package static let collection = "credential-provider"
    package let id: ProviderID
    package let name: ProviderName
    package let account: String
    /// `GithubOauth2`, `CustomOauth2`, …
    package var vendor: String
    package var clientID: String
    package var clientSecret: Secret?
    /// Where the authorization server's endpoints come from.
    package var discovery: Discovery
    /// `CLIENT_SECRET_BASIC`, `CLIENT_SECRET_POST`, …; nil where the caller named none.
    package var authenticationMethod: String?
    /// Last part of `callbackUrl`, unique per provider; a recreated provider has another.
    package let callbackID: String
    package let secretSuffix: String
    /// The configuration as it was sent, without secrets; echoed.
    package var configuration: JSONObject
    package let createdAt: Instant
    package var updatedAt: Instant
    package var keys: [RecordKey] { [RecordKey("callback", callbackID), RecordKey("account", account)] }

    /// `clientSecretSource`: the service's own secret where nothing is said.
    package var secretSource: String {
        configuration.members.first?.value["clientSecretSource"]?.string ?? SecretSource.managed
    }
    /// `clientSecretConfig`, where the client secret lies in the caller's own secret.
    package var secretReference: JSONValue? {
        secretSource == SecretSource.external ? configuration.members.first?.value["clientSecretConfig"] : nil
    }

    package enum Discovery: Sendable, Hashable, Codable {
        case url(String)
        case metadata(issuer: String, authorizationEndpoint: String, tokenEndpoint: String, methods: [String])
    }

    package init(
        name: ProviderName, account: String, vendor: String, clientID: String, clientSecret: Secret?,
        discovery: Discovery,
        authenticationMethod: String?, callbackID: String, secretSuffix: String, configuration: JSONObject,
        createdAt: Instant
    ) {
        id = name.of(account)
        self.name = name
        self.account = account
        self.vendor = vendor
        self.clientID = clientID
        self.clientSecret = clientSecret
        self.discovery = discovery
        self.authenticationMethod = authenticationMethod
        self.callbackID = callbackID
        self.secretSuffix = secretSuffix
        self.configuration = configuration
        self.createdAt = createdAt
        updatedAt = createdAt
    }
}

/// An agent's own identity.
package struct WorkloadIdentityRecord: Record {
    package static let collection = "workload-identity"
    package let id: WorkloadID
    package let name: WorkloadName
    package let account: String
    /// Made by the service for a gateway: no caller gets a token for it.
    package let isServiceLinked: Bool
    /// Another one where the identity was deleted and made anew; nil for one whose name never comes again.
    package let birth: String?
    /// None and an empty list are the same.
    package var allowedReturnURLs: [String]?
    package let createdAt: Instant
    package var updatedAt: Instant
    package var keys: [RecordKey] { [RecordKey("account", account)] }

    package init(
        name: WorkloadName, account: String, isServiceLinked: Bool, birth: String? = nil,
        allowedReturnURLs: [String]?, createdAt: Instant
    ) {
        id = name.of(account)
        self.birth = birth
        self.name = name
        self.account = account
        self.isServiceLinked = isServiceLinked
        self.allowedReturnURLs = allowedReturnURLs
        self.createdAt = createdAt
        updatedAt = createdAt
    }
}
