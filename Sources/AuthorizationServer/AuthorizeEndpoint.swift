import HTTPTypes
import Kernel
import OAuthCore

// GET and POST of the authorization endpoint: the user is found, asked where there is something new, and sent back.
extension AuthorizationServer {
    /// Longer queries are nobody's authorization request.
    private static let longestQuery = 8192

    func authorize(_ request: Request) async throws -> Response {
        await readClientDocument(request.parameters["client_id"])
        return try world.store.write { transaction in
            switch checked(request.query, in: &transaction) {
            case .failure(let refusal): refuse(refusal, request, in: &transaction)
            case .success(let asked): proceed(asked, request, in: &transaction)
            }
        }
    }

    /// The consent form. Sent twice, it gives the same answer twice: a double click costs nothing.
    func decide(_ request: Request) async throws -> Response {
        let form = request.form
        let query = form["request"] ?? ""
        await readClientDocument(Form(parsing: query)["client_id"])
        return try world.store.write { transaction in
            switch checked(query, in: &transaction) {
            case .failure(let refusal): return refuse(refusal, request, in: &transaction)
            case .success(let asked):
                guard let (session, user) = signedIn(request, in: &transaction) else { return toSignIn(asked) }
                switch origin(of: form, about: query, session, in: &transaction) {
                case .forged: return forgedForm
                case .unchecked: return answer(form, asked, user, nil, in: &transaction)
                case .page(let page): return answer(form, asked, user, page, in: &transaction)
                }
            }
        }
    }

    private struct Refused: Error {
        let reason: AuthorizationRefusal
        let request: AuthorizationRequest
    }

    /// Runs the table of checks. Its refusals are values, so that the notes they leave are kept.
    private func checked(_ query: String, in transaction: inout Transaction) -> Result<AuthorizationRequest, Refused> {
        guard query.utf8.count <= Self.longestQuery else {
            let empty = AuthorizationRequest(query: "")
            return .failure(
                Refused(reason: .page(414, title: "Too long", text: "The URL is too long."), request: empty))
        }
        var request = AuthorizationRequest(query: query)
        do throws(AuthorizationRefusal) {
            let whole = try resolved(query, in: &transaction)
            if whole != query { request = AuthorizationRequest(query: query, pushed: whole) }
            for check in AuthorizationCheck.all { try check.run(self, &request, &transaction) }
            return .success(request)
        } catch {
            return .failure(Refused(reason: error, request: request))
        }
    }

    /// What is wrong with a request that is pushed; nil if it may be asked in a browser.
    func problem(with query: String, in transaction: inout Transaction) -> VendorProfile.Refusal? {
        var request = AuthorizationRequest(query: query, pushed: query)
        do throws(AuthorizationRefusal) {
            for check in AuthorizationCheck.all { try check.run(self, &request, &transaction) }
            return nil
        } catch {
            if case .redirect(let refusal, _) = error { return refusal }
            return .invalidRequest
        }
    }

    private func proceed(
        _ asked: AuthorizationRequest, _ request: Request, in transaction: inout Transaction
    ) -> Response {
        guard let application = asked.application else { return Pages.message(404, "Page not found", "") }
        if asked.value("prompt") == "select_account" { return toSignIn(asked, picking: true) }
        guard let (session, user) = signedIn(request, in: &transaction) else { return toSignIn(asked) }
        let grant = transaction.find(
            GrantRecord.self, GrantRecord.id(client: application.id.rawValue, user: user.name))
        // Without `scope` the user's earlier grants count, all together.
        let wanted = asked.scopes ?? grant?.scopes ?? ScopeSet()
        let isAskedAnew = profile.features.honoursConsentPrompt && asked.value("prompt") == "consent"
        if let grant, !isAskedAnew, profile.scopes.covers(grant.scopes, wanted),
            !signsInTooOften(application, grant, in: &transaction)
        {
            let isOffline = asksOffline(asked) && !profile.lives.isOfflineOnlyWithConsent
            return .redirect(
                issueCode(asked, application, user, wanted, offline: isOffline, in: &transaction).location)
        }
        let page = newPage(session, about: asked.query, in: &transaction)
        let consent = Pages.Consent(
            action: profile.endpoints.authorize, token: page.value, query: asked.query, application: application,
            login: user.login, landing: asked.redirectURI ?? "",
            scopes: wanted.names.map { ($0, profile.scopes.about($0)) }, otherAccount: signInURL(asked, picking: true))
        return Pages.response(200, "Authorize \(application.name)", Pages.consent(consent))
    }

