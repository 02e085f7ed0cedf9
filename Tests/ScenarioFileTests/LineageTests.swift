import Foundation
import Harness
import Kernel
import Scenario
import Testing

/// Tokens as canaries, on journals made by hand.
struct LineageTests {
    static let now = Instant(milliseconds: 0)
    static let token = "gho_0123456789abcdefghijABCDEFGHIJ012345"

    static func journal(_ events: [JournalEntry.Event]) -> [JournalEntry] {
        events.enumerated().map { JournalEntry(sequence: $0.offset + 1, at: now, event: $0.element) }
    }

    static let birth = TokenBirth(
        kind: "access_token", issuer: .github, user: "alice", scopes: ["repo"], expires: nil, value: Secret(token))

    /// A request as an archive keeps it.
    static func request(_ path: String, fields: JSONObject = [:], body: String = "") throws -> Request {
        let pairs: [JSONValue] = fields.members.map { ["name": .string($0.name), "value": $0.value] }
        let json: JSONValue = [
            "head": [
                "pseudoHeaderFields": [
                    ["name": ":method", "value": "POST"], ["name": ":path", "value": .string(path)],
                ],
                "headerFields": .array(pairs),
            ], "body": .array(body.utf8.map { .int(Int64($0)) }),
        ]
        return try JSONDecoder().decode(Request.self, from: Data(json.bytes))
    }

    static func exchange(_ from: Party, _ to: Party, _ request: Request, _ response: Response) -> JournalEntry.Event {
        .exchange(Exchange(from: from, to: to, request: request, outcome: .answered(response)))
    }

    @Test func requestShowsItToBothSidesAndAnAnswerToTheAsker() throws {
        let asked = try Self.request("/user", fields: ["authorization": "Bearer \(Self.token)"])
        let rows = TokenLineage.table(
            of: Self.journal([
                .token(.issued(Self.birth)),
                Self.exchange(
                    .aws, .github, try Self.request("/x"), .json(200, ["t": .string(Self.token)])),
                .token(.held(id: Self.birth.id, by: "vault")),
                Self.exchange(.gateway, .mcp, asked, Response(200)),
                .note(Note(party: .mcp, "the token \(Self.token). was seen")),
                .token(.revoked(id: Self.birth.id, cause: "test")),
            ]))
        let row = try #require(rows.first)
        #expect(rows.count == 1)
        #expect(row.heldBy == ["vault"])
        #expect(row.seenBy == ["github", "aws", "mcp", "gateway", "logs"])
        #expect(row.json["revoked"] == true)
        #expect(row.json["scopes"] == ["repo"])
    }

    @Test func tokenIsFoundInsideAnEncodedURL() throws {
        let nested: Form = ["return_to": "https://x.test/?token=\(Self.token)"]
        let request = try Self.request(nested.added(to: "/callback"))
        let rows = TokenLineage.table(
            of: Self.journal([
                .token(.issued(Self.birth)), Self.exchange(Party("bob's browser"), .app, request, Response(200)),
            ]))
        #expect(rows.first?.seenBy == ["github", "app", "bob's browser"])
    }

    @Test(arguments: [
        ("note", "a note of aws shows"), ("refusal", "the body of a 500 of mcp shows"),
        ("client", "gateway gives alice's MCP client"), ("app", "aws gives the app"),
    ])
    func secretInTheWrongPlaceIsALeak(_ kind: String, _ told: String) throws {
        let plain = try Self.request("/x")
        let event =
            switch kind {
            case "note": JournalEntry.Event.note(Note(party: .aws, "kept \(Self.token)"))
            case "refusal": Self.exchange(.outside, .mcp, plain, .plain(500, Self.token))
            case "client": Self.exchange(Party("alice's MCP client"), .gateway, plain, .plain(200, Self.token))
            default: Self.exchange(.aws, .app, try Self.request("/x?t=\(Self.token)"), Response(200))
            }
        let failures = LeakCheck.failures(in: Self.journal([.token(.issued(Self.birth)), event]))
        #expect(failures.count == 1)
        #expect(failures.first?.actual.hasPrefix(told) == true)
        #expect(failures.first?.actual.contains(Self.token) == false)
    }

    @Test func verifierAndClientSecretAreSecretsToo() throws {
        let form: Form = ["code_verifier": "v0123456789-0123456789", "client_secret": "a-secret-of-some-length"]
        let request = try Self.request(
            "/login/oauth/access_token", fields: ["content-type": "application/x-www-form-urlencoded"],
            body: form.encoded)
        let failures = LeakCheck.failures(
            in: Self.journal([
                Self.exchange(.aws, .github, request, Response(200)),
                .note(Note(party: .github, "refused v0123456789-0123456789")),
                .note(Note(party: .github, "refused a-secret-of-some-length")),
            ]))
        #expect(failures.count == 2)
    }

    @Test func whatTheIssuerItselfAnswersIsNoLeak() throws {
        let direct = Self.exchange(
            Party("alice's browser"), .github, try Self.request("/x"), .plain(200, Self.token))
        #expect(LeakCheck.failures(in: Self.journal([.token(.issued(Self.birth)), direct])).isEmpty)
    }
}
