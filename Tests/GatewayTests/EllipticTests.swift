import Kernel
import MCPCore
import OAuthCore
import Testing

/// Elliptic signatures at a gateway. Each holds chance, so no scenario has them: a run repeats byte for byte.
@Suite struct EllipticTests {
    /// Made for this test.
    private static let keys: JSONValue = [
        [
            "kty": "EC", "kid": "ES256", "alg": "ES256", "use": "sig", "crv": "P-256",
            "x": "Fmh_wbiLHXYW1Tve_kVRUZYy3lonJHTIOQVG20jbDNQ",
            "y": "KkDn0ifvatvKsJ0vgLsgU0iSOUSdR_maBnxEArivmrw",
            "d": "EblapHQyhmYArIUrMwromNw6kSuNXUtaNZ0hYZpAJ1M",
        ],
        [
            "kty": "EC", "kid": "ES384", "alg": "ES384", "use": "sig", "crv": "P-384",
            "x": "qLaL5XoDWPBhDgEQsW5NesNWIWpWRceAoK5pMGAzY5g-musxwHUGVFunN1b3WmZq",
            "y": "-0te33O57i78Gxxe0joafPZQ1t3fHsBwta5pg2U85hOGEryyR6T_dfTZLRYWuQ2w",
            "d": "JNHonrmeBhUSM5PE49QUSkM-L0eZNEIXIjhDgsZMIziLweBrCdMEq4szJvU1tqB5",
        ],
        [
            "kty": "EC", "kid": "ES512", "alg": "ES512", "use": "sig", "crv": "P-521",
            "x": "ADGaIP2So8XTijJB23CIPek1xr1seOj5_JbBiJg6MsmRBN6t2IxdzKpYsf9BYGRcIoDcp5Si7TqnFVf35V9A9YmZ",
            "y": "AMzL2HnlmPSOzRiugsTxRf7Im0W__P0u1sgnT033lgWQdTHb-kLD1eRfwx7HEaATgOe6cWw4CYjQX54ACP66QK5X",
            "d": "AJLvGMYyhN_-ptmKjXyZoaxkjh1zfa7D54tMr124SRWbZV82e64bj-4i9zIUjjR39a5FvjU5v569VybtrZBh9w--",
        ],
    ]

    @Test(
        "A token of any elliptic algorithm opens a gateway, and none under another's name",
        arguments: [
            "ES256", "ES384", "ES512",
        ])
    func elliptic(_ algorithm: String) async throws {
        let lab = try TestLab()
        try lab.makeGateway()
        let signer = try TokenSigner(keys: ["keys": Self.keys])
        let published = signer.publicKeys
        lab.idp.answer { request in
            request.path == "/keys"
                ? .json(200, published)
                : .json(200, ["issuer": "https://idp.test", "jwks_uri": "https://idp.test/keys"])
        }
        let now = lab.clock.now.seconds
        let claims: JSONObject = [
            "iss": "https://idp.test", "sub": "alice-sub", "client_id": "web", "iat": .int(now), "exp": .int(now + 60),
        ]
        let token = try await signer.sign(claims, keyID: algorithm)
        #expect(DecodedToken(token)?.header["alg"]?.string == algorithm)
        let ping = JSONRPC.request(.int(1), "ping")
        #expect(try await lab.send(ping, token: token).status == 200)
        // The same signature under another key's name.
        let other = algorithm == "ES256" ? "ES384" : "ES256"
        let parts = token.split(separator: ".").map(String.init)
        let header: JSONValue = ["alg": .string(other), "typ": "JWT", "kid": .string(other)]
        let renamed = [Base64.encodeURL(header.bytes), parts[1], parts[2]].joined(separator: ".")
        #expect(try await lab.send(ping, token: renamed).status == 401)
    }
}
