import Console
import Control
import Foundation
import HTTPTypes
import Harness
import Kernel
import TestSupport
import Testing

private let definition = Result { try LabDefinition.load(named: "default", root: Checkout.root) }
private let own = "http://127.0.0.1:4586"

/// A served lab with its console, as a browser meets it.
private struct Desk {
    let lab: Lab
    let console: Console

    init(_ change: (inout LabOptions) -> Void = { _ in }) throws {
        var options = LabOptions()
        change(&options)
        let ports = Party.served.enumerated().map { ($1, "http://127.0.0.1:\(4580 + $0)") }
        options.addressing = .served(origins: Dictionary(uniqueKeysWithValues: ports))
        let lab = try Lab(definition.get(), options)
        let control = ControlOrigin(lab: lab, version: "test")
        self.lab = lab
        console = Console(lab: lab, formSecret: "form-secret") { await control.respond(to: $0) }
    }

    func get(_ path: String) async throws -> Response {
        try #require(await console.answer(Request(.get, "\(own)\(path)")), "\(path)")
    }

    func page(_ path: String) async throws -> String {
        let response = try await get(path)
        #expect(response.status == 200, "\(path)")
        return response.bodyText
    }

    @discardableResult
    func post(
        _ path: String, _ fields: Form = [:], secret: String? = "form-secret", from origin: String? = own
    ) async -> Response? {
        var headers: HTTPFields = [.contentType: "application/x-www-form-urlencoded"]
        if let origin { headers[.origin] = origin }
        var form = fields
        if let secret { form.pairs.append(Form.Pair("form", secret)) }
        return await console.answer(Request(.post, "\(own)\(path)", headers: headers, body: Array(form.encoded.utf8)))
    }

    /// Somebody outside calls an operation.
    @discardableResult
    func aws(_ method: HTTPRequest.Method, _ path: String, _ body: JSONValue) async throws -> JSONValue {
        console.willAct()
        let request = Request(
            method, "http://127.0.0.1:4580\(path)", headers: [.contentType: "application/json"], body: body.bytes)
        let response = try await lab.network.deliver(request, to: .aws, from: .outside)
        try #require((200..<300).contains(response.status), "\(response.bodyText)")
        console.noticed()
        return response.json ?? .null
    }

    /// A target that waits for the administrator; its gateway and its id.
    @discardableResult
    func pendingTarget() async throws -> (gateway: String, target: String) {
        let provider = try await aws(
            .post, "/identities/CreateOauth2CredentialProvider",
            [
                "name": "github", "credentialProviderVendor": "GithubOauth2",
                "oauth2ProviderConfigInput": [
                    "githubOauth2ProviderConfig": [
                        "clientId": "Ov23liagentcorelocal", "clientSecret": "agentcore-local-secret",
                    ]
                ],
            ])
        let gateway = try await aws(
            .post, "/gateways/",
            [
                "name": "demo", "roleArn": "arn:aws:iam::000000000000:role/gateway", "protocolType": "MCP",
                "protocolConfiguration": ["mcp": ["supportedVersions": ["2025-11-25"]]],
                "authorizerType": "CUSTOM_JWT",
                "authorizerConfiguration": [
                    "customJWTAuthorizer": [
                        "discoveryUrl": "http://127.0.0.1:4582/.well-known/openid-configuration",
                        "allowedClients": ["web"],
                    ]
                ],
            ])
        await lab.advance(by: .seconds(1))
        let id = gateway["gatewayId"]?.string ?? ""
        let workload = gateway["workloadIdentityDetails"]?["workloadIdentityArn"]?.string?.split(separator: "/").last
        try await aws(
            .post, "/identities/UpdateWorkloadIdentity",
            [
                "name": .string(String(workload ?? "")),
                "allowedResourceOauth2ReturnUrls": ["http://127.0.0.1:4585/callback"],
            ])
        let target = try await aws(
            .post, "/gateways/\(id)/targets/",
            [
                "name": "github",
                "targetConfiguration": ["mcp": ["mcpServer": ["endpoint": "http://127.0.0.1:4584/mcp"]]],
                "credentialProviderConfigurations": [
                    [
                        "credentialProviderType": "OAUTH",
                        "credentialProvider": [
                            "oauthCredentialProvider": [
                                "providerArn": provider["credentialProviderArn"] ?? .null,
                                "grantType": "AUTHORIZATION_CODE", "scopes": ["repo"],
                                "defaultReturnUrl": "http://127.0.0.1:4585/callback",
                            ]
                        ],
                    ]
                ],
            ])
        return (id, target["targetId"]?.string ?? "")
    }
}

