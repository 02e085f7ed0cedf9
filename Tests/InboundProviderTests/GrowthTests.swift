import HTTPTypes
import Kernel
import OAuthCore
import TestSupport
import Testing

struct GrowthTests {
    /// Longer than a refresh token and what came of it live.
    private static let longestLife = Span.minutes(32 * 24 * 60)

    @Test func signInsAgainAndAgain() async throws {
        let lab = try Fixture()
        let grown = await lab.store.growth { _ in
            lab.cookie = nil
            let tokens = await lab.signedIn()
            let next = await lab.refresh(tokens["refresh_token"]?.string ?? "")
            #expect(next.status == 200)
            // One sign-in that ends at its form, and one code nobody redeems.
            lab.cookie = nil
            _ = await lab.authorize()
            #expect(await lab.code() != "")
            let machine = await lab.send(
                .post, "/oauth2/token",
                ["grant_type": "client_credentials", "client_id": "service", "client_secret": "s3cret"])
            #expect(machine.status == 200)
            _ = lab.clock.advance(towards: lab.clock.now + Self.longestLife)
        }
        #expect(grown == [])
    }

    /// RFC 6749 section 4.1.2: long after a code's own ten minutes, with many others since.
    @Test func aUsedCodeIsKnownAsLongAsItsTokensLive() async throws {
        let lab = try Fixture()
        let code = await lab.code()
        var last = await lab.redeem(code).json
        for _ in 0..<150 {
            lab.cookie = nil
            _ = await lab.signedIn()
            _ = lab.clock.advance(towards: lab.clock.now + .minutes(4 * 60))
            last = await lab.refresh(last?["refresh_token"]?.string ?? "").json
        }
        let token = last?["access_token"]?.string ?? ""
        #expect(await lab.userInfo(token).status == 200)
        #expect(await lab.redeem(code).json?["error_description"] == "The code was already used.")
        #expect(await lab.userInfo(token).status == 401)
    }
}
