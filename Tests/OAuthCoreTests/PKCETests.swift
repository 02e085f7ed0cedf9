import Kernel
import OAuthCore
import Testing

struct PKCETests {
    private let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    private let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

    @Test func vectorOfRFC7636() {
        #expect(PKCE.challenge(for: verifier) == challenge)
        #expect(PKCE.matches(verifier: verifier, challenge: challenge))
        #expect(!PKCE.matches(verifier: verifier + "a", challenge: challenge))
        #expect(!PKCE.matches(verifier: "", challenge: challenge))
    }

    @Test(arguments: [
        (String(repeating: "a", count: 42), false), (String(repeating: "a", count: 43), true),
        (String(repeating: "~", count: 128), true), (String(repeating: "a", count: 129), false),
        (String(repeating: "a", count: 42) + " ", false), (String(repeating: "é", count: 43), false), ("", false),
    ])
    func verifiers(_ row: (text: String, isLegal: Bool)) { #expect(PKCE.isLegal(verifier: row.text) == row.isLegal) }

    @Test func challenges() {
        #expect(PKCE.isLegal(challenge: challenge))
        #expect(!PKCE.isLegal(challenge: challenge + "="))
        #expect(!PKCE.isLegal(challenge: String(challenge.dropLast())))
        #expect(!PKCE.isLegal(challenge: String(challenge.dropLast()) + "+"))
    }
}
