import Crypto
package import Kernel

/// Makes tokens that a careful verifier does not take: other headers, other algorithms, no signature. For attacks in
/// scenarios; no party has it. It stands here because it signs by the insides of keys.
package struct TokenForge: Sendable {
    /// Who signs.
    package enum Hand: String, Sendable, CaseIterable {
        /// The keys of the signer.
        case key
        /// HMAC, and what everybody can read of the key is its secret (RFC 8725 section 2.1).
        case publicKey = "public-key"
        /// Nobody: the signature is empty.
        case nobody
    }

    private let signer: TokenSigner

    package init(_ signer: TokenSigner) { self.signer = signer }

    /// A token with these very members. `header` wins over what the algorithm and the key would write.
    package func token(
        _ claims: JSONObject, header: JSONObject, by hand: Hand, algorithm: String?
    ) async throws -> String {
        let key = signer.keys.first { key in algorithm.map { key.algorithm.rawValue == $0 } ?? true }
        let chosen =
            key
            ?? signer.keys.first { key in
                SignatureAlgorithm(rawValue: algorithm ?? "").map { $0.keyType == key.algorithm.keyType } ?? false
            }
        guard let chosen = chosen ?? (hand == .key ? nil : signer.keys.first) else {
            throw KeyFailure("no key for \(algorithm ?? "any algorithm")")
        }
        let name = hand == .key ? algorithm ?? chosen.algorithm.rawValue : hand == .nobody ? "none" : "HS256"
        var complete: JSONObject = ["alg": .string(name), "kid": .string(chosen.name)]
        for member in header.members { complete[member.name] = member.value.isNull ? nil : member.value }
        let parts = [JSONValue.object(complete), JSONValue.object(claims)].map { Base64.encodeURL($0.bytes) }
        let input = Array(parts.joined(separator: ".").utf8)
        let signature = try await signature(of: input, by: hand, chosen, name)
        return "\(parts.joined(separator: ".")).\(Base64.encodeURL(signature))"
    }

    private func signature(
        of input: [UInt8], by hand: Hand, _ key: TokenSigner.Key, _ algorithm: String
    ) async throws -> [UInt8] {
        switch hand {
        case .nobody: return []
        case .publicKey:
            let secret = (key.jwk["n"] ?? key.jwk["x"])?.string ?? ""
            return Array(HMAC<SHA256>.authenticationCode(for: input, using: SymmetricKey(data: Array(secret.utf8))))
        case .key:
            guard let signer = await SignatureKeys.shared.key(key.jwk, algorithm: algorithm) else {
                throw KeyFailure("the key cannot sign by \(algorithm)")
            }
            return try signer.signature(of: input)
        }
    }
}
