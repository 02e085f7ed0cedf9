import Kernel

/// Signature algorithms of RFC 7518 section 3.1 and RFC 8037 that a public key can check. `none` and HMAC are not among
/// them: a key set that anybody can read must never be a shared secret (RFC 8725 section 2.1).
package struct SignatureAlgorithm: RawRepresentable, Hashable, Sendable {
    package let rawValue: String
    let keyType: String
    /// What the message is hashed with on its way into the signature.
    let hash: Hash
    /// Curve the key must be on; nil for RSA.
    let curve: String?

    enum Hash {
        case sha256
        case sha384
        case sha512
    }

    private init(_ name: String, _ keyType: String, _ hash: Hash, curve: String? = nil) {
        rawValue = name
        self.keyType = keyType
        self.hash = hash
        self.curve = curve
    }

    package init?(rawValue: String) {
        guard let known = Self.all.first(where: { $0.rawValue == rawValue }) else { return nil }
        self = known
    }

    package static let all: [SignatureAlgorithm] = [
        .init("RS256", "RSA", .sha256), .init("RS384", "RSA", .sha384), .init("RS512", "RSA", .sha512),
        .init("PS256", "RSA", .sha256), .init("PS384", "RSA", .sha384), .init("PS512", "RSA", .sha512),
        .init("ES256", "EC", .sha256, curve: "P-256"), .init("ES384", "EC", .sha384, curve: "P-384"),
        .init("ES512", "EC", .sha512, curve: "P-521"),
        // RFC 8032 section 5.1: Ed25519 hashes by SHA-512.
        .init("EdDSA", "OKP", .sha512, curve: "Ed25519"),
    ]

    /// RFC 8725 section 3.1: the key's type, and whatever it says about itself, must fit the algorithm. An RSA key that
    /// names none, as Entra's do, serves all of them that the verifier's list has (`8725-01`).
    func fits(_ jwk: JSONObject) -> Bool {
        guard jwk["kty"]?.string == keyType, curve == nil || jwk["crv"]?.string == curve else { return false }
        if let use = jwk["use"], use.string != "sig" { return false }
        if let stated = jwk["alg"], stated.string != rawValue { return false }
        return true
    }
}