    /// `github-ten-tokens`: an application that got so many tokens within an hour is perhaps in a loop, which the
    /// consent page breaks. Those that were ended since are not counted.
    private func signsInTooOften(
        _ application: ApplicationRecord, _ grant: GrantRecord, in transaction: inout Transaction
    ) -> Bool {
        guard let most = profile.tokens.perHour, application.kind == .oauthApp,
            transaction.count(AccessTokenRecord.self, where: "grant", is: grant.id.rawValue) >= most
        else { return false }
        let hourAgo = now - .minutes(60)
        let tokens = transaction.find(AccessTokenRecord.self, where: "grant", is: grant.id.rawValue)
        return tokens.count { hourAgo < $0.created } >= most
    }

    private func answer(
        _ form: Form, _ asked: AuthorizationRequest, _ user: UserDirectory.User, _ page: PageRecord?,
        in transaction: inout Transaction
    ) -> Response {
        if let earlier = page?.answer {
            guard let code = page?.code else { return .redirect(earlier) }
            if case .issued(let binding) = transaction.find(CodeRecord.self, code)?.state, now < binding.expires {
                return .redirect(earlier)
            }
            // The code of the first click is gone: ask anew.
            return .redirect("\(origin)\(profile.endpoints.authorize)?\(asked.query)")
        }
        guard let application = asked.application else { return forgedForm }
        var page = page
        defer { if let page { transaction.save(page) } }
        switch form["decision"] {
        case "approve":
            let issued = approve(form, asked, application, user, in: &transaction)
            page?.answer = issued.location
            page?.code = issued.code
            return .redirect(issued.location)
        case "deny":
            let location = errorLocation(.accessDenied, asked, to: asked.redirectURI ?? "")
            page?.answer = location
            move("consent of \(user.name) to \(application.id)", from: nil, to: "denied", "cancel", in: &transaction)
            return .redirect(location)
        default:
            return Pages.message(400, "That did not work", "The form names no decision.")
        }
    }

    /// A user may allow less than was asked for (`github-narrowed-scopes`).
    private func approve(
        _ form: Form, _ asked: AuthorizationRequest, _ application: ApplicationRecord, _ user: UserDirectory.User,
        in transaction: inout Transaction
    ) -> (location: String, code: Identifier<CodeRecord>) {
        let client = application.id.rawValue
        let earlier = transaction.find(GrantRecord.self, GrantRecord.id(client: client, user: user.name))
        let checked = ScopeSet(form.all("scope").prefix(100))
        let allowed = (asked.scopes ?? earlier?.scopes ?? ScopeSet()).intersection(checked)
        grant(allowed, to: client, by: user, because: "approve", in: &transaction)
        return issueCode(asked, application, user, allowed, offline: asksOffline(asked), in: &transaction)
    }

    /// Adds to what a user allowed an application before.
    func grant(
        _ scopes: ScopeSet, to client: String, by user: UserDirectory.User, because cause: String,
        in transaction: inout Transaction
    ) {
        let id = GrantRecord.id(client: client, user: user.name)
        let earlier = transaction.find(GrantRecord.self, id)
        var grant =
            earlier ?? GrantRecord(id: id, client: client, user: user.name, scopes: ScopeSet(), created: now)
        grant.scopes = profile.scopes.normalized(grant.scopes.union(scopes))
        transaction.save(grant)
        move(
            "consent of \(user.name) to \(client)", from: earlier == nil ? nil : "granted", to: "granted", cause,
            in: &transaction)
    }
}

