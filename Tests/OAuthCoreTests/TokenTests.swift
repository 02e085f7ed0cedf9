import Kernel
import OAuthCore
import TestSupport
import Testing

struct TokenTests {
    private let now = Instant(milliseconds: 1_800_000_000_000)
    private let policy = TokenPolicy(issuer: "https://issuer.test")

    private func claims(_ changes: JSONObject = [:]) -> JSONObject {
        let base: JSONObject = [
            "iss": "https://issuer.test", "sub": "joe", "iat": .int(now.seconds), "exp": .int(now.seconds + 3600),
        ]
        return base.merging(changes)
    }

    private func verdict(_ token: String, _ keys: JSONValue, at moment: Instant? = nil) async -> TokenRefusal? {
        switch await TokenVerifier.verify(token, keys: keys, policy: policy, at: moment ?? now) {
        case .success: nil
        case .failure(let refusal): refusal
        }
    }

    private func forged(_ header: JSONValue, _ claims: JSONObject, signature: String = "c2ln") -> String {
        let parts = [header, .object(claims)].map { Base64.encodeURL($0.bytes) }
        return "\(parts[0]).\(parts[1]).\(signature)"
    }

    @Test(arguments: ["inbound-rs256", "inbound-ed25519"])
    func signsAndVerifies(_ name: String) async throws {
        let signer = try TokenSigner(keys: Checkout.keys(name))
        let token = try await signer.sign(claims())
        #expect(await verdict(token, signer.publicKeys) == nil)
        #expect(try await signer.sign(claims(["sub": "joe"])) == token)
        #expect(signer.signatures == 1)
        #expect(try await TokenSigner(keys: Checkout.keys(name)).sign(claims()) == token)
        #expect(!signer.publicKeys.text.contains("\"d\""))
        #expect(!signer.publicKeys.text.contains("\"p\""))
        #expect(DecodedToken(try await signer.sign(claims(), type: nil))?.header["typ"] == nil)
    }

    @Test func memoIsBounded() async throws {
        let signer = try TokenSigner(keys: Checkout.keys("inbound-ed25519"), limit: 2)
        for round in 0..<2 {
            for number in 0..<3 { _ = try await signer.sign(["jti": .int(Int64(number))]) }
            #expect(signer.signatures == 3 * (round + 1))
        }
    }

    /// What was found of a token under one key is nothing to another, even of the same name; time is judged anew.
    @Test func whatWasVerifiedOnceIsBoundToItsKeyAndItsTime() async throws {
        let signer = try TokenSigner(keys: Checkout.keys("inbound-ed25519"))
        let token = try await signer.sign(claims())
        #expect(await verdict(token, signer.publicKeys) == nil)
        var key = try #require(signer.publicKeys["keys"]?[0]?.object)
        key["x"] = .string(Base64.encodeURL(Array(repeating: 7, count: 32)))
        let rotated: JSONValue = ["keys": .array([.object(key)])]
        #expect(await verdict(token, rotated) != nil)
        #expect(await verdict(token, signer.publicKeys) == nil)
        #expect(await verdict(token, signer.publicKeys, at: now + .seconds(4000)) == .expired)
        #expect(await verdict(token + "A", signer.publicKeys) != nil)
    }

    @Test(arguments: ForeignTokens.all)
    func tokensOfAnotherLibrary(_ vector: ForeignTokens.Vector) async throws {
        let keys = try JSONValue(parsing: vector.keys)
        #expect(await verdict(vector.token, keys, at: ForeignTokens.issued) == nil)
        let parts = vector.token.split(separator: ".")
        #expect(await verdict("\(parts[0]).\(parts[1]).AAAA", keys, at: ForeignTokens.issued) == .badSignature)
        #expect(await verdict("\(parts[0]).\(parts[1]).", keys, at: ForeignTokens.issued) == .badSignature)
    }

