package import Kernel

/// Members that are checked, kept and shown, but that nothing in a lab acts on. A caller who sends one should read so
/// in the journal rather than wonder.
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
            ]
        ),
        ("GatewayTarget", ["privateEndpoint", "certificateConfigurations"]),
        ("GatewayRule", ["actions", "conditions"]),
        ("GatewayRateLimit", ["entries"]),
        ("GatewayRateLimits", ["rateLimits"]),
        ("ConsentPortal", ["executionRoleArn", "idpConfig", "sources"]),
        ("TokenVaultCMK", ["kmsConfiguration"]),
        ("ResourcePolicy", ["policy"]),
        ("ResourceOauth2Token", ["audiences"]),
    ]
    private static let pathsOfNouns: [String: [[String]]] = Dictionary(
        uniqueKeysWithValues: paths.map { noun, paths in
            (noun, paths.map { $0.pieces(by: ".").map(String.init) })
        })
    private static let verbs = ["Create", "Update", "BatchPut", "Put", "Set", "Get"]

    /// Which of them an input has.
    package static func present(in input: JSONObject, of operation: String) -> [String] {
        guard let verb = verbs.first(where: { operation.hasPrefix($0) }) else { return [] }
        let noun = operation.dropFirst(verb.count)
        guard let entry = pathsOfNouns[String(noun)] else { return [] }
        return entry.filter { path in
            guard let first = input[path[0]] else { return false }
            let value = path.dropFirst().reduce(first as JSONValue?) { $0?[$1] }
            return value.map { $0 != .null } ?? false
        }.map { $0.joined(separator: ".") }
    }
}
