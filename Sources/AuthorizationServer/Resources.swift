import Kernel
import OAuthCore

// What a token is for: resource indicators, RFC 8707.
extension AuthorizationServer {
    /// `8707-01`: an absolute URI without fragment; anything else names nothing.
    static func isResource(_ text: String) -> Bool {
        guard let parts = URLParts(text) else { return false }
        return parts.fragment == nil && !text.utf8.contains(UInt8(ascii: "#"))
    }

    /// `resource-narrowing`: which of the granted resources a token is asked for; all of them if none is named.
    ///
    /// - Throws: `invalid_target` (RFC 8707 section 2.2) for one that was not granted.
    func resources(
        of asked: TokenRequest, within granted: [String]?, in transaction: inout Transaction
    ) throws(OAuthError) -> [String]? {
        guard profile.features.restrictsAudience else { return nil }
        let named = ScopeSet(asked.all("resource")).names
        guard !named.isEmpty else { return granted }
        guard named.allSatisfy(Self.isResource) else { throw OAuthError(.invalidTarget, "A resource is no URI.") }
        if let granted, !named.allSatisfy(granted.contains), world.switches.holds(.resourceNarrowing) {
            note(.resourceNarrowing, "a resource was not granted when the user was asked", in: &transaction)
            throw OAuthError(.invalidTarget, "A resource was not granted.")
        }
        return named
    }
}
