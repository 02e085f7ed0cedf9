import AWSCore
import Application
import HTTPTypes
import Kernel
import OAuthCore
import Synchronization
import Testing

/// Keeps what it was asked and answers as scripted.
private final class ScriptedOrigin: Origin {
    private let requests = Mutex<[Request]>([])
    private let handler: @Sendable (Request) -> Response
    init(_ handler: @escaping @Sendable (Request) -> Response) { self.handler = handler }
    func respond(to request: Request) async -> Response {
        requests.withLock { $0.append(request) }
        return handler(request)
    }
    var received: [Request] { requests.withLock { $0 } }
}

private struct Fixture {
    static let credentials = SigV4.Credentials(keyID: "AKIAAPP", secret: Secret("s3cret"))
    static let session = "urn:ietf:params:oauth:request_uri:abc"
    let app: Application
    let aws: ScriptedOrigin
    let idp: ScriptedOrigin
    let store = Store()

    init(off: Set<String> = [], refuses: Bool = false) {
        let clock = VirtualClock(now: Instant(milliseconds: 1_795_168_800_000))
        var hosts = HostTable()
        hosts.add("aws.test", .aws)
        hosts.add("idp.test", .idp)
        let network = InMemoryNetwork(hosts: hosts, clock: clock, store: store)
        aws = ScriptedOrigin { _ in
            refuses ? .json(403, ["message": "Invalid or expired session"]) : .json(200, [:])
        }
        idp = ScriptedOrigin { request in
            guard request.method == .get else { return .json(200, ["access_token": "header.claims.alice"]) }
            return .json(
                200,
                [
                    "issuer": "https://idp.test", "authorization_endpoint": "https://idp.test/oauth2/authorize",
                    "token_endpoint": "https://idp.test/oauth2/token",
                ])
        }
        network.connect(.aws, aws)
        network.connect(.idp, idp)
        let addresses = AddressBook(
            origins: [.aws: "https://aws.test", .idp: "https://idp.test", .app: "https://app.test"],
            gatewayTemplate: "")
        app = Application(
            world: World(
                party: .app, clock: clock, scheduler: clock, entropy: SeededEntropy(seed: 1),
                network: network.port(of: .app), store: store, addresses: addresses, switches: Switches(off: off)),
            credentials: Self.credentials, region: "eu-west-1")
    }

    func get(_ path: String, cookie: String? = nil) async -> Response {
        var headers = HTTPFields()
        if let cookie { headers[.cookie] = cookie }
        return await app.respond(to: Request(.get, "https://app.test" + path, headers: headers))
    }

    func post(_ path: String, _ body: String) async -> Int {
        await app.respond(to: Request(.post, "https://app.test" + path, body: Array(body.utf8))).status
    }

    func callback(cookie: String? = nil) async -> Response {
        await get("/callback?session_id=\(percentEncoded(Self.session))", cookie: cookie)
    }

    /// `name=value` of the first cookie that has this name.
    private static func cookie(_ name: String, _ response: Response) -> String? {
        response.head.headerFields[values: .setCookie].compactMap { $0.split(separator: ";").first.map(String.init) }
            .first { $0.hasPrefix(name + "=") }
    }

    /// Signs somebody in; gives their cookie.
    func signIn() async throws -> String {
        let away = await get("/sign-in")
        let sent = Form(parsing: try #require(URLParts(away.header(.location) ?? "")?.query))
        let mine = try #require(Self.cookie("app-sign-in", away))
        let page = await get("/callback?code=c&state=\(sent["state"] ?? "")", cookie: mine)
        #expect(page.status == 200)
        return try #require(Self.cookie("app-session", page))
    }

    var completions: [JSONValue] { aws.received.compactMap { try? JSONValue(parsing: $0.body) } }
}

@Suite struct ApplicationTests {
    @Test func withoutAnIdentityNothingIsCalled() async {
        let lab = Fixture()
        let page = await lab.callback()
        #expect(page.status == 200 && page.bodyText.contains(Fixture.session))
        #expect(lab.aws.received.isEmpty)
        let hostile = await lab.get("/callback?session_id=%3Cscript%3E")
        #expect(!hostile.bodyText.contains("<script>"))
    }

    /// E83.
    @Test func withoutASessionID() async {
        let lab = Fixture()
        let page = await lab.get("/callback")
        #expect(page.status == 400 && page.bodyText.contains("Missing session_id"))
        #expect(await lab.get("/callback?session_id=").status == 400)
        #expect(await lab.get("/ping").status == 200)
        #expect(await lab.get("/nowhere").status == 404)
        #expect(await lab.post("/callback", "") == 405)
    }

