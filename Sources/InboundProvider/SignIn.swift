import HTTPTypes
import Kernel
import OAuthCore

extension InboundProvider {
    /// Distinct from every other party's: under `serve` all of them share one host name, and cookies know no ports.
    static let cookie = "idp-session"

    /// The browser's session if somebody is signed in there and it has not ended.
    func session(of request: Request) -> SessionRecord? {
        guard let id = request.cookie(Self.cookie) else { return nil }
        let found = try? world.store.write { $0.find(SessionRecord.self, .init(id)) }
        guard let session = found, session.user != nil,
            world.clock.now < session.signedInAt + profile.lifetimes.session
        else { return nil }
        return session
    }

    /// Whether a session spares the sign-in (OpenID Connect Core section 3.1.2.1, `prompt` and `max_age`).
    func isEnough(_ session: SessionRecord, for asked: AuthorizationRequest) -> Bool {
        guard !asked.prompt.contains("login"), !asked.prompt.contains("select_account") else { return false }
        guard let maxAge = asked.maxAge else { return true }
        return world.clock.now <= session.signedInAt + maxAge
    }

    /// The sign-in form, bound to this browser by its cookie and a hidden token.
    func signInPage(_ asked: AuthorizationRequest, _ raw: RawParameters, _ request: Request) throws -> Response {
        let now = world.clock.now
        let known = request.cookie(Self.cookie)
        let fresh = world.entropy.text(32, from: .base62, for: "idp-session")
        let token = world.entropy.text(32, from: .base62, for: "idp-form")
        let session = try world.store.write { transaction in
            let session: SessionRecord
            if let found = known.flatMap({ transaction.find(SessionRecord.self, .init($0)) }) {
                session = found
            } else {
                session = SessionRecord(
                    id: .init(fresh), user: nil, signedInAt: now, until: now + profile.lifetimes.session)
                transaction.save(passing: session, at: now)
            }
            transaction.save(
                passing: FormRecord(
                    id: .init(token), session: session.id, query: raw.text, expires: now + .minutes(10)), at: now)
            return session.id
        }
        var response = page(200, token: token, name: asked.loginHint, client: asked.client.id, problem: nil)
        response.head.headerFields[.setCookie] = Cookies.set(Self.cookie, session.rawValue)
        return response
    }

    private func page(_ status: Int, token: String, name: String, client: String, problem: String?) -> Response {
        HTML.response(
            status, title: "Sign in",
            body: """
                <p>to continue to \(HTML.escape(client))</p>
                \(problem.map { "<p role=\"alert\">\(HTML.escape($0))</p>" } ?? "")
                <form method="post" action="/login">
                \(HTML.hidden("form", token))
                <label>User name <input name="username" value="\(HTML.escape(name))" \
                autocomplete="username" autofocus required></label>
                <label>Password <input name="password" type="password" \
                autocomplete="current-password" required></label>
                <button type="submit" name="action" value="sign-in">Sign in</button>
                </form>
                """)
    }

    /// The form comes back. Its request is checked again: nothing in between is trusted.
    func login(_ request: Request) throws -> Response {
        guard request.mediaType == Form.mediaType else {
            return HTML.message(400, title: "Bad request", "A form was expected.")
        }
        let form = request.form
        let token = form.present("form") ?? ""
        let shown = try world.store.write { $0.find(FormRecord.self, .init(token)) }
        guard let shown, world.clock.now < shown.expires else {
            return HTML.message(400, title: "The form is too old", "Go back to the application and start again.")
        }
        guard request.cookie(Self.cookie) == shown.session.rawValue || !world.switches.holds(.inboundFormBinding)
        else {
            world.note("A sign-in form came from another browser.", rule: .inboundFormBinding)
            return HTML.message(403, title: "The form is not yours", "Go back to the application and start again.")
        }
        switch check(RawParameters(shown.query)) {
        case .failure(let refusal): return refused(refusal, status: 303)
        case .success(let asked):
            let name = form.present("username") ?? ""
            guard let user = directory.signIn(name, password: form["password"] ?? "") else {
                return page(
                    403, token: token, name: name, client: asked.client.id, problem: "Incorrect user name or password.")
            }
            return try signedIn(user, asked)
        }
    }

    /// A new session under a new id, so that an id planted before the sign-in is worth nothing after it.
    private func signedIn(_ user: UserDirectory.User, _ asked: AuthorizationRequest) throws -> Response {
        let now = world.clock.now
        let session = SessionRecord(
            id: .init(world.entropy.text(32, from: .base62, for: "idp-session")), user: user.name, signedInAt: now,
            until: now + profile.lifetimes.session)
        try world.store.write { $0.save(passing: session, at: now) }
        var response = try issueCode(asked, session: session, status: 303)
        response.head.headerFields[.setCookie] = Cookies.set(Self.cookie, session.id.rawValue)
        return response
    }
}
