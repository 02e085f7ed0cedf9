import Control
import HTTPTypes
import Harness
import Kernel
import Testing

struct ControlTests {
    /// Each mistake, its status and a word its sentence must have.
    static let mistakes: [(HTTPRequest.Method, String, String, Int, String)] = [
        (.get, "/_local/nothing", "", 404, "/_local/nothing"),
        (.get, "/_local/nothing", "", 404, "GET /api lists"),
        (.delete, "/_local/journal", "", 405, "GET"),
        (.get, "/_local/reset", "", 405, "POST"),
        (.post, "/_local/clock", "", 400, "JSON"),
        (.post, "/_local/clock", "{", 400, "JSON"),
        (.post, "/_local/clock", "[]", 400, "array"),
        (.post, "/_local/clock", "{}", 400, "advance"),
        (.post, "/_local/clock", #"{"advance":"soon"}"#, 400, "duration"),
        (.post, "/_local/clock", #"{"advance":5}"#, 400, "number"),
        (.post, "/_local/clock", #"{"advance":"-5m"}"#, 400, "backwards"),
        (.post, "/_local/clock", #"{"advance":"1m","skew":{"nobody":"1s"}}"#, 400, "nobody"),
        (.post, "/_local/clock", #"{"skew":3}"#, 400, "skew"),
        (.post, "/_local/clock", #"{"advanced":"1m"}"#, 400, "advanced"),
        (.put, "/_local/faults", #"{"name":"x"}"#, 400, "party"),
        (.put, "/_local/faults", #"{"name":"x","party":"github"}"#, 400, "exactly one"),
        (.put, "/_local/faults", #"{"name":"x","party":"github","drop":true,"delay":"1s"}"#, 400, "exactly one"),
        (.put, "/_local/faults", #"{"name":"x","party":"github","answer":{"status":9}}"#, 400, "status"),
        (.put, "/_local/faults", #"{"name":"x","party":"github","answer":{"status":503},"first":0}"#, 400, "first"),
        (.put, "/_local/faults", #"{"name":"x","party":"github","drop":true,"operation":"POST"}"#, 400, "operation"),
        (.put, "/_local/faults", #"{"name":"x","party":"github","drop":true,"chance":0.5}"#, 400, "chance"),
        (.delete, "/_local/faults?name=x", "", 404, "x"),
        (.delete, "/_local/faults?nam=x", "", 400, "did you mean \"name\"?"),
        (.delete, "/_local/faults?name=x&name=y", "", 400, "twice"),
        (.get, "/_local/faults?name=x", "", 400, "takes none"),
        (.get, "/_local/info?lab=x", "", 400, "GET /_local/info has no parameter \"lab\"; it takes none"),
        (.post, "/_local/reset?sure=no", "", 400, "sure"),
        (.post, "/_local/sign-in", "{}", 400, "user"),
        (.post, "/_local/sign-in", #"{"user":"nobody"}"#, 400, "alice"),
        (.post, "/_local/sign-in", #"{"user":"alice","client":"other"}"#, 400, "service"),
        (.post, "/_local/sign-in", #"{"user":"alice","client":"service"}"#, 400, "for itself"),
        (.post, "/_local/consent", #"{"user":"alice"}"#, 400, "url"),
        (.post, "/_local/consent", #"{"url":"x","user":"alice"}"#, 400, "url"),
        (.post, "/_local/consent", #"{"url":"https://x.example/","user":"nobody"}"#, 400, "nobody"),
        (.post, "/_local/consent", #"{"url":"https://x.example/","user":"alice","decision":"maybe"}"#, 400, "maybe"),
        (.post, "/_local/consent", #"{"url":"https://x.example/","user":"alice","complete":"yes"}"#, 400, "complete"),
        (.get, "/_local/journal?after=x", "", 400, "after"),
        (.get, "/_local/journal?after=-1", "", 400, "after"),
        (.get, "/_local/journal?before=3", "", 400, "known: after"),
        (.post, "/_local/snapshots/nothing/restore", "", 404, "nothing"),
        (.put, "/_local/applications/x", "[", 400, "JSON"),
        (.put, "/_local/applications/x", #"{"kind":"none"}"#, 400, "kind"),
    ]

    /// The list stands where a mistake says that it does.
    @Test func thePageListsEveryCall() async throws {
        let response = try await ControlledLab().call(.get, "/api")
        #expect(response.status == 200)
        for call in ["/api", "/_local/journal", "/_local/snapshots/{id}/restore"] {
            #expect(response.bodyText.contains(call), "\(call)")
        }
    }

    @Test(arguments: mistakes)
    func aMistakeIsOneClearSentence(
        _ method: HTTPRequest.Method, _ path: String, _ body: String, _ status: Int, _ word: String
    ) async throws {
        let lab = try ControlledLab()
        let before = lab.lab.clock.now
        let request = Request(method, "http://127.0.0.1:4586\(path)", body: Array(body.utf8))
        let response = await lab.control.respond(to: request)
        #expect(response.status == status)
        let message = try #require(response.json?["error"]?["message"]?.string)
        #expect(message.contains(word), "\(message)")
        #expect(lab.lab.clock.now == before && lab.lab.network.faults.all.isEmpty && lab.lab.clock.skews.isEmpty)
        if status == 405 { #expect(response.header(.allow) != nil) }
    }

    @Test func everyPortTellsItsHealth() async throws {
        let lab = try ControlledLab()
        for path in ["/_local/health", "/_local/ready"] {
            #expect(try await lab.json(.get, path)["status"] == "ok")
            let answer = await lab.control.answer(Request(.get, "http://127.0.0.1:4583\(path)"), at: .github)
            #expect(answer?.status == 200 && answer?.json?["party"] == "github")
        }
        let mistyped = await lab.control.answer(Request(.get, "http://127.0.0.1:4583/_local/ready?x=1"), at: .github)
        #expect(mistyped?.status == 400)
        #expect(await lab.control.answer(Request(.get, "http://x/user"), at: .github) == nil)
    }

    @Test func infoListsWhatAProgramNeeds() async throws {
        let info = try await ControlledLab().json(.get, "/_local/info")
        #expect(info["origins"]?["github"] == "https://github.com")
        #expect(info["region"] == "us-east-1" && info["seed"] == "1" && info["version"] == "test")
        #expect(info["clients"]?.array?.compactMap { $0["id"]?.string } == ["web", "service", "exchange"])
        #expect(info["applications"]?.strings?.contains("Ov23liagentcorelocal") == true)
        #expect(info["rules"]?["known"]?.strings?.contains("session-binding") == true)
        #expect(info["unknowns"]?["binding.mode"] == "token")
        #expect(!info.text.contains("agentcore-local-secret"))
    }

    /// A mistyped parameter must not stand for none: every fault would go.
    @Test func aFaultStaysWhereTheParameterIsMistyped() async throws {
        let lab = try ControlledLab()
        _ = try await lab.json(.put, "/_local/faults", ["name": "x", "party": "github", "drop": true])
        #expect(await lab.call(.delete, "/_local/faults?nam=x").status == 400)
        #expect(lab.lab.network.faults.all.map(\.name) == ["x"])
    }

    @Test func aHintThatAsksEndsAsAQuestion() async throws {
        let lab = try ControlledLab()
        for (url, end) in [("http://githab.com/x", "did you mean github.com?"), ("https://a.test/", "host a.test.")] {
            let hint = try await lab.json(.post, "/_local/consent", ["url": .string(url), "user": "alice"])["hint"]
            #expect(hint?.string?.hasSuffix(end) == true, "\(hint?.string ?? "none")")
        }
    }

    @Test func theClockMovesAndSkews() async throws {
        let lab = try ControlledLab()
        let clock = try await lab.json(.post, "/_local/clock", ["advance": "11m", "skew": ["github": "-90s"]])
        #expect(clock["now"] == "2026-11-20T10:11:00Z")
        #expect(clock["skew"]?["github"] == "-90000ms")
        #expect(try await lab.json(.get, "/_local/clock") == clock)
    }

    @Test func aFaultStrikesAsOftenAsItSays() async throws {
        let lab = try ControlledLab()
        let fault: JSONValue = [
            "name": "slow-token", "party": "github", "operation": "POST /login/oauth/access_token",
            "answer": ["status": 503, "headers": ["retry-after": "1"], "body": ["message": "busy"]], "first": 2,
        ]
        _ = try await lab.json(.put, "/_local/faults", fault)
        let url = "https://github.com/login/oauth/access_token/"
        var statuses: [Int] = []
        for _ in 0..<3 { statuses.append(try await lab.lab.network.send(Request(.post, url), from: .outside).status) }
        #expect(statuses.prefix(2) == [503, 503] && statuses[2] != 503)
        #expect(try await lab.json(.get, "/_local/faults")[0]?["first"] == 0)
        #expect(try await lab.json(.delete, "/_local/faults?name=slow-token") == [])
    }

    @Test func anApplicationIsMadeAndMerged() async throws {
        let lab = try ControlledLab()
        let made = try await lab.json(
            .put, "/_local/applications/my-app",
            ["secret": "s3cret", "callbacks": [["url": "https://app.example.com/other", "wildcard": false]]])
        #expect(!made.text.contains("s3cret"))
        let merged = try await lab.json(.put, "/_local/applications/my-app", ["expiringTokens": true])
        #expect(merged["callbacks"]?[0]?["url"] == "https://app.example.com/other")
        #expect(merged["expiringTokens"] == true)
    }

    /// Nobody in the lab made it, and still it is somebody's: what stands by the name of a secret is hidden everywhere.
    /// An escape that nobody needed hides no token.
    @Test func aTokenThatIsEncodedLetterByLetterIsMaskedToo() {
        let scan = SecretScan([("gho_abcdefghijklmnopqrstuvwxyz", "token T")])
        #expect(scan.masked("a=%67ho_abcdefghijklm%6Eopqrstuvwxyz&b=%20c") == "a=<token T>&b= c")
        #expect(scan.masked("a=%67ho_nobody&b=%20c") == "a=%67ho_nobody&b=%20c")
    }

    @Test func aForeignTokenIsShownNowhere() async throws {
        let lab = try ControlledLab()
        let sent: Form = [
            "assertion": "foreign-assertion-0123456789", "client_secret": "foreign-secret-0123456789",
            "access_token": "foreign-token-0123456789", "seen": "by-everybody",
        ]
        let json: JSONValue = [
            "accessToken": "foreign-json-0123456789", "link": "https://a.example/?token=foreign-link",
        ]
        let foreign = Request(
            .post, sent.added(to: "https://github.com/login/oauth/access_token"),
            headers: [
                .contentType: Form.mediaType, .authorization: "foreign-without-scheme",
                fieldName("X-Amz-Security-Token"): "foreign-session",
            ], body: Array(sent.encoded.utf8))
        let second = Request(.post, "https://github.com/login/oauth/access_token", headers: [:], json: json)
        let broken = Request(
            .post, "https://github.com/login/oauth/access_token",
            headers: [.contentType: "application/json"],
            body: Array(#"{"client_secret":"foreign-broken-0123456789"#.utf8))
        let leaked: JSONValue = ["credentials": ["foreign-leaked-0123456789"]]
        let presigned = Request(
            .post, "https://github.com/credentials/revoke?X-Amz-Security-Token=foreign-session", headers: [:],
            json: leaked)
        for request in [foreign, second, broken, presigned] {
            _ = try await lab.lab.network.send(request, from: .outside)
        }
        let entries = lab.lab.store.journal()
        let mask = SecretMask(entries)
        let shown = [
            try await lab.json(.get, "/_local/journal?after=0").text, TraceText(entries).rendered,
            mask.field(.authorization, "foreign-without-scheme"), mask.url("/a?access_token=foreign-token#b"),
            mask.field(fieldName("X-Amz-Security-Token"), "foreign-session"),
        ]
        for text in shown { #expect(!text.contains("foreign")) }
        #expect(shown[0].contains("seen=by-everybody") && shown[1].contains("seen=by-everybody"))
        #expect(shown[3] == "/a?access_token=••••#b")
    }

    @Test func theJournalHasNoSecretInIt() async throws {
        let lab = try ControlledLab()
        let (url, token, gatewayURL) = try await lab.consentURL()
        _ = await lab.lab.consent(url: url, user: "alice")
        _ = try await lab.callTool(gatewayURL, token: token)
        let journal = try await lab.json(.get, "/_local/journal?after=0")
        let text = journal.text
        var births = 0
        for entry in lab.lab.store.journal() {
            guard case .token(.issued(let birth)) = entry.event else { continue }
            births += 1
            #expect(!text.contains(birth.value.exposed), "\(birth.kind)")
        }
        #expect(births >= 5)
        for secret in [
            "agentcore-local-secret", "gho_", "Bearer ey", "\"password\":\"alice", "password=alice", "gh-session=g",
        ] {
            #expect(!text.contains(secret), "\(secret)")
        }
        // Every cookie a party ever set.
        for entry in lab.lab.store.journal() {
            guard case .exchange(let exchange) = entry.event, case .answered(let response) = exchange.outcome else {
                continue
            }
            for cookie in response.head.headerFields[values: .setCookie] {
                let value = cookie.prefix { $0 != ";" }.drop { $0 != "=" }.dropFirst()
                if value.count > 8 { #expect(!text.contains(value), "\(cookie)") }
            }
        }
        let next = try #require(journal["next"]?.int)
        #expect(try await lab.json(.get, "/_local/journal?after=\(next)")["entries"] == [])
        let kinds = Set(journal["entries"]?.array?.compactMap { $0["kind"]?.string } ?? [])
        #expect(kinds.isSuperset(of: ["exchange", "transition", "token"]))
    }

    @Test func transitionsAndTokensAreListed() async throws {
        let lab = try ControlledLab()
        let (url, token, gatewayURL) = try await lab.consentURL()
        _ = await lab.lab.consent(url: url, user: "alice")
        _ = try await lab.callTool(gatewayURL, token: token)
        let steps = try #require(try await lab.json(.get, "/_local/transitions").array)
        let session = steps.filter { $0["subject"]?.string?.hasPrefix("session urn:") == true }
        #expect(session.compactMap { $0["to"]?.string } == ["ISSUED", "AT_PROVIDER", "CODE_RECEIVED", "BOUND"])
        let tokens = try #require(try await lab.json(.get, "/_local/tokens").array)
        let github = try #require(tokens.first { $0["issuer"] == "github" && $0["kind"] == "access_token" })
        #expect(github["heldBy"] == ["vault"] && github["seenBy"]?.strings?.contains("mcp") == true)
        #expect(github["seenBy"]?.strings?.contains("alice's MCP client") == false)
    }
}
