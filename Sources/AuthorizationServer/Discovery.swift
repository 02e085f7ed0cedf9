import Kernel
import OAuthCore

// The metadata document (RFC 8414), the same at both of its addresses (`github-discovery`).
extension AuthorizationServer {
    func metadata() -> Response {
        var document: JSONObject = [
            "issuer": .string(issuer),
            "authorization_endpoint": .string(origin + profile.endpoints.authorize),
            "token_endpoint": .string(origin + profile.endpoints.token),
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
            "scopes_supported": .strings(profile.scopes.names),
        ]
        if profile.proofKey != .ignored { document.append("code_challenge_methods_supported", ["S256"]) }
        if profile.sendsIssuer, world.switches.isOn(.issuerInMetadata) {
            document.append("authorization_response_iss_parameter_supported", true)
        }
        return .json(200, .object(document))
    }
}
