import HTTPTypes
import Harness
import Kernel
import Testing

/// What a journal says about a client.
@Suite struct ClientScoreTests {
    private static let link = "https://aws.test/identities/oauth2/authorize?request_uri=urn%3Ax"
    private static let token = "a-token-of-some-length"

    /// A journal, one thing after the other.
    private struct Story {
        var entries: [JournalEntry] = []

        mutating func add(_ event: JournalEntry.Event) {
            entries.append(
                JournalEntry(sequence: entries.count + 1, at: Instant(milliseconds: 0), event: event))
        }

        mutating func exchange(_ request: Request, to party: Party, _ response: Response) {
            add(.exchange(Exchange(from: .outside, to: party, request: request, outcome: .answered(response))))
        }

        mutating func message(
            _ method: String, _ params: JSONValue = [:], version: String? = "2025-11-25", status: Int = 200,
            headers: HTTPFields = [:], _ answer: JSONValue
        ) {
            var fields: HTTPFields = [.authorization: "Bearer \(ClientScoreTests.token)"]
            if let version, let name = HTTPField.Name("mcp-protocol-version") { fields[name] = version }
            let body: JSONValue = ["jsonrpc": "2.0", "id": 1, "method": .string(method), "params": params]
            exchange(
                Request(.post, "https://gw.test/gateways/g/mcp", headers: fields, body: body.bytes), to: .gateway,
                .json(status, answer, headers: headers))
        }

        mutating func ask(_ name: String = "t") {
            message(
                "tools/call", ["name": .string(name)],
                [
                    "error": [
                        "code": -32042, "message": "m", "data": ["elicitations": [["url": .string(link)]]],
                    ]
                ])
        }
        mutating func open() { exchange(Request(.get, link), to: .aws, Response(302)) }
        mutating func complete() {
            exchange(Request(.post, "https://aws.test/identities/CompleteResourceTokenAuth"), to: .aws, Response(200))
        }
        mutating func succeed() {
            message("tools/call", ["name": "t"], ["result": ["content": []]])
        }

        func verdict(_ rule: String) -> String? {
            ClientScore(of: entries).rows.first { $0.rule == rule }?.verdict.rawValue
        }
    }

    @Test("A client that does everything right keeps every rule, with proof")
    func good() {
        var story = Story()
        let challenge = #"Bearer resource_metadata="https://gw.test/.well-known/oauth-protected-resource""#
        story.message("initialize", [:], version: nil, status: 401, headers: [.wwwAuthenticate: challenge], [:])
        story.exchange(
            Request(.get, "https://gw.test/gateways/g/.well-known/oauth-protected-resource"), to: .gateway,
            Response(200))
        story.message("tools/list", [:], ["result": ["nextCursor": "c"]])
        story.message("tools/list", ["cursor": "c"], ["result": ["tools": []]])
        story.ask()
        story.open()
        story.complete()
        story.succeed()
        let rows = ClientScore(of: story.entries, opened: [Self.link]).rows
        #expect(rows.allSatisfy { $0.verdict == .kept && !$0.proof.isEmpty })
        #expect(rows.count == 10)
        #expect(rows.first { $0.rule == "keeps error.data" }?.proof == [6])
    }

    @Test("A link that is no web page is refused, wherever it was asked for", arguments: [true, false])
    func doubtfulLinks(isStream: Bool) {
        let link = "file:///etc/passwd"
        func verdict(_ action: String?, opened: [String]? = nil) -> String? {
            var story = Story()
            let params: JSONValue = ["mode": "url", "url": .string(link)]
            if isStream {
                let asked: JSONValue = ["jsonrpc": "2.0", "id": "q", "method": "elicitation/create", "params": params]
                let event = ServerSentEvent(data: asked.bytes)
                story.add(.streamed(StreamedEvent(from: .gateway, to: .outside, path: "/mcp", event: event)))
                if let action {
                    let body: JSONValue = ["jsonrpc": "2.0", "id": "q", "result": ["action": .string(action)]]
                    story.exchange(
                        Request(.post, "https://gw.test/mcp", body: body.bytes), to: .gateway, Response(202))
                }
            } else {
                story.message(
                    "tools/call", ["name": "t"],
                    ["result": ["inputRequests": ["link": ["method": "elicitation/create", "params": params]]]])
                if let action {
                    story.message(
                        "tools/call", ["name": "t", "inputResponses": ["link": ["action": .string(action)]]],
                        ["result": [:]])
                }
            }
            return ClientScore(of: story.entries, opened: opened).rows
                .first { $0.rule == "opens only http(s)" }?.verdict.rawValue
        }
        #expect(verdict("decline") == "kept")
        #expect(verdict(nil) == "kept")
        #expect(verdict("accept") == "broken")
        #expect(verdict("decline", opened: [link]) == "broken")
    }

    @Test("Nothing seen proves nothing")
    func nothing() {
        #expect(ClientScore(of: []).rows.allSatisfy { $0.verdict == .notSeen && $0.proof.isEmpty })
    }

    @Test("Each slip breaks its rule")
    func bad() {
        var story = Story()
        story.message("tools/list", [:], version: nil, ["result": ["nextCursor": "c"]])
        #expect(story.verdict("sends the version header") == "broken")
        #expect(story.verdict("walks the cursor") == "broken")
        story = Story()
        story.message(
            "initialize", [:], status: 401,
            headers: [.wwwAuthenticate: #"Bearer resource_metadata="https://gw.test/.well-known/x""#], [:])
        #expect(story.verdict("uses resource_metadata") == "broken")
        // A challenge that names no place cannot be followed, and nothing follows it.
        var vague = Story()
        vague.message(
            "tools/list", status: 401, headers: [.wwwAuthenticate: #"Bearer resource_metadata="somewhere""#], [:])
        vague.ask()
        #expect(vague.verdict("uses resource_metadata") == "not seen")
        story = Story()
        story.ask()
        #expect(story.verdict("keeps error.data") == "broken")
        story.open()
        #expect(story.verdict("keeps error.data") == "kept")
        story.ask()
        #expect(story.verdict("waits for completion") == "broken")
        #expect(story.verdict("does not loop") == "kept")
        for _ in 0..<3 { story.ask() }
        #expect(story.verdict("does not loop") == "broken")
        story = Story()
        story.ask()
        story.complete()
        #expect(story.verdict("repeats the identical call") == "broken")
        story.message("tools/call", ["name": "other"], ["result": [:]])
        #expect(story.verdict("repeats the identical call") == "broken")
        story.succeed()
        #expect(story.verdict("repeats the identical call") == "kept")
        story = Story()
        story.add(
            .token(
                .issued(
                    TokenBirth(
                        kind: "access_token", issuer: .idp, user: "alice", expires: nil, value: Secret(Self.token)))))
        story.exchange(Request(.get, "https://gw.test/mcp?t=\(Self.token)"), to: .gateway, Response(405))
        #expect(story.verdict("puts no token in a URL") == "broken")
    }
}