struct ConsoleTests {
    /// A message is found by its number when older ones are gone, and one that is gone is no message.
    @Test func aTrimmedJournalKeepsItsNumbers() async throws {
        let desk = try Desk { $0.journalKeep = 20 }
        _ = try await desk.page("/")
        for round in 0..<60 {
            try await desk.aws(.post, "/identities/CreateWorkloadIdentity", ["name": .string("agent-\(round)")])
        }
        let journal = desk.lab.store.journal()
        #expect(try #require(journal.first).sequence > 20)
        let exchanges = journal.filter { if case .exchange = $0.event { true } else { false } }.map(\.sequence)
        for (before, number) in zip(exchanges, exchanges.dropFirst()) {
            let page = try await desk.page("/exchanges/\(number)")
            #expect(page.contains("Message \(number):"))
            #expect(page.contains("<a rel=\"prev\" href=\"/exchanges/\(before)\">"))
            #expect(page.contains("/fork/\(number)"))
        }
        for gone in ["1", "20", "-1", "\(Int.min)", "\(Int.max)"] {
            #expect(try await desk.get("/exchanges/\(gone)").status == 404)
            #expect(await desk.post("/exchanges/\(gone)")?.status == 404)
            #expect(await desk.post("/fork/\(gone)")?.status == 303)
        }
    }

    @Test func everyPageIsWholeBeforeAnythingHappened() async throws {
        let desk = try Desk()
        for path in ["/", "/tokens", "/lab", "/compare", "/api"] {
            let response = try await desk.get(path)
            #expect(response.status == 200 && response.bodyText.contains("<html lang=\"en\">"), "\(path)")
            #expect(!response.bodyText.contains("style="), "no style stands in a page")
            #expect(response.bodyText.contains("<a href=\"\(path)\" aria-current=\"page\">"), "\(path) has the frame")
        }
        #expect(await desk.console.answer(Request(.get, "\(own)/_local/info")) == nil)
        #expect(await desk.console.answer(Request(.get, "\(own)/elsewhere")) == nil)
        #expect(try await desk.get("/exchanges/1").status == 404)
        #expect(try await desk.get("/exchanges/x%3Cscript%3E").status == 404)
    }

    @Test func pagesLoadNothingFromElsewhereAndAreNotFramed() async throws {
        let response = try await Desk().get("/")
        let policy = try #require(response.head.headerFields[.contentSecurityPolicy])
        for part in ["default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"] {
            #expect(policy.contains(part))
        }
        #expect(!policy.contains("unsafe"))
        #expect(response.head.headerFields[fieldName("X-Frame-Options")] == "DENY")
        for path in ["/console.css", "/console.js"] {
            let asset = try await Desk().page(path)
            #expect(!asset.contains("http://") && !asset.contains("https://") && asset.utf8.count > 500)
        }
    }

    @Test func aPendingTargetIsAuthorizedAndCompletesByItself() async throws {
        let desk = try Desk()
        let (_, target) = try await desk.pendingTarget()
        var page = try await desk.page("/")
        #expect(page.contains("CREATE_PENDING_AUTH") && page.contains("/targets/\(target)/authorize"))
        // The button leads the browser to the provider; the application knows already who began.
        let response = try #require(await desk.post("/targets/\(target)/authorize"))
        #expect(response.status == 303)
        let url = try #require(response.head.headerFields[.location])
        #expect(url.hasPrefix("http://127.0.0.1:4580/identities/oauth2/authorize?request_uri="))
        let walk = await desk.lab.consent(url: url, user: "admin", complete: false)
        #expect(walk.status == 200)
        await desk.lab.advance(by: .seconds(1))
        page = try await desk.page("/")
        #expect(!page.contains("/targets/\(target)/authorize") && page.contains("READY"))
        #expect(await desk.post("/targets/\(target)/authorize")?.head.headerFields[.location] == "/")
    }

