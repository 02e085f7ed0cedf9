import Crypto
import Kernel

/// `at_hash` of an ID token: OpenID Connect Core section 3.1.3.6.
package enum AccessTokenHash {
    /// Left half of the access token's hash in base64url, by the hash that the ID token's signature is made with
    /// (`oidc-06`).
    package static func of(_ accessToken: String, signedBy algorithm: SignatureAlgorithm) -> String {
        let bytes = Array(accessToken.utf8)
        return switch algorithm.hash {
        case .sha256: leftHalf(Array(SHA256.hash(data: bytes)))
        case .sha384: leftHalf(Array(SHA384.hash(data: bytes)))
        case .sha512: leftHalf(Array(SHA512.hash(data: bytes)))
        }
    }

    private static func leftHalf(_ digest: [UInt8]) -> String {
        Base64.encodeURL(Array(digest[..<(digest.count / 2)]))
    }
}