    @Test func aStoredTokenStays() async {
        let lab = Fixture()
        #expect(await lab.post("/userIdentifier/token", #"{"user_token":"a.b.c"}"#) == 200)
        for _ in 0..<2 {
            let page = await lab.callback()
            #expect(page.status == 200 && page.bodyText.contains("completed successfully"))
        }
        let expected: JSONValue = ["sessionUri": .string(Fixture.session), "userIdentifier": ["userToken": "a.b.c"]]
        #expect(lab.completions == [expected, expected])
        #expect(lab.aws.received.first?.path == "/identities/CompleteResourceTokenAuth")
    }

    /// As anybody signs who calls AWS.
    @Test func aCompletionIsSigned() async throws {
        let lab = Fixture()
        #expect(await lab.post("/userIdentifier/token", #"{"user_token":"a.b.c"}"#) == 200)
        _ = await lab.callback()
        let call = try #require(lab.aws.received.first)
        let key = SigV4.KnownKey(Fixture.credentials, account: "000000000000", principal: "app")
        let verified = SigV4.verify(
            call, service: "bedrock-agentcore", region: "eu-west-1", at: Instant(milliseconds: 1_795_168_800_000)
        ) { $0 == "AKIAAPP" ? key : nil }
        #expect(throws: Never.self) { try verified.get() }
    }

    @Test(arguments: ["", "{", "[]", #"{"user_token":1}"#, #"{"user_token":""}"#, #"{"session_id":"x"}"#])
    func badInput(_ body: String) async {
        let lab = Fixture()
        #expect(await lab.post("/userIdentifier/token", body) == 400)
        #expect(await lab.post("/userIdentifier/id", body) == 400)
    }

    /// E85: nothing of the reason, nothing of the identity.
    @Test func aRefusalIsAPage() async {
        let lab = Fixture(refuses: true)
        _ = await lab.post("/userIdentifier/token", #"{"user_token":"se.cr.et"}"#)
        let page = await lab.callback()
        #expect(page.status == 500 && page.bodyText.contains("Session Binding Failed"))
        #expect(!page.bodyText.contains("se.cr.et") && !page.bodyText.contains("expired"))
    }

    @Test func signInSendsPKCE() async throws {
        let lab = Fixture()
        let away = await lab.get("/sign-in")
        let sent = Form(parsing: try #require(URLParts(away.header(.location) ?? "")?.query))
        #expect(sent["client_id"] == "web" && sent["redirect_uri"] == "https://app.test/callback")
        #expect(PKCE.isLegal(challenge: sent["code_challenge"] ?? ""))
        // Another browser, or none, cannot finish it; nor can the first one after it was tried.
        let back = "/callback?code=c&state=\(sent["state"] ?? "")"
        #expect(await lab.get(back).status == 400)
        #expect(await lab.get(back, cookie: "app-sign-in=other").status == 400)
        let mine = "app-sign-in=\(sent["state"] ?? "")"
        #expect(await lab.get(back, cookie: mine).status == 200)
        #expect(await lab.get(back, cookie: mine).status == 400)
        let form = Form(parsing: String(decoding: lab.idp.received.last?.body ?? [], as: UTF8.self))
        #expect(PKCE.matches(verifier: form["code_verifier"] ?? "", challenge: sent["code_challenge"] ?? ""))
    }

    /// A1: an id for this session, then the signed-in person, then the stored token.
    @Test(
        arguments: [([], "header.claims.alice"), (["completes-own-session-only"], "m.al.lory")]
            as [(Set<String>, String)])
    func whoCompletes(off: Set<String>, token: String) async throws {
        let lab = Fixture(off: off)
        _ = await lab.post("/userIdentifier/token", #"{"user_token":"m.al.lory"}"#)
        let alice = try await lab.signIn()
        _ = await lab.callback(cookie: alice)
        #expect(lab.completions.last?["userIdentifier"] == ["userToken": .string(token)])
        _ = await lab.callback(cookie: "app-session=forged")
        #expect(lab.completions.last?["userIdentifier"] == ["userToken": "m.al.lory"])
        _ = await lab.post("/userIdentifier/id", #"{"session_id":"\#(Fixture.session)","user_id":"gw1"}"#)
        _ = await lab.callback(cookie: alice)
        #expect(lab.completions.last?["userIdentifier"] == ["userId": "gw1"])
        let notes = lab.store.journal().compactMap { entry in
            if case .note(let note) = entry.event { note.rule } else { nil }
        }
        #expect(notes == (off.isEmpty ? ["completes-own-session-only"] : []))
    }
}
