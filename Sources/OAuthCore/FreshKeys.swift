import Crypto
import CryptoExtras
import Foundation
package import Kernel
import SwiftASN1

/// Private keys that nobody had before, from the system's own chance and not from the seed of a lab.
package enum FreshKeys {
    /// A private JWK set with a key for each algorithm of another set, in its order. RSA keys have 2048 bits, and each
    /// takes 90 to 270 ms.
    ///
    /// - Throws: `KeyFailure` for an algorithm that none of our providers signs with.
    package static func set(like signer: TokenSigner) throws -> JSONValue {
        let keys = try signer.keys.map { key throws in
            switch key.algorithm.rawValue {
            case "RS256": try rsa()
            case "EdDSA": edwards()
            default: throw KeyFailure("no new key is made for \(key.algorithm.rawValue)")
            }
        }
        return ["keys": .array(keys.map { .object($0) })]
    }

    /// RFC 7518 section 6.3.2, out of what RFC 8017 appendix A.1.2 puts in this order behind a version.
    private static func rsa() throws -> JSONObject {
        let names = ["n", "e", "d", "p", "q", "dp", "dq", "qi"]
        let der = Array(try _RSA.Signing.PrivateKey(keySize: .bits2048).derRepresentation)
        let numbers = try DER.sequence(try DER.parse(der), identifier: .sequence) { nodes in
            var numbers: [ArraySlice<UInt8>] = []
            while let node = nodes.next() { numbers.append(try ArraySlice(derEncoded: node)) }
            return numbers
        }
        var jwk: JSONObject = ["kty": "RSA", "use": "sig", "alg": "RS256"]
        for (name, number) in zip(names, numbers.dropFirst()) {
            // DER puts a zero before a number whose first bit is set.
            jwk[name] = .string(Base64.encodeURL(Array(number.drop { $0 == 0 })))
        }
        jwk["kid"] = .string(thumbprint(jwk, ["e", "kty", "n"]))
        return jwk
    }

    /// RFC 8037 section 2.
    private static func edwards() -> JSONObject {
        let key = Curve25519.Signing.PrivateKey()
        var jwk: JSONObject = ["kty": "OKP", "use": "sig", "alg": "EdDSA", "crv": "Ed25519"]
        jwk["x"] = .string(Base64.encodeURL(Array(key.publicKey.rawRepresentation)))
        jwk["d"] = .string(Base64.encodeURL(Array(key.rawRepresentation)))
        jwk["kid"] = .string(thumbprint(jwk, ["crv", "kty", "x"]))
        return jwk
    }

    /// RFC 7638 section 3, of the members that a key of its kind needs, in their order.
    private static func thumbprint(_ jwk: JSONObject, _ members: [String]) -> String {
        var needed = JSONObject()
        for name in members { needed[name] = jwk[name] }
        return Base64.encodeURL(Array(SHA256.hash(data: JSONValue.object(needed).bytes)))
    }
}
