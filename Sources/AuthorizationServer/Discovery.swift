import Kernel
import OAuthCore

// The metadata document (RFC 8414), the same at both of its addresses (`github-discovery`).
extension AuthorizationServer {
    func metadata() -> Response {
        let features = profile.features
        var grants = ["authorization_code"]
        if profile.lives.refreshToken != .never { grants.append("refresh_token") }
        if features.clientCredentials { grants.append("client_credentials") }
        if features.device != nil { grants.append(Self.deviceGrant) }
        let methods = features.clientAuthentication.map(\.rawValue)
        var document: JSONObject = [
            "issuer": .string(issuer),
            "authorization_endpoint": .string(origin + profile.endpoints.authorize),
            "token_endpoint": .string(origin + profile.endpoints.token),
            "response_types_supported": ["code"],
            "grant_types_supported": .strings(grants),
            "token_endpoint_auth_methods_supported": .strings(methods),
            "scopes_supported": .strings(profile.scopes.names),
        ]
        if features.clientAuthentication.contains(.privateKeyJWT) {
            document.append(
                "token_endpoint_auth_signing_alg_values_supported",
                .strings(SignatureAlgorithm.all.map(\.rawValue)))
        }
        let endpoints = [
            ("registration_endpoint", features.registration?.endpoint), ("revocation_endpoint", features.revocation),
            ("introspection_endpoint", features.introspection),
            ("device_authorization_endpoint", features.device?.endpoint),
            ("pushed_authorization_request_endpoint", features.pushedRequests?.endpoint),
        ]
        for (name, path) in endpoints { if let path { document.append(name, .string(origin + path)) } }
        if features.pushedRequests?.areRequired == true {
            document.append("require_pushed_authorization_requests", true)
        }
        if features.readsClientDocuments { document.append("client_id_metadata_document_supported", true) }
        if profile.proofKey != .ignored { document.append("code_challenge_methods_supported", ["S256"]) }
        if profile.sendsIssuer, world.switches.isOn(.issuerInMetadata) {
            document.append("authorization_response_iss_parameter_supported", true)
        }
        // `8414-05`: many clients take no OpenID document without these.
        if let openID = features.openID {
            document.append("jwks_uri", .string(origin + openID.keys))
            document.append("subject_types_supported", [.string(openID.subjects)])
            document.append("id_token_signing_alg_values_supported", ["RS256"])
        }
        // `Q10`: some servers' documents are of another server, or of none.
        for member in features.metadata.members { document[member.name] = member.value }
        return .json(200, .object(document))
    }
}
