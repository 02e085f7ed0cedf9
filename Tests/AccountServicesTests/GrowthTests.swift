import AccountServices
import Kernel
import TestSupport
import Testing

struct GrowthTests {
    private static let trust =
        #"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}]}"#

    @Test func sessionKeysAgainAndAgain() async throws {
        let lab = try AccountLab([:])
        _ = await lab.iam("CreateRole", ("RoleName", "r"), ("AssumeRolePolicyDocument", Self.trust))
        let grown = await lab.store.growth { _ in
            let answer = await lab.iam(
                "AssumeRole", ("RoleArn", "arn:aws:iam::111122223333:role/r"), ("RoleSessionName", "me"))
            #expect(answer.status == 200)
            _ = lab.clock.advance(towards: lab.clock.now + .minutes(61))
        }
        #expect(grown == [])
    }

    /// Whoever takes keys for half a day holds up none that live a quarter of an hour.
    @Test func longSessionsHoldUpNoShortOnes() async throws {
        let lab = try AccountLab([:])
        _ = await lab.iam("CreateRole", ("RoleName", "r"), ("AssumeRolePolicyDocument", Self.trust))
        func assume(_ seconds: Int) async {
            _ = await lab.iam(
                "AssumeRole", ("RoleArn", "arn:aws:iam::111122223333:role/r"), ("RoleSessionName", "me"),
                ("DurationSeconds", "\(seconds)"))
        }
        for _ in 0..<2 { await assume(43_200) }
        for _ in 0..<200 {
            await assume(900)
            _ = lab.clock.advance(towards: lab.clock.now + .minutes(3))
        }
        // A hundred past ones, those that live and those whose expiry a caller is still told.
        #expect(lab.store.recordCounts["session-key"] ?? 0 <= 110)
    }

    /// The report is of what was done first, and no request makes it longer for ever.
    @Test func theReportHasAnEnd() throws {
        let lab = try AccountLab(["iam": "report"])
        func ask(_ number: Int) throws {
            let name = String("\(1_000_000_000 + number)".map { Character(UnicodeScalar($0.asciiValue! + 49)) })
            _ = lab.gate.admit(try lab.signed("GetGateway", ["gatewayIdentifier": .string("gw-\(name)")]))
        }
        for number in 0..<2010 { try ask(number) }
        try ask(0)
        let first = lab.gate.report["principals"]?[0]
        #expect(first?["policy"]?["Statement"]?.array?.count == 2000)
        #expect(first?["notAllowed"]?.array?.count == 2000)
    }
}