    @Test func theRobotApprovesToo() async throws {
        let desk = try Desk()
        let (_, target) = try await desk.pendingTarget()
        #expect(await desk.post("/targets/\(target)/robot")?.status == 303)
        await desk.lab.advance(by: .seconds(1))
        #expect(desk.lab.targets.first?.status == "READY")
        #expect(try await desk.page("/").contains("The robot approved."))
        #expect(try await !desk.page("/").contains("The robot approved."))
    }

    @Test func aMessageShowsItsPartsAndHidesItsSecrets() async throws {
        let desk = try Desk()
        try await desk.pendingTarget()
        let journal = desk.lab.store.journal()
        let created = try #require(
            journal.first { entry in
                if case .exchange(let exchange) = entry.event {
                    exchange.request.path.hasSuffix("CredentialProvider")
                } else {
                    false
                }
            })
        let path = "/exchanges/\(created.sequence)"
        let page = try await desk.page(path)
        #expect(page.contains("curl -i") && page.contains("GithubOauth2") && page.contains("Content-Type"))
        #expect(!page.contains("agentcore-local-secret"))
        let revealed = try #require(await desk.post(path))
        #expect(revealed.status == 200 && revealed.bodyText.contains("agentcore-local-secret"))
        #expect(revealed.bodyText.contains("Secrets are shown."))
    }

    @Test func tokensAreDecodedAndStandBelowWhatTheyWereMadeFrom() async throws {
        let desk = try Desk()
        let result = try await desk.lab.signIn(user: "alice", client: "web")
        let jwt = try #require(result.json["accessToken"]?.string)
        let exchange = try #require(
            desk.lab.store.journal().first { entry in
                if case .exchange(let exchange) = entry.event {
                    exchange.request.path == "/oauth2/token"
                } else {
                    false
                }
            })
        let page = try await desk.page("/exchanges/\(exchange.sequence)")
        #expect(page.contains("client_id") && page.contains("good for 3600 s more") && !page.contains(jwt))
        let tokens = try await desk.page("/tokens")
        #expect(tokens.contains("access token of idp for <b>alice</b>") && tokens.contains("authorization code of idp"))
        let code = try #require(tokens.range(of: "authorization code of idp"))
        let token = try #require(tokens.range(of: "access token of idp"))
        #expect(code.lowerBound < token.lowerBound && !tokens.contains(jwt))
        let ofCode = tokens[code.lowerBound..<token.lowerBound]
        #expect(ofCode.contains(">redeemed<") && !ofCode.contains(">until "), "it was good once")
    }

    @Test func formsOfOtherPagesCountNothing() async throws {
        let desk = try Desk()
        let before = desk.lab.clock.now
        let advance: Form = ["advance": "1h"]
        for (secret, origin) in [
            ("form-secret", nil), ("form-secret", "http://127.0.0.1:4584"), ("form-secret", "null"),
            ("form-secret", "https://evil.example"), (nil, own), ("guess", own),
        ] as [(String?, String?)] {
            #expect(await desk.post("/lab/clock", advance, secret: secret, from: origin)?.status == 403)
        }
        #expect(desk.lab.clock.now == before)
        #expect(await desk.post("/lab/clock", advance)?.status == 303)
        #expect(desk.lab.clock.now - before == .seconds(3600))
    }

    @Test func theLabIsChangedByForms() async throws {
        let desk = try Desk()
        await desk.post("/lab/skew", ["party": "github", "span": "-90s"])
        await desk.post(
            "/lab/faults",
            ["name": "slow<", "party": "github", "operation": "POST /login", "effect": "503", "first": "2"])
        var page = try await desk.page("/lab")
        for party in Party.served + Party.inner where party != .console {
            #expect(page.contains("<option>\(party.rawValue)</option>"), "a fault at \(party)")
        }
        #expect(page.contains("github is off by -90s") && page.contains("slow&lt;") && !page.contains("slow<"))
        await desk.post("/lab/faults/remove", ["name": "slow<"])
        #expect(desk.lab.network.faults.all.isEmpty)
        await desk.post("/lab/snapshots")
        page = try await desk.page("/lab")
        #expect(page.contains("/lab/snapshots/snapshot-1"))
        #expect(await desk.post("/lab/snapshots/snapshot-1")?.head.headerFields[.location] == "/")
        await desk.post("/lab/clock", ["advance": "soon<b>"])
        #expect(try await desk.page("/lab").contains("must be a duration"))
        try await desk.pendingTarget()
        await desk.post("/lab/reset", ["sure": "yes"])
        #expect(desk.lab.store.lastSequence == 0)
        #expect(await desk.post("/lab/nothing") == nil)
    }

    @Test func aForkKeepsTheFutureThatWasLeft() async throws {
        let desk = try Desk()
        _ = try await desk.page("/")
        let (gateway, target) = try await desk.pendingTarget()
        let journal = desk.lab.store.journal()
        let create = try #require(
            journal.last { entry in
                if case .exchange(let exchange) = entry.event { exchange.from == .outside } else { false }
            })
        #expect(try await desk.page("/exchanges/\(create.sequence)").contains("/fork/\(create.sequence)"))
        let response = try #require(await desk.post("/fork/\(create.sequence)"))
        #expect(response.head.headerFields[.location] == "/compare?with=future-1")
        #expect(desk.lab.targets.isEmpty && !target.isEmpty)
        // Another future: the same request, refused.
        desk.lab.network.faults.put(try Fault(json: ["name": "down", "party": "aws", "answer": ["status": 500]]))
        desk.console.willAct()
        _ = try await desk.lab.network.deliver(
            Request(.post, "http://127.0.0.1:4580/gateways/\(gateway)/targets/"), to: .aws, from: .outside)
        let page = try await desk.page("/compare?with=future-1")
        #expect(page.contains("Both begin after entry") && page.contains("CREATE_PENDING_AUTH"))
        #expect(page.contains("/targets/: 500") && page.contains("They part at once."))
        // What lay ahead of a moment that was left is no moment any more.
        #expect(await desk.post("/fork/\(create.sequence + 900)")?.status == 303)
    }

    /// Parties without a port are not the people who stand in the first column.
    @Test func aFunctionStandsInAColumnOfItsOwn() async throws {
        let desk = try Desk()
        _ = try await desk.lab.signIn(user: "alice", client: "web")
        #expect(!(try await desk.page("/").contains("c8")))
        let url = "https://lambda.us-east-1.amazonaws.com/2015-03-31/functions/orders/invocations"
        _ = try await desk.lab.network.send(Request(.post, url), from: .gateway)
        let page = try await desk.page("/")
        #expect(page.contains("<span class=\"c8\">lambda</span>") && page.contains("class=\"arrow c3 s5 right\""))
    }

    @Test func aWatcherHearsOfEveryMessage() async throws {
        let desk = try Desk()
        let stream = try #require(try await desk.get("/live").events)
        #expect(stream.next() == .pending)
        _ = try await desk.lab.signIn(user: "alice", client: "web")
        guard case .event(let event) = stream.next() else {
            Issue.record("nothing was told")
            return
        }
        #expect(event.data == Array("\(desk.lab.store.lastSequence)".utf8))
        #expect(stream.next() == .pending)
        stream.stop()
    }

    @Test func aLongJournalIsShownInPieces() async throws {
        let desk = try Desk()
        for _ in 0..<40 { _ = try await desk.lab.signIn(user: "alice", client: "web") }
        let page = try await desk.page("/")
        #expect(page.contains("Older messages") && !page.contains("/exchanges/1\""))
        let before = try #require(page.range(of: "/?before="))
        let number = page[before.upperBound...].prefix { $0.isNumber }
        #expect(try await desk.page("/?before=\(number)").contains("Newest messages"))
    }
}
