import Crypto
import Kernel

/// `at_hash` of an ID token: OpenID Connect Core section 3.1.3.6.
package enum AccessTokenHash {
    /// Left half of a SHA-256 in base64url, as every algorithm of 256 bits has it.
    package static func of(_ accessToken: String) -> String {
        Base64.encodeURL(SHA256.hash(data: Array(accessToken.utf8)).prefix(16))
    }
}
