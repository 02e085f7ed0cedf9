import HTTPTypes
import Kernel
import OAuthCore

extension InboundProvider {
    /// The authorization endpoint, RFC 6749 section 4.1.1 and OpenID Connect Core section 3.1.2.
    func authorize(_ request: Request) throws -> Response {
        if request.method == .post {
            guard request.mediaType == Form.mediaType else {
                return HTML.message(400, title: "Bad request", "A form was expected.")
            }
            return try authorize(RawParameters(String(decoding: request.body, as: UTF8.self)), request, status: 303)
        }
        return try authorize(RawParameters(request.query), request, status: 302)
    }

    private func authorize(_ raw: RawParameters, _ request: Request, status: Int) throws -> Response {
        switch check(raw) {
        case .failure(let refusal): return refused(refusal, status: status)
        case .success(let asked):
            if let session = session(of: request), isEnough(session, for: asked) {
                return try issueCode(asked, session: session, status: status)
            }
            if asked.prompt.contains("none") {
                return asked.answer.refuse(
                    OAuthError(.loginRequired, "Nobody is signed in."), status: status)
            }
            return try signInPage(asked, raw, request)
        }
    }

    /// How a request is refused: on a page while its sender is in doubt, else at its redirect URI.
    enum AuthorizeRefusal: Error {
        case page(PageRefusal)
        case redirect(AuthorizationAnswer, OAuthError, Rule?)
    }

    func refused(_ refusal: AuthorizeRefusal, status: Int) -> Response {
        switch refusal {
        case .page(let page):
            if let rule = page.rule { world.note(page.text, rule: rule) }
            return HTML.message(400, title: "The request cannot be answered", page.text)
        case .redirect(let answer, let error, let rule):
            if let rule { world.note(error.description, rule: rule) }
            return answer.refuse(error, status: status)
        }
    }

    func check(_ raw: RawParameters) -> Result<AuthorizationRequest, AuthorizeRefusal> {
        let form = raw.form
        let client: InboundProfile.Client
        let answer: AuthorizationAnswer
        do throws(PageRefusal) {
            client = try self.client(form)
            let (redirectURI, sent) = try self.redirectURI(form, client)
            // OpenID Connect Core section 3.1.2.6: how to answer at the redirect URI is what is not known then.
            if let mode = form.present("response_mode"), mode != "query" {
                throw PageRefusal("Only response_mode=query is supported.")
            }
            answer = AuthorizationAnswer(
                issuer: issuer, redirectURI: redirectURI, sentRedirectURI: sent, state: raw.state)
        } catch {
            return .failure(.page(error))
        }
        let facts = AuthorizeFacts(form: form, client: client)
        for check in AuthorizeFacts.checks {
            guard let error = check.test(facts) else { continue }
            if let rule = check.rule, !world.switches.holds(rule) { continue }
            return .failure(.redirect(answer, error, check.rule))
        }
        return .success(
            AuthorizationRequest(
                answer: answer, client: client, scope: facts.scope, challenge: form.present("code_challenge"),
                nonce: form.present("nonce"), prompt: facts.prompt, maxAge: facts.maxAge.map { .seconds($0) },
                loginHint: form.present("login_hint") ?? ""))
    }

    private func client(_ form: Form) throws(PageRefusal) -> InboundProfile.Client {
        guard form.pairs.count <= Limits.parameters else { throw PageRefusal("The request has too many parameters.") }
        guard form.all("client_id").count < 2, form.all("redirect_uri").count < 2 else {
            throw PageRefusal("client_id and redirect_uri may stand once only.")
        }
        guard let id = form.present("client_id") else { throw PageRefusal("client_id is missing.") }
        guard let client = self.client(id: id) else { throw PageRefusal("The client is not known here.") }
        return client
    }

    /// RFC 6749 section 3.1.2.3: it may be omitted only where exactly one is registered.
    private func redirectURI(
        _ form: Form, _ client: InboundProfile.Client
    ) throws(PageRefusal) -> (redirectURI: String, sent: String?) {
        guard let sent = form.present("redirect_uri") else {
            guard let only = client.redirectURIs.first, client.redirectURIs.count == 1 else {
                throw PageRefusal("redirect_uri is missing.")
            }
            return (only, nil)
        }
        guard RedirectURIMatch.legal(sent) != nil else { throw PageRefusal("redirect_uri is not usable.") }
        let isRegistered = client.redirectURIs.contains { RedirectURIMatch.exact(registered: $0, requested: sent) }
        guard isRegistered || !world.switches.holds(.inboundRedirectExact) else {
            throw PageRefusal("redirect_uri is not registered for this client.", rule: .inboundRedirectExact)
        }
        return (sent, sent)
    }

    /// RFC 6749 section 4.1.2: the code, bound to what it may be redeemed with.
    func issueCode(_ asked: AuthorizationRequest, session: SessionRecord, status: Int) throws -> Response {
        let now = world.clock.now
        let code = world.entropy.uuid(for: "idp-code")
        let grantID = GrantID(world.entropy.uuid(for: "idp-origin-jti"))
        let user = session.user ?? ""
        let binding = AuthorizationCodeMachine.Binding(
            client: asked.client.id, redirectURI: asked.answer.sentRedirectURI, challenge: asked.challenge,
            expires: now + profile.lifetimes.code)
        try world.store.write { transaction in
            transaction.save(
                passing: GrantRecord(
                    id: grantID, client: asked.client.id, user: user, scope: asked.scope, nonce: asked.nonce,
                    authenticatedAt: session.signedInAt, codeID: tokenID(code), refresh: nil, until: binding.expires),
                at: now)
            transaction.save(
                passing: CodeRecord(id: .init(code), grant: grantID, state: .issued(binding), until: binding.expires),
                at: now)
            transaction.append(
                .transition(
                    Transition(subject: "code \(tokenID(code))", from: nil, to: "issued", cause: "\(user) signed in")),
                at: now)
            transaction.append(
                .token(
                    .issued(
                        TokenBirth(
                            kind: "authorization_code", issuer: world.party, user: user, scopes: asked.scope.names,
                            audience: [asked.client.id], expires: binding.expires, value: Secret(code)))), at: now)
        }
        return asked.answer.redirect(["code": code], status: status)
    }
}
