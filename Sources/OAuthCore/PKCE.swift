import Crypto
import Kernel

/// Proof Key for Code Exchange, RFC 7636; of its two methods only S256 exists here (RFC 9700 section 2.1.1).
package enum PKCE {
    /// RFC 7636 section 4.2: `BASE64URL(SHA256(ASCII(code_verifier)))`.
    package static func challenge(for verifier: String) -> String {
        Base64.encodeURL(SHA256.hash(data: Array(verifier.utf8)))
    }

    /// RFC 7636 section 4.1: 43 to 128 unreserved characters.
    package static func isLegal(verifier: String) -> Bool {
        (43...128).contains(verifier.utf8.count) && verifier.utf8.allSatisfy(isUnreserved)
    }

    /// RFC 7636 section 4.2: a SHA-256 digest in base64url without padding is exactly 43 characters long.
    package static func isLegal(challenge: String) -> Bool {
        challenge.utf8.count == 43 && Base64.decodeURL(challenge) != nil
    }

    /// RFC 7636 section 4.6.
    package static func matches(verifier: String, challenge: String) -> Bool {
        isLegal(verifier: verifier) && constantTimeEqual(self.challenge(for: verifier), challenge)
    }
}
