import Explore
import Harness
import Kernel
import Scenario
import TestSupport
import Testing

/// What a recording becomes; `record` itself is tried with real clients.
struct RecorderTests {
    /// The file of requests to a served lab: method, URL, what was sent, what was answered.
    private func file(_ messages: [(String, String, JSONValue?, JSONValue)]) throws -> String {
        let entries = messages.map { method, url, sent, answer -> JSONValue in
            var request: JSONObject = ["method": .string(method), "url": .string(url)]
            if let sent {
                request.append("postData", ["mimeType": "application/json", "text": .string(sent.text)])
            }
            return [
                "startedDateTime": "2026-11-20T10:00:00Z", "request": .object(request),
                "response": [
                    "status": 200, "content": ["mimeType": "application/json", "text": .string(answer.text)],
                ],
            ]
        }
        let definition = try LabDefinition.load(named: "default", root: Checkout.root)
        let addresses = RecordedAddresses(definition, origins: [:], portBase: 4580)
        let recording = try Recording(JSONValue.object(["log": ["entries": .array(entries)]]).text)
        var recorder = Recorder(recording, for: definition, addresses: addresses)
        return try recorder.scenario(titled: "recorded", lab: "default")
    }

    @Test func whatATestDidToTheLabIsKept() throws {
        let faults = "http://127.0.0.1:4586/_local/faults"
        let (one, two): (JSONValue, JSONValue) = (
            ["name": "one", "party": "github", "operation": "/user", "drop": true],
            ["name": "two", "party": "github", "operation": "/user", "drop": true]
        )
        let text = try file([
            (
                "PUT", "http://127.0.0.1:4586/_local/applications/mine", ["kind": "oauth-app", "secret": "hush-hush"],
                [:]
            ),
            ("POST", "http://127.0.0.1:4586/_local/snapshots", nil, ["id": "s1"]),
            ("PUT", faults, one, [:]), ("PUT", faults, two, [:]), ("DELETE", "\(faults)?name=one", nil, []),
            ("GET", faults, nil, []), ("DELETE", faults, nil, []),
            ("POST", "http://127.0.0.1:4586/_local/snapshots/s1/restore", nil, [:]),
        ])
        let steps = text.split(separator: "\n").filter { $0.hasPrefix("  - ") }.map {
            $0.dropFirst(4).prefix { $0 != ":" }
        }
        #expect(steps == ["application", "snapshot", "fault", "fault", "fault", "fault", "restore"], "\(text)")
        #expect(text.contains("fault: {remove: one}") && text.contains("fault: {remove: two}"))
        #expect(text.contains("agentcore-local-secret") && !text.contains("hush-hush"))
    }

    /// What a browser sent may be any letter; what is written can be read.
    @Test func whatIsWrittenCanBeRead() throws {
        let odd = "x\u{9B}31m\u{7F}\u{202E}\u{FFFF}\u{1B}"
        let sent = JSONValue.object(["a": .string(odd), odd: [.string(odd)]])
        let text = try file([("POST", "http://127.0.0.1:4583/anything", sent, [:])])
        #expect(text.shown == text, "\(text)")
        let (files, mistakes) = Library.load(sources: [Source(name: "r.yaml", text: text)], root: Checkout.root)
        #expect(mistakes.map(\.rendered) == [] && files.count == 1)
    }

    /// A scenario has the model's names, whatever the wire calls a member.
    @Test func aMemberIsNamedAsTheModelNamesIt() throws {
        let sent: JSONValue = [
            "name": "demo", "roleArn": "arn:aws:iam::111122223333:role/gw", "authorizerType": "NONE",
            "domainOverride": ["default": "a.example.com", "alternateDomains": ["b.example.com"]],
        ]
        let text = try file([("POST", "http://127.0.0.1:4580/gateways/", sent, ["gatewayId": "demo-ab12cd34ef"])])
        #expect(text.contains("defaultDomain: a.example.com"), "\(text)")
        let (files, mistakes) = Library.load(sources: [Source(name: "r.yaml", text: text)], root: Checkout.root)
        #expect(mistakes.map(\.rendered) == [] && files.count == 1)
    }

    @Test func aFragmentIsPartOfAnAddress() throws {
        let text = try file([
            ("POST", "http://127.0.0.1:4583/anything", ["see": "http://127.0.0.1:4585/callback?a=1#part"], [:])
        ])
        #expect(text.contains("${lab.app}/callback?a=1#part"), "\(text)")
    }

    /// A password in an address is no part of a host, and in no file.
    @Test func whoAsksIsNoPartOfAnAddress() throws {
        let text = try file([
            (
                "POST", "https://mia:PASSWORD@api.github.com/anything",
                [
                    "see": "https://mia:PASSWORD@example.com/x",
                    "told": "at https://mia:PASSWORD@api.github.com/y, say",
                ], [:]
            )
        ])
        #expect(text.contains("${lab.github}/anything") && text.contains("https://example.com/x"), "\(text)")
        #expect(!text.contains("PASSWORD") && !text.contains("mia"), "\(text)")
        let definition = try LabDefinition.load(named: "default", root: Checkout.root)
        let url: JSONValue = "https://mia:PASSWORD@elsewhere.example/"
        let entry: JSONValue = ["request": ["url": url], "response": ["status": 200]]
        let recording = try Recording(JSONValue.object(["log": ["entries": [entry]]]).text)
        var recorder = Recorder(
            recording, for: definition, addresses: RecordedAddresses(definition, origins: [:], portBase: 0))
        #expect(throws: RecordingMistake.self) { try recorder.scenario(titled: "t", lab: "default") }
        #expect(recorder.strangers == ["https://elsewhere.example"])
    }

    /// A journal has no calls to the lab itself: what they changed shows elsewhere, and is told.
    @Test func whatNoStepCanBeMadeOfIsToldAsLeftOut() throws {
        let definition = try LabDefinition.load(named: "default", root: Checkout.root)
        func exchange(_ path: String, _ status: JSONValue? = 200) -> JSONValue {
            [
                "kind": "exchange", "at": "2026-11-20T10:00:00Z", "from": "alice's browser", "to": "github",
                "method": "GET", "path": .string(path), "status": status ?? .null,
            ]
        }
        let journal: JSONValue = [
            "entries": [
                ["kind": "fault", "to": "github", "name": "slow"], ["kind": "fault", "to": "github", "name": "slow"],
                exchange("/login/oauth/authorize?client_id=Ov23limine"),
                exchange("/login/oauth/authorize?client_id=Ov23liagentcorelocal"),
                ["kind": "fault", "to": "github", "name": "lost"], exchange("/user?token=x", nil),
                ["kind": "fault", "to": "mcp", "name": "late"],
            ]
        ]
        let recording = try Recording(journal.text)
        let recorder = Recorder(
            recording, for: definition, addresses: RecordedAddresses(definition, origins: [:], portBase: 4580))
        #expect(
            recorder.unmade == [
                "the fault slow, which GET /login/oauth/authorize met at github and no journal describes: set it with "
                    + "a step fault",
                "the fault lost, which GET /user met at github and no journal describes: set it with a step fault",
                "the fault late, which came about at mcp and no journal describes: set it with a step fault",
                "the application Ov23limine, which no journal describes: make it with a step application",
                "GET /user to github, to which no answer came",
            ])
    }
}
