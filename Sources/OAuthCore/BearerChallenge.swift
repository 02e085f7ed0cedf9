/// A `WWW-Authenticate: Bearer` challenge: RFC 6750 section 3 with `resource_metadata` of RFC 9728 section 5.1.
package struct BearerChallenge: Hashable, Sendable {
    package enum Part: String, Hashable, Sendable {
        case realm
        case error
        case errorDescription = "error_description"
        case scope
        case resourceMetadata = "resource_metadata"
    }

    package var realm: String?
    package var error: OAuthError.Code?
    package var errorDescription: String?
    package var scope: String?
    package var resourceMetadata: String?
    /// Servers differ in the order of the parts and clients must not care; a fake keeps the order of its original.
    package var order: [Part]

    package init(
        error: OAuthError.Code? = nil, errorDescription: String? = nil, scope: String? = nil,
        resourceMetadata: String? = nil, realm: String? = nil,
        order: [Part] = [.realm, .error, .errorDescription, .scope, .resourceMetadata]
    ) {
        self.realm = realm
        self.error = error
        self.errorDescription = errorDescription
        self.scope = scope
        self.resourceMetadata = resourceMetadata
        self.order = order
    }

    /// `Bearer error="invalid_token", resource_metadata="https://…"`; `Bearer` alone if there is nothing to say.
    package var rendered: String {
        let parts = order.compactMap { part in value(of: part).map { "\(part.rawValue)=\"\(quotable($0))\"" } }
        return parts.isEmpty ? "Bearer" : "Bearer \(parts.joined(separator: ", "))"
    }

    private func value(of part: Part) -> String? {
        switch part {
        case .realm: realm
        case .error: error?.rawValue
        case .errorDescription: errorDescription
        case .scope: scope
        case .resourceMetadata: resourceMetadata
        }
    }
}
