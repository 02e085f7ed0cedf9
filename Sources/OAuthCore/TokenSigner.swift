import HTTPTypes
package import Kernel
import Synchronization

/// A private key set cannot be used.
package struct KeyFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
    init(_ description: String) { self.description = description }
}

/// Signs claims as a JWT (RFC 7519). Same claims, same bytes: members are sorted, and a signature that was once made is
/// given again, because an RSA signature is the largest single cost of a lab.
package final class TokenSigner: Sendable {
    struct Key: Sendable {
        let name: String
        let algorithm: SignatureAlgorithm
        let jwk: JSONObject
        let publicHalf: JSONObject
    }
    private struct State {
        var signatures = 0
        var pairs: [String: KeyPair] = [:]
    }
    /// What signs, and what knows of each signature that it needs no check.
    private struct KeyPair {
        let own: SignatureKey
        let other: SignatureKey?
    }
    let keys: [Key]
    private let state = Mutex(State())
    /// Signed tokens by what was signed.
    private let signed: Memo<String, String>

    /// Of a private JWK set the first key signs unless another is asked for. `limit` signed tokens are kept.
    package init(keys: JSONValue, limit: Int = 512) throws {
        self.keys = try (keys["keys"]?.array ?? []).map { item in
            guard let jwk = item.object, let name = jwk["kid"]?.string, let stated = jwk["alg"]?.string,
                let algorithm = SignatureAlgorithm(rawValue: stated), algorithm.fits(jwk), jwk["d"]?.string != nil
            else { throw KeyFailure("a key set needs private keys with kty, kid, alg and d") }
            let publicHalf = Self.publicHalf(of: jwk, algorithm, name)
            return Key(name: name, algorithm: algorithm, jwk: jwk, publicHalf: publicHalf)
        }
        guard !self.keys.isEmpty else { throw KeyFailure("a key set needs at least one key") }
        publicKeys = .object(["keys": .array(self.keys.map { .object($0.publicHalf) })])
        publicKeysAnswer = .json(200, publicKeys, headers: [.cacheControl: "public, max-age=600"])
        signed = Memo(limit: limit)
    }

    /// How many signatures were really made.
    package var signatures: Int { state.withLock { $0.signatures } }

    /// Of the key that signs unless another is asked for.
    package var algorithm: SignatureAlgorithm { keys[0].algorithm }

    /// Names of the algorithms in the set, in its order.
    package var algorithms: [String] { keys.map(\.algorithm.rawValue) }

    /// The public half as a JWK set, RFC 7517 section 5.
    package let publicKeys: JSONValue
    /// The same as an answer, written once. It may be kept for ten minutes (`oidc-05`).
    package let publicKeysAnswer: Response

    private static func publicHalf(of key: JSONObject, _ algorithm: SignatureAlgorithm, _ name: String) -> JSONObject {
        var jwk: JSONObject = ["kty": .string(algorithm.keyType), "use": "sig"]
        jwk["alg"] = .string(algorithm.rawValue)
        jwk["kid"] = .string(name)
        for member in ["crv", "x", "y", "n", "e"] { jwk[member] = key[member] }
        return jwk
    }

    /// The claims as a compact JWS. `type` is the `typ` header; nil leaves it out, as Cognito does.
    package func sign(_ claims: JSONObject, type: String? = "JWT", keyID: String? = nil) async throws -> String {
        guard let key = keyID == nil ? keys.first : keys.first(where: { $0.name == keyID }) else {
            throw KeyFailure("no key named \(keyID ?? "nothing")")
        }
        var header: JSONObject = ["alg": .string(key.algorithm.rawValue), "kid": .string(key.name)]
        if let type { header.append("typ", .string(type)) }
        let parts = [JSONValue.object(header), JSONValue.object(claims).sorted].map { Base64.encodeURL($0.bytes) }
        let input = parts.joined(separator: ".")
        if let known = signed[input] { return known }
        let pair = try await pair(key)
        let signature = try pair.own.signature(of: Array(input.utf8))
        let token = "\(input).\(Base64.encodeURL(signature))"
        pair.other?.note(signed: token)
        state.withLock { $0.signatures += 1 }
        signed[input] = token
        return token
    }

    private func pair(_ key: Key) async throws -> KeyPair {
        if let known = state.withLock({ $0.pairs[key.name] }) { return known }
        guard let own = await SignatureKeys.shared.key(key.jwk, algorithm: key.algorithm.rawValue) else {
            throw KeyFailure("key \(key.name) cannot sign")
        }
        let other = await SignatureKeys.shared.key(key.publicHalf, algorithm: key.algorithm.rawValue)
        let pair = KeyPair(own: own, other: other)
        state.withLock { $0.pairs[key.name] = pair }
        return pair
    }
}
