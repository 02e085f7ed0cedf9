package import Kernel

/// Members that are checked, kept and shown, but that nothing in a lab acts on. A caller who sends one should read so
/// in the journal rather than wonder. A test holds the list: every member of every input is read by some party, stands
/// here, or is refused by name.
package enum InertMembers {
    /// Paths by the beginning of an operation's name without its verb.
    private static let paths: [(noun: String, paths: [String])] = [
        (
            "Gateway",
            [
                "kmsKeyArn", "policyEngineConfiguration", "wafConfiguration", "customTransformConfiguration",
                "domainOverride", "authorizerConfiguration.customJWTAuthorizer.privateEndpoint",
                "authorizerConfiguration.customJWTAuthorizer.privateEndpointOverrides",
                "authorizerConfiguration.customJWTAuthorizer.certificateConfigurations",
                "authorizerConfiguration.customJWTAuthorizer.allowedWorkloadConfiguration",
                "interceptorConfigurations.inputConfiguration.payloadFilter",
            ]
        ),
        ("GatewayTarget", ["privateEndpoint", "certificateConfigurations"]),
        ("GatewayRule", ["actions", "conditions"]),
        ("GatewayRateLimit", ["entries"]),
        ("GatewayRateLimits", ["rateLimits"]),
        ("ConsentPortal", ["executionRoleArn", "idpConfig", "sources"]),
        ("TokenVaultCMK", ["kmsConfiguration"]),
        ("ResourcePolicy", ["policy"]),
        (
            "Oauth2CredentialProvider",
            [
                "privateEndpoint", "privateEndpointOverrides", "certificateConfigurations",
                "privateKeyJwtConfig.privateKeySource", "privateKeyJwtConfig.additionalHeaderClaims",
            ].map { "oauth2ProviderConfigInput.customOauth2ProviderConfig.\($0)" }
        ),
    ]
    private static let verbs = ["Create", "Update", "BatchPut", "Put", "Set", "Get"]

    /// Which of them an input has.
    package static func present(in input: JSONObject, of operation: String) -> [String] {
        // Asked with every call; most inputs have none, and their first names tell.
        ways(for: operation).filter { way in
            input[way[0]].map { has($0, way.dropFirst()) } ?? false
        }.map { $0.joined(separator: ".") }
    }

    /// Those of an operation.
    package static func listed(for operation: String) -> [String] {
        ways(for: operation).map { $0.joined(separator: ".") }
    }

    private static func ways(for operation: String) -> [[String]] { waysOfOperations[operation] ?? [] }

    private static let waysOfOperations: [String: [[String]]] = Dictionary(
        uniqueKeysWithValues: paths.flatMap { noun, paths in
            let ways = paths.map { $0.pieces(by: ".").map(String.init) }
            return verbs.map { ("\($0)\(noun)", ways) }
        })

    /// Whether there is something at a path; of a list any item counts.
    private static func has(_ value: JSONValue, _ path: ArraySlice<String>) -> Bool {
        if let items = value.array { return items.contains { has($0, path) } }
        guard let name = path.first else { return !value.isNull }
        return value[name].map { has($0, path.dropFirst()) } ?? false
    }
}
