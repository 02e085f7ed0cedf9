import AWSCore
import Kernel

/// What the model's documentation says of members that depend on one another, and its shapes do not.
enum DependentMembers {
    /// Certificates are for a private endpoint (ledger `certificates-private`).
    static func certificates(_ config: JSONValue, _ path: String) -> [AWSError.Field] {
        guard config["certificateConfigurations"] != nil, config["privateEndpoint"] == nil else { return [] }
        return [.init("\(path).certificateConfigurations", "Member must be null when privateEndpoint is null")]
    }

    /// Only a token of the client's own has scopes (ledger `actor-scopes`).
    static func exchange(_ config: JSONValue, _ path: String) -> [AWSError.Field] {
        let member = "tokenExchangeGrantTypeConfig"
        let exchange = config["onBehalfOfTokenExchangeConfig"]?[member]
        guard let exchange, exchange["actorTokenScopes"] != nil, exchange["actorTokenContent"] != "M2M" else {
            return []
        }
        return [
            .init(
                "\(path).onBehalfOfTokenExchangeConfig.\(member).actorTokenScopes",
                "Member must be null unless actorTokenContent is M2M")
        ]
    }

    /// What the service itself says in a client assertion (ledger `assertion-claims`).
    private static let reserved = [
        ("additionalHeaderClaims", ["alg", "typ"]),
        ("additionalPayloadClaims", ["iss", "sub", "aud", "jti", "exp"]),
    ]

    static func claims(_ config: JSONValue, _ path: String) -> [AWSError.Field] {
        reserved.compactMap { member, names in
            let added = config["privateKeyJwtConfig"]?[member]?.object?.names ?? []
            guard let name = names.first(where: added.contains) else { return nil }
            return .init("\(path).privateKeyJwtConfig.\(member)", "Member must not contain \(name)")
        }
    }

    /// A gateway has each of its domains once, in whatever case (ledger `domains-once`).
    static func domains(_ input: JSONObject) -> [AWSError.Field] {
        // `default` is the wire's name for the model's `defaultDomain`.
        let main = input["domainOverride"]?["default"]?.string.map { [$0] } ?? []
        let all = (main + (input["domainOverride"]?["alternateDomains"]?.strings ?? [])).map { $0.lowercased() }
        guard Set(all).count < all.count else { return [] }
        return [
            .init(
                "domainOverride.alternateDomains",
                "Member must have each domain once, and not the default domain")
        ]
    }
}
