import AWSCore
import HTTPTypes
import Kernel
import OAuthCore

extension GatewayRecord {
    /// The scopes that clients are told to ask for: `allowedScopes`, by `advertisedScopeMapping` where it names one.
    var advertisedScopes: [String] {
        let mapping = customJWTAuthorizer?["advertisedScopeMapping"]
        return (customJWTAuthorizer?["allowedScopes"]?.strings ?? []).map { mapping?[$0]?.string ?? $0 }
    }

    /// Where the metadata of the protected resource lies, as the challenge says it.
    func metadataURL(_ addresses: AddressBook) -> String {
        addresses.gatewayBase(id.rawValue) + "/.well-known/oauth-protected-resource"
    }
}

extension Gateway {
    /// The protected resource metadata (RFC 9728 section 3.2, E26): for everybody, with a token or without. Only a
    /// gateway that takes tokens of an issuer has one.
    func metadata(_ request: Request, _ gateway: GatewayRecord) async throws(Refused) -> Response {
        guard request.method == .get || request.method == .head else {
            throw Refused(Response(405, headers: [.allow: "GET"]))
        }
        guard gateway.authorizerType == "CUSTOM_JWT",
            let discovery = gateway.customJWTAuthorizer?["discoveryUrl"]?.string
        else { throw Refused(AWSError(.resourceNotFound, "This gateway has no authorization server").response) }
        let issuer = await authorizer.cache.keys(for: discovery)?.issuer ?? Self.issuer(of: discovery)
        var document: JSONObject = [
            "authorization_servers": [.string(issuer)],
            "resource": .string(world.addresses.gatewayBase(gateway.id.rawValue) + "/mcp"),
        ]
        let scopes = gateway.advertisedScopes
        // U24: where the gateway demands none.
        if !scopes.isEmpty || world.switches.choice(.metadataScopes) == "empty" {
            document.append("scopes_supported", .strings(scopes))
        }
        return .json(200, .object(document))
    }

    /// The issuer a discovery URL was made from, for the time its document cannot be read: the well-known part is
    /// appended (OpenID Connect Discovery section 4) or inserted before the path (RFC 8414 section 3.1).
    private static func issuer(of discovery: String) -> String {
        guard let mark = discovery.range(of: "/.well-known/") else { return discovery }
        let rest = discovery[mark.upperBound...]
        let inserted = rest.firstIndex(of: "/").map { rest[$0...] } ?? ""
        return String(discovery[..<mark.lowerBound]) + inserted
    }
}