    @Test func times() async throws {
        let signer = try TokenSigner(keys: Checkout.keys("inbound-ed25519"))
        let keys = signer.publicKeys
        let rows: [(JSONObject, TokenRefusal?)] = [
            (["exp": .int(now.seconds - 59)], nil), (["exp": .int(now.seconds - 60)], .expired),
            (["exp": .int(now.seconds - 300)], .expired), (["exp": .int(now.seconds + 1)], nil),
            (["nbf": .int(now.seconds + 30)], nil), (["nbf": .int(now.seconds + 300)], .notYetValid),
            (["iat": .int(now.seconds + 30)], nil), (["iat": .int(now.seconds + 300)], .notYetValid),
            (["exp": "4000000000"], .malformed), (["exp": 1e99], .malformed), (["exp": -1], .malformed),
            (["exp": .int(.max)], .malformed), (["exp": nil], .malformed), (["nbf": "soon"], .malformed),
            (["iat": true], .malformed), (["exp": .double(Double(now.seconds) + 0.5)], nil),
            (["iss": "https://other.test"], .wrongIssuer), (["iss": "https://issuer.test/"], .wrongIssuer),
            (["iss": ["https://issuer.test"]], .wrongIssuer),
        ]
        for (changes, expected) in rows {
            #expect(await verdict(try await signer.sign(claims(changes)), keys) == expected, "\(changes)")
        }
        for name in ["exp", "iss"] {
            var less = claims()
            less[name] = nil
            #expect(await verdict(try await signer.sign(less), keys) == .missingClaim(name))
        }
    }

    @Test func forgeries() async throws {
        let signer = try TokenSigner(keys: Checkout.keys("inbound-rs256"))
        let keys = signer.publicKeys
        let kid = try #require(keys["keys"]?[0]?["kid"])
        let good = try await signer.sign(claims())
        let signature = String(good.split(separator: ".")[2])
        let rows: [(JSONValue, TokenRefusal)] = [
            (["alg": "none"], .algorithmNotAllowed), (["alg": "HS256", "kid": kid], .algorithmNotAllowed),
            (["alg": "rs256", "kid": kid], .algorithmNotAllowed), (["kid": kid], .algorithmNotAllowed),
            (["alg": ["RS256"]], .algorithmNotAllowed), (["alg": "RS256", "kid": "other"], .unknownKey("other")),
            (["alg": "RS256", "kid": "../../dev/null"], .unknownKey("../../dev/null")),
            (["alg": "RS256", "kid": 1], .malformed), (["alg": "RS256", "kid": kid, "crit": ["exp"]], .malformed),
            (["alg": "ES256", "kid": kid], .unknownKey(kid.string)),
            (["alg": "PS256", "kid": kid], .unknownKey(kid.string)),
            (["alg": "RS256", "kid": kid, "jwk": ["kty": "RSA"], "jku": "https://evil.test"], .badSignature),
            (["alg": "RS256", "kid": kid], .badSignature), (["alg": "RS256"], .badSignature), ([], .malformed),
        ]
        for (header, expected) in rows {
            #expect(await verdict(forged(header, claims(), signature: signature), keys) == expected, "\(header)")
        }
        #expect(await verdict(forged(["alg": "none"], claims(), signature: ""), keys) == .algorithmNotAllowed)
        #expect(await verdict(good, ["keys": []]) == .unknownKey(kid.string))
        #expect(await verdict(good, "no key set") == .unknownKey(kid.string))
        #expect(await verdict(good, ["keys": [["kty": "RSA", "kid": kid, "n": "AQAB", "e": "AQAB"]]]) != nil)
        #expect(await verdict(good, ["keys": [["kty": "oct", "kid": kid, "k": "AQAB"]]]) == .unknownKey(kid.string))
    }

    @Test func allowListIsFixedByThePolicy() async throws {
        let signer = try TokenSigner(keys: Checkout.keys("inbound-rs256"))
        let only = TokenPolicy(issuer: "https://issuer.test", algorithms: [try #require(.init(rawValue: "EdDSA"))])
        let result = await TokenVerifier.verify(
            try await signer.sign(claims()), keys: signer.publicKeys, policy: only, at: now)
        #expect(result == .failure(.algorithmNotAllowed))
    }

    @Test(arguments: [
        "", ".", "..", "a.b.c", "a.b", "a.b.c.d", "e30.e30", "e30=.e30.", "e30.W10.", "W10.e30.", "bnVsbA.e30.",
        "é.é.é",
    ])
    func rubbish(_ text: String) async { #expect(await verdict(text, ["keys": []]) == .malformed) }

    @Test func oversizedTokensAreNotRead() async {
        let million = String(repeating: "A", count: 1_000_000)
        for text in [million, "e30.\(million).e30", String(repeating: ".", count: 1_000_000)] {
            #expect(await verdict(text, ["keys": []]) == .malformed)
        }
    }

    @Test func unusableKeySetsAreRefused() throws {
        let broken: [JSONValue] = [
            [], ["keys": []], ["keys": [["kty": "RSA", "kid": "a", "alg": "RS256"]]],
            ["keys": [["kty": "oct", "kid": "a", "alg": "HS256", "d": "x"]]], ["keys": ["x"]],
        ]
        for keys in broken { #expect(throws: KeyFailure.self) { try TokenSigner(keys: keys) } }
    }
}
