package import Kernel

/// What control plane, identity service and gateway of one lab have in common.
package struct AWSSettings: Sendable {
    /// Endpoints of an authorization server whose vendor names need no configuration of their own.
    package struct VendorEndpoints: Sendable, Hashable {
        package let issuer: String
        package let authorizationEndpoint: String
        package let tokenEndpoint: String
        package init(issuer: String, authorizationEndpoint: String, tokenEndpoint: String) {
            self.issuer = issuer
            self.authorizationEndpoint = authorizationEndpoint
            self.tokenEndpoint = tokenEndpoint
        }
    }

    package let region: String
    /// By vendor of the model: `GithubOauth2` reaches this lab's GitHub.
    package let vendorEndpoints: [String: VendorEndpoints]
    package let servicePrincipal: ServicePrincipal
    /// How long work takes that AWS does after its answer.
    package let work: Span
    package let quotas: Quotas
    /// When what nobody made came to be: the lab's first moment.
    package let began: Instant
    /// Reads documents in YAML; nil where there is nobody who can.
    package let yaml: YAMLReader?

    package typealias YAMLReader = @Sendable (String) throws(YAMLMistake) -> JSONValue

    /// Why a text is no YAML.
    package struct YAMLMistake: Error, Sendable {
        package let reason: String
        package init(_ reason: String) { self.reason = reason }
    }

    /// How much an account may have (ledger `aws-quotas`).
    package struct Quotas: Sendable, Hashable {
        package var gateways = 1000
        package var targetsPerGateway = 100
        package var toolsPerTarget = 1000
        /// Targets of one gateway that are worked on at a time.
        package var targetOperations = 5
        package var credentialProviders = 50
        package var workloadIdentities = 11_000
        /// Bytes of one `inlinePayload`.
        package var inlineSchema = 1_048_576
        package init() {}

        /// By the names that a lab's file has for them.
        private static let members: [(name: String, path: any WritableKeyPath<Quotas, Int> & Sendable)] = [
            ("gateways", \.gateways), ("targetsPerGateway", \.targetsPerGateway), ("toolsPerTarget", \.toolsPerTarget),
            ("targetOperations", \.targetOperations), ("credentialProviders", \.credentialProviders),
            ("workloadIdentities", \.workloadIdentities), ("inlineSchema", \.inlineSchema),
        ]
        package static let names = members.map(\.name)

        /// A name that is none of `names` sets nothing.
        package mutating func set(_ name: String, _ value: Int) {
            for member in Self.members where member.name == name { self[keyPath: member.path] = value }
        }
    }

    package init(
        servicePrincipal: ServicePrincipal, vendorEndpoints: [String: VendorEndpoints], region: String = "us-east-1",
        work: Span = .milliseconds(50), quotas: Quotas = Quotas(), began: Instant = Instant(milliseconds: 0),
        yaml: YAMLReader? = nil
    ) {
        self.servicePrincipal = servicePrincipal
        self.vendorEndpoints = vendorEndpoints
        self.region = region
        self.work = work
        self.quotas = quotas
        self.began = began
        self.yaml = yaml
    }

    /// With the built-in vendor that this lab plays itself.
    package init(servicePrincipal: ServicePrincipal, addresses: AddressBook) {
        self.init(servicePrincipal: servicePrincipal, vendorEndpoints: Self.vendors(at: addresses))
    }

    /// `GithubOauth2` at the lab's own GitHub (ledger `github-endpoints`), the others where they are.
    package static func vendors(at addresses: AddressBook) -> [String: VendorEndpoints] {
        let github = addresses.origin(of: .github) + "/login/oauth"
        var vendors = VendorEndpoints.published
        vendors["GithubOauth2"] = VendorEndpoints(
            issuer: github, authorizationEndpoint: github + "/authorize", tokenEndpoint: github + "/access_token")
        return vendors
    }

    package var names: AWSNames { AWSNames(region: region) }
}
