import AuthorizationServer
import HTTPTypes
import Kernel
import Testing

/// The checksum is not visible in the package's interface but by the tokens themselves: it is computed again here.
struct TokenTextTests {
    @Test(arguments: [
        ("qkJaB6MffYVzZXWqmcoF49yrUxP3wf", "0LsakP"), (String(repeating: "A", count: 30), "0uCPlr"),
        (String(repeating: "0", count: 30), "2C8GjS"),
    ])
    func `published checksums are met`(_ vector: (random: String, checksum: String)) {
        #expect(TokenText.checksum(of: vector.random) == vector.checksum)
    }

    @Test
    func `tokens have prefix, length and a checksum that fits`() async throws {
        let bench = try Bench()
        let plain = try #require(try await bench.accessToken()["access_token"]?.string)
        #expect(plain.hasPrefix("gho_") && plain.count == 40)
        #expect(TokenText.checksum(of: String(plain.dropFirst(4).prefix(30))) == plain.suffix(6))
        let expiring = try await bench.accessToken(client: Bench.app)
        #expect(expiring["access_token"]?.string?.hasPrefix("ghu_") == true)
        let refresh = try #require(expiring["refresh_token"]?.string)
        #expect(refresh.hasPrefix("ghr_") && refresh.count == 80)
        #expect(expiring["expires_in"] == 28_800)
        #expect(expiring["refresh_token_expires_in"] == 15_897_600)
        #expect(expiring["scope"] == "")
        #expect(expiring["token_type"] == "bearer")
    }
}
