import AWSCore
import Kernel

/// What a gateway's `authorizerConfiguration` must be beyond its shape.
enum AuthorizerInput {
    private static let path = "authorizerConfiguration.customJWTAuthorizer"
    /// Members that say whose tokens are taken.
    private static let checks = ["allowedAudience", "allowedClients", "allowedScopes", "customClaims"]

    /// All that is wrong with it in the input of a create or update.
    static func faults(_ input: JSONObject) -> [AWSError.Field] {
        let needsJWT = input["authorizerType"] == "CUSTOM_JWT"
        guard let jwt = input["authorizerConfiguration"]?["customJWTAuthorizer"] else {
            let message = "Member must not be null when authorizerType is CUSTOM_JWT"
            return needsJWT ? [.init("authorizerConfiguration", message)] : []
        }
        var faults: [AWSError.Field] = []
        // Without any of them whoever has a token of the issuer would be let in (ledger `gateway-authorizer-names`).
        if needsJWT, checks.allSatisfy({ jwt[$0] == nil }) {
            faults.append(.init(path, "Member must have at least one of \(checks.joined(separator: ", "))"))
        }
        faults += DependentMembers.certificates(jwt, path)
        let scopes = jwt["allowedScopes"]?.strings ?? []
        let advertised = jwt["advertisedScopeMapping"]?.object?.names ?? []
        if let scope = advertised.first(where: { !scopes.contains($0) }) {
            faults.append(
                .init("\(path).advertisedScopeMapping", "Member must have keys of allowedScopes; \(scope) is none"))
        }
        for (index, row) in (jwt["customClaims"]?.array ?? []).enumerated() {
            if let fault = fault(row, "\(path).customClaims.\(index + 1).member") { faults.append(fault) }
        }
        return faults
    }

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
