import HTTPTypes
import Kernel
import OAuthCore

// The sign-in page, which is also the account picker.
extension AuthorizationServer {
    func showSignIn(_ request: Request) throws -> Response {
        try world.store.write { transaction in
            let parameters = request.parameters
            let known = signedIn(request, in: &transaction)
            let picks = parameters["prompt"] == "select_account"
            if known != nil, !picks { return .redirect(returnURL(parameters["return_to"])) }
            let session = session(request, in: &transaction) ?? newSession(nil, in: &transaction)
            return signInPage(
                200, session, known?.1, returnTo: parameters["return_to"] ?? "/", login: parameters["login"] ?? "",
                in: &transaction)
        }
    }

    func signIn(_ request: Request) throws -> Response {
        try world.store.write { transaction in
            let form = request.form
            let session = session(request, in: &transaction)
            if case .forged = origin(of: form, session, in: &transaction) { return forgedForm }
            let name = form["username"] ?? ""
            guard let user = directory.signIn(name, password: form["password"] ?? "") else {
                return signInPage(
                    422, session ?? newSession(nil, in: &transaction), nil, returnTo: form["return_to"] ?? "/",
                    login: name, problem: "Incorrect username or password.", in: &transaction)
            }
            // A new cookie, so that nobody keeps a foot in a session he gave to another (session fixation).
            if let session { transaction.remove(SessionRecord.self, session.id) }
            let fresh = newSession(user.name, in: &transaction)
            return .redirect(
                returnURL(form["return_to"]), status: 303, headers: [.setCookie: cookie(fresh)])
        }
    }

    func showHome(_ request: Request) throws -> Response {
        try world.store.write { transaction in
            let text = signedIn(request, in: &transaction).map { "You are signed in as \($0.1.login)." }
            return Pages.message(200, "A GitHub-like server", text ?? "You are not signed in.")
        }
    }

    private func signInPage(
        _ status: Int, _ session: SessionRecord, _ user: UserDirectory.User?, returnTo: String, login: String,
        problem: String? = nil, in transaction: inout Transaction
    ) -> Response {
        let page = newPage(session, in: &transaction)
        let form = Pages.signIn(
            action: profile.endpoints.signIn, token: page.value, returnTo: returnTo, login: login, problem: problem)
        let stay = user.map { user in
            """
            <p><a href="\(HTML.escape(returnURL(returnTo)))">Continue as \(HTML.escape(user.login))</a>, or:</p>

            """
        }
        let title = user == nil ? "Sign in" : "Choose an account"
        return Pages.response(status, title, (stay ?? "") + form, setting: cookie(session))
    }
}
