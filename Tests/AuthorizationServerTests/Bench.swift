import AuthorizationServer
import HTTPTypes
import Kernel
import OAuthCore
import Testing

/// One server in a world of its own, and the ways a client and a browser reach it.
struct Bench {
    static let client = "Ov23liagentcorelocal"
    static let app = "Iv23liagentcorelocal"
    static let secret = "agentcore-local-secret"
    static let callback = "https://aws.test/identities/oauth2/callback/7d5b"
    static let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    static let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

    let server: AuthorizationServer
    let clock = VirtualClock(now: Instant(milliseconds: 1_795_168_800_000))
    let store = Store()

    init(
        profile: String? = nil, vendor: VendorProfile? = nil, off: Set<String> = [], chosen: [String: String] = [:],
        documents: [String: JSONValue] = [:]
    ) throws {
        let addresses = AddressBook(
            origins: [.github: "https://github.test", .aws: "https://aws.test"], gatewayTemplate: "")
        let world = World(
            party: .github, clock: PartyClock(clock, for: .github), scheduler: clock, entropy: SeededEntropy(seed: 1),
            network: Documents(documents: documents), store: store, addresses: addresses,
            switches: Switches(off: off, chosen: chosen))
        let users = ["alice", "mallory"].enumerated().map { index, name -> JSONValue in
            [
                "name": .string(name), "password": .string(name), "subject": .string("sub-\(name)"),
                "email": .string("\(name)@example.com"), "login": .string("\(name)-gh"),
                "numericId": .int(Int64(90_001 + index)), "displayName": .string(name.uppercased()),
            ]
        }
        server = AuthorizationServer(
            world: world, profile: try vendor ?? ProfileFile.profile(profile),
            directory: try UserDirectory(json: ["users": .array(users)]))
    }

    func pass(_ span: Span) { _ = clock.advance(towards: clock.now + span) }

    func send(
        _ method: HTTPRequest.Method, _ path: String, headers: HTTPFields = [:], body: String = ""
    ) async -> Response {
        await server.respond(
            to: Request(method, "https://github.test" + path, headers: headers, body: Array(body.utf8)))
    }

    /// A request to the token endpoint with the application's credentials; nil removes a parameter.
    func token(
        _ parameters: [String: String?], accept: String? = "application/json", client: String = Bench.client
    ) async -> Response {
        var all: [String: String?] = ["client_id": client, "client_secret": Self.secret]
        all.merge(parameters) { $1 }
        let form = Form(all.sorted { $0.key < $1.key }.compactMap { name, value in value.map { .init(name, $0) } })
        var headers: HTTPFields = [.contentType: "application/x-www-form-urlencoded"]
        headers[.accept] = accept
        return await send(.post, "/login/oauth/access_token", headers: headers, body: form.encoded)
    }

    func user(_ token: String) async -> Response {
        await send(.get, "/user", headers: [.authorization: "Bearer \(token)"])
    }

    /// A token of alice's for these scopes, by the whole flow.
    func accessToken(_ scopes: String = "repo", client: String = Bench.client) async throws -> JSONValue {
        let code = try await code(scopes, client: client)
        let answer = await token(["code": code], client: client)
        return try #require(answer.json)
    }

    func code(
        _ scopes: String = "repo", client: String = Bench.client, _ more: Form = [:], as user: String = "alice"
    ) async throws -> String {
        var browser = Walker(bench: self)
        let landed = try await browser.walk(authorizePath(scopes, client: client, more), as: user)
        return try #require(Form(parsing: URLParts(landed)?.query ?? "")["code"])
    }

    func authorizePath(_ scopes: String? = "repo", client: String = Bench.client, _ more: Form = [:]) -> String {
        var form: Form = ["client_id": client, "redirect_uri": Self.callback, "state": "s1"]
        form.append("scope", scopes)
        form.pairs.removeAll { pair in more[pair.name] != nil }
        form.pairs += more.pairs
        return "/login/oauth/authorize?\(form.encoded)"
    }

    var notes: [String] {
        store.journal().compactMap { entry in
            if case .note(let note) = entry.event { note.rule } else { nil }
        }
    }
}

/// The rest of the world: documents at their addresses, and nothing else.
private struct Documents: Network {
    let documents: [String: JSONValue]

    func send(_ request: Request) async throws(NetworkFailure) -> Response {
        let host = request.head.authority ?? ""
        let url = "\(request.head.scheme ?? "")://\(host)\(request.head.path ?? "")"
        guard let found = documents[url] else { throw NetworkFailure(.unknownHost, host: host) }
        return .json(200, found)
    }
}

/// A browser without patience: keeps the one cookie, fills in forms, stops where the server sends it away.
struct Walker {
    let bench: Bench
    var cookie: String?

    init(bench: Bench) { self.bench = bench }

    mutating func open(_ path: String) async -> Response {
        await keep(bench.send(.get, path, headers: headers))
    }

    mutating func submit(_ path: String, _ form: Form) async -> Response {
        var fields = headers
        fields[.contentType] = "application/x-www-form-urlencoded"
        return await keep(bench.send(.post, path, headers: fields, body: form.encoded))
    }

    /// The page that alice (or another) sees after signing in.
    mutating func signIn(from response: Response, as user: String) async throws -> Response {
        let page = await open(try local(response))
        var form = Self.hidden(page)
        form.append("username", user)
        form.append("password", user)
        form.append("action", "sign-in")
        let answer = await submit("/login", form)
        #expect(answer.status == 303)
        return await open(try local(answer))
    }

    /// To the end: where the browser is sent outside the server.
    mutating func walk(_ path: String, as user: String, decision: String = "approve", only: [String]? = nil)
        async throws -> String
    {
        var page = await open(path)
        if page.header(.location)?.hasPrefix("https://github.test/login?") == true {
            page = try await signIn(from: page, as: user)
        }
        if page.status == 200 {
            page = await submit("/login/oauth/authorize", Self.consent(page, decision: decision, only: only))
        }
        #expect(page.status == 302)
        return try #require(page.header(.location))
    }

    /// The consent form as a browser sends it with all boxes (or only some) checked.
    static func consent(_ page: Response, decision: String, only: [String]? = nil) -> Form {
        var form = hidden(page)
        for scope in only ?? offered(page) { form.append("scope", scope) }
        form.append("decision", decision)
        return form
    }

    static func hidden(_ page: Response) -> Form {
        Form(
            page.bodyText.matches(of: #/<input type="hidden" name="([^"]*)" value="([^"]*)">/#).map { match in
                .init(String(match.1), String(match.2).replacing("&amp;", by: "&"))
            })
    }

    static func offered(_ page: Response) -> [String] {
        page.bodyText.matches(of: #/name="scope" value="([^"]*)"/#).map { String($0.1) }
    }

    private var headers: HTTPFields {
        var fields: HTTPFields = [:]
        if let cookie { fields[.cookie] = "other=1; gh-session=\(cookie)" }
        return fields
    }

    private mutating func keep(_ response: Response) -> Response {
        if let match = response.header(.setCookie)?.firstMatch(of: #/^gh-session=([^;]*); Path=/; HttpOnly/#) {
            cookie = String(match.1)
        }
        return response
    }

    private func local(_ response: Response) throws -> String {
        let location = try #require(response.header(.location))
        #expect(location.hasPrefix("https://github.test/"))
        return String(location.dropFirst("https://github.test".count))
    }
}