// Where the browser goes next.
extension AuthorizationServer {
    private func issueCode(
        _ asked: AuthorizationRequest, _ application: ApplicationRecord, _ user: UserDirectory.User,
        _ scopes: ScopeSet, offline: Bool, in transaction: inout Transaction
    ) -> (location: String, code: Identifier<CodeRecord>) {
        let landing = asked.redirectURI ?? ""
        let expires = now + profile.codeLifetime
        // Redirect URI and challenge have checks of their own at the token endpoint, in the vendor's order.
        let binding = AuthorizationCodeMachine.Binding(
            client: application.id.rawValue, redirectURI: nil, challenge: nil, expires: expires)
        let code = CodeRecord(
            value: Secret(world.entropy.text(20, from: .hex, for: "github code")), client: application.id.rawValue,
            user: user.name, scopes: scopes, redirectURI: landing,
            namedRedirectURI: asked.value("redirect_uri") != nil, challenge: asked.challenge,
            resources: asked.resources, isOffline: offline, expires: expires,
            state: .issued(binding))
        transaction.save(passing: code, at: now)
        usePushedRequest(asked.query, in: &transaction)
        move("code \(code.id)", from: nil, to: code.state.name, "approved by \(user.name)", in: &transaction)
        let birth = TokenBirth(
            kind: "authorization_code", issuer: world.party, user: user.name, scopes: scopes.names,
            audience: [application.id.rawValue], expires: expires, value: code.value)
        transaction.append(.token(.issued(birth)), at: now)
        return (location(landing, ["code": code.value.exposed], asked.state, withIssuer: true), code.id)
    }

    /// `access_type=offline` and the like.
    private func asksOffline(_ asked: AuthorizationRequest) -> Bool {
        guard let parameter = profile.lives.offlineParameter else { return false }
        return asked.value(parameter.name) == parameter.value.string
    }

    private func errorLocation(
        _ refusal: VendorProfile.Refusal, _ asked: AuthorizationRequest, to landing: String
    ) -> String {
        let text = profile.text(of: refusal)
        var parameters: Form = ["error": text.error]
        parameters.append("error_description", text.description)
        parameters.append("error_uri", text.uri)
        return location(landing, parameters, asked.state, withIssuer: world.switches.isOn(.issuerOnErrors))
    }

    /// RFC 6749 section 4.1.2 and RFC 9207 section 2. Query parameters that the URI has already stay.
    private func location(_ landing: String, _ parameters: Form, _ state: String?, withIssuer: Bool) -> String {
        var result = parameters.added(to: landing)
        if let state { result += "&state=\(state)" }
        if profile.sendsIssuer, withIssuer { result += "&iss=\(percentEncoded(issuer))" }
        return result
    }

    private func refuse(_ refused: Refused, _ request: Request, in transaction: inout Transaction) -> Response {
        switch refused.reason {
        case .page(let status, let title, let text): return Pages.message(status, title, text)
        case .redirect(let refusal, let landing):
            // RFC 9700 section 4.11.2: else anybody's client is a redirect from here to anywhere. `prompt=none` is none
            // of its exceptions: this server signs nobody in silently.
            if profile.features.signsInBeforeErrors, signedIn(request, in: &transaction) == nil {
                return toSignIn(refused.request)
            }
            return .redirect(errorLocation(refusal, refused.request, to: landing))
        }
    }

    private func toSignIn(_ asked: AuthorizationRequest, picking: Bool = false) -> Response {
        .redirect(origin + signInURL(asked, picking: picking))
    }

    /// The way back leads through the whole request again, but for the wish to pick an account, which is then done.
    private func signInURL(_ asked: AuthorizationRequest, picking: Bool) -> String {
        let wish = "prompt=select_account"
        let query =
            asked.query.range(of: wish) == nil
            ? asked.query : asked.query.pieces(by: "&").filter { $0 != wish }.joined(separator: "&")
        var parameters: Form = ["client_id": asked.value("client_id") ?? ""]
        parameters.append("return_to", "\(profile.endpoints.authorize)?\(query)")
        if picking { parameters.append("prompt", "select_account") }
        parameters.append("login", asked.value("login"))
        return parameters.added(to: profile.endpoints.signIn)
    }
}
