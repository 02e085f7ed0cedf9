package import Kernel

/// A metadata document lacks what a client needs.
package struct MetadataFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}

/// An authorization server's metadata: RFC 8414 section 2 and OpenID Connect Discovery section 3.
package struct AuthorizationServerMetadata: Hashable, Sendable {
    package let issuer: String
    package let authorizationEndpoint: String
    package let tokenEndpoint: String
    package let jwksURI: String?
    /// Absent means `client_secret_basic`.
    package let tokenEndpointAuthMethods: [String]
    package let codeChallengeMethods: [String]
    /// RFC 9207 section 3.
    package let issParameterSupported: Bool

    package init(json: JSONValue) throws(MetadataFailure) {
        issuer = try Self.issuer(json)
        authorizationEndpoint = try Self.url("authorization_endpoint", json)
        tokenEndpoint = try Self.url("token_endpoint", json)
        jwksURI = json["jwks_uri"]?.string
        tokenEndpointAuthMethods =
            json["token_endpoint_auth_methods_supported"]?.strings ?? ["client_secret_basic"]
        codeChallengeMethods = json["code_challenge_methods_supported"]?.strings ?? []
        issParameterSupported = json["authorization_response_iss_parameter_supported"]?.bool ?? false
    }

    /// `8414-04`: without query and fragment (RFC 8414 section 2). Who fetches it sees to https.
    private static func issuer(_ json: JSONValue) throws(MetadataFailure) -> String {
        let text = try url("issuer", json)
        guard let parts = URLParts(text), parts.userInfo == nil, !text.utf8.contains(UInt8(ascii: "?")),
            !text.utf8.contains(UInt8(ascii: "#"))
        else { throw MetadataFailure("the issuer is no URL without query and fragment") }
        return text
    }

    private static func url(_ name: String, _ json: JSONValue) throws(MetadataFailure) -> String {
        guard let text = json[name]?.string, let parts = URLParts(text), ["https", "http"].contains(parts.scheme) else {
            throw MetadataFailure("metadata has no \(name) that is a URL")
        }
        return text
    }

    /// RFC 8414 section 3.1: the well-known part stands between host and path, which loses a final slash. nil if
    /// `issuer` is no URL.
    package static func oauthURL(of issuer: String) -> String? {
        guard let parts = URLParts(issuer) else { return nil }
        let path = parts.path.hasSuffix("/") ? String(parts.path.dropLast()) : parts.path
        return "\(parts.origin)/.well-known/oauth-authorization-server\(path)"
    }

    /// OpenID Connect Discovery section 4: it is appended, and a final slash is lost there too (section 4.1).
    package static func openIDURL(of issuer: String) -> String {
        let base = issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer
        return "\(base)/.well-known/openid-configuration"
    }
}
