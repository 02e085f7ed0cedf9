import Kernel

// What a gateway's `authorizerConfiguration` must be beyond its shape.

extension DependentMembers {
    private static let path = "authorizerConfiguration.customJWTAuthorizer"
    /// Members that say whose tokens are taken.
    private static let checks = ["allowedAudience", "allowedClients", "allowedScopes", "customClaims"]

    static let authorizer = [
        Rule("authorizerType") { input in
            guard input["authorizerType"] == "CUSTOM_JWT" else { return [] }
            guard let jwt = input["authorizerConfiguration"]?["customJWTAuthorizer"] else {
                return [.init("authorizerConfiguration", "Member must not be null when authorizerType is CUSTOM_JWT")]
            }
            // Without any of them whoever has a token of the issuer is let in (ledger `gateway-authorizer-names`).
            guard checks.allSatisfy({ jwt[$0] == nil }) else { return [] }
            return [.init(path, "Member must have at least one of \(checks.joined(separator: ", "))")]
        },
        Rule { input in
            input["authorizerConfiguration"]?["customJWTAuthorizer"].map { certificates($0, path) } ?? []
        },
        Rule("allowedScopes") { input in
            let jwt = input["authorizerConfiguration"]?["customJWTAuthorizer"]
            let scopes = jwt?["allowedScopes"]?.strings ?? []
            let advertised = jwt?["advertisedScopeMapping"]?.object?.names ?? []
            guard let scope = advertised.first(where: { !scopes.contains($0) }) else { return [] }
            return [
                .init("\(path).advertisedScopeMapping", "Member must have keys of allowedScopes; \(scope) is none")
            ]
        },
        Rule("inboundTokenClaimValueType", "claimMatchOperator") { input in
            let jwt = input["authorizerConfiguration"]?["customJWTAuthorizer"]
            return (jwt?["customClaims"]?.array ?? []).enumerated().compactMap { index, row in
                fault(row, "\(path).customClaims.\(index + 1).member")
            }
        },
    ]

    /// Type, operator and value of a claim belong together (ledger `custom-claim-forms`).
    private static func fault(_ row: JSONValue, _ place: String) -> AWSError.Field? {
        let type = row["inboundTokenClaimValueType"]?.string ?? ""
        let match = row["authorizingClaimMatchValue"]
        let chosen = match?["claimMatchOperator"]?.string ?? ""
        let operators = type == "STRING" ? ["EQUALS"] : ["CONTAINS", "CONTAINS_ANY"]
        guard operators.contains(chosen) else {
            return .init(
                "\(place).authorizingClaimMatchValue.claimMatchOperator",
                "Member must be \(operators.joined(separator: " or ")) when inboundTokenClaimValueType is \(type)")
        }
        let value = chosen == "CONTAINS_ANY" ? "matchValueStringList" : "matchValueString"
        guard match?["claimMatchValue"]?[value] == nil else { return nil }
        return .init(
            "\(place).authorizingClaimMatchValue.claimMatchValue.\(value)",
            "Member must not be null when claimMatchOperator is \(chosen)")
    }
}
