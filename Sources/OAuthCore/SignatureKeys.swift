import Foundation
import JWTKit
import Kernel

// The only door to jwt-kit: a JSON Web Key in, signatures out. Times and claims are none of its business.

/// A key that signs or checks, bound to one algorithm.
struct SignatureKey: Sendable {
    let algorithm: any JWTAlgorithm
    /// Tokens this very key has signed. What it has not signed is not kept: that would be a forger's to fill.
    private let signed = Memo<CompactToken, Bool>(limit: 256)

    init(algorithm: any JWTAlgorithm) { self.algorithm = algorithm }

    func signature(of input: [UInt8]) throws -> [UInt8] { try algorithm.sign(input) }

    /// RFC 7515 section 5.2, once per token and key.
    func hasSigned(_ token: DecodedToken) -> Bool {
        if signed[CompactToken(token.compact)] == true { return true }
        guard isValid(token.signature, of: token.signingInput) else { return false }
        note(signed: token.compact)
        return true
    }

    /// What the private half has just signed need not be checked, byte for byte the same as it is.
    func note(signed compact: String) { signed[CompactToken(compact)] = true }

    func isValid(_ signature: [UInt8], of input: [UInt8]) -> Bool {
        (try? algorithm.verify(signature, signs: input)) ?? false
    }
}

/// Reads JSON Web Keys (RFC 7517) and keeps the last ones, since reading an RSA key costs as much as using it.
final class SignatureKeys: Sendable {
    static let shared = SignatureKeys(limit: 64)

    private let kept: Memo<Material, SignatureKey>

    /// What of a JSON Web Key makes it this one: a set may name the same key with more members than its owner does.
    private struct Material: Hashable, Sendable {
        private static let names = ["kty", "n", "e", "d", "p", "q", "crv", "x", "y"]
        let algorithm: String
        private let values: [JSONValue?]
        /// The longest member of the public half, which no two keys share.
        private let publicHalf: String?

        init(_ jwk: JSONObject, _ algorithm: String) {
            self.algorithm = algorithm
            values = Self.names.map { jwk[$0] }
            publicHalf = jwk["n"]?.string ?? jwk["x"]?.string
        }

        /// For jwt-kit, which takes the algorithm from the key first: what the caller checked must win.
        var jwk: JSONObject {
            var jwk: JSONObject = ["alg": .string(algorithm), "kid": "key"]
            for (name, value) in zip(Self.names, values) { jwk[name] = value }
            return jwk
        }

        func hash(into hasher: inout Hasher) { hasher.combine(publicHalf) }
    }

    init(limit: Int) { kept = Memo(limit: limit) }

    /// The key in `jwk` for `algorithm`; nil if jwt-kit cannot use it.
    func key(_ jwk: JSONObject, algorithm: String) async -> SignatureKey? {
        let material = Material(jwk, algorithm)
        if let known = kept[material] { return known }
        guard let key = await Self.read(material) else { return nil }
        kept[material] = key
        return key
    }

    private static func read(_ material: Material) async -> SignatureKey? {
        do {
            let keys = JWTKeyCollection()
            try await keys.add(jwk: JWK(json: JSONValue.object(material.jwk).text))
            return SignatureKey(algorithm: try await keys.getKey(for: "key"))
        } catch {
            return nil
        }
    }
}
