import HTTPTypes
import Kernel
import OAuthCore

/// The pages of the server: plain HTML that works without script, in light and in dark.
enum Pages {
    static func response(_ status: Int, _ title: String, _ body: String, setting cookie: String? = nil) -> Response {
        var headers = HTML.pageHeaders
        headers[.setCookie] = cookie
        return .html(status, HTML.page(title: title, body: body), headers: headers)
    }

    /// A page that ends the walk.
    static func message(_ status: Int, _ title: String, _ text: String) -> Response {
        response(status, title, "<p>\(HTML.escape(text))</p>")
    }

    static var notFound: Response {
        message(404, "Page not found", "This is not the web page you are looking for.")
    }

    static func form(_ action: String, _ token: Secret, _ body: String) -> String {
        """
        <form method="post" action="\(HTML.escape(action))">
        \(HTML.hidden("authenticity_token", token.exposed))
        \(body)
        </form>
        """
    }

    static func signIn(action: String, token: Secret, returnTo: String, login: String, problem: String?) -> String {
        let alert = problem.map { "<p role=\"alert\" class=\"problem\">\(HTML.escape($0))</p>\n" } ?? ""
        return alert
            + form(
                action, token,
                """
                \(HTML.hidden("return_to", returnTo))
                <label>Username
                <input name="username" value="\(HTML.escape(login))" autocomplete="username" required autofocus></label>
                <label>Password
                <input name="password" type="password" autocomplete="current-password" required></label>
                <button type="submit" name="action" value="sign-in">Sign in</button>
                """)
    }

    /// What the consent page shows.
    struct Consent {
        let action: String
        let token: Secret
        let query: String
        let application: ApplicationRecord
        let login: String
        let landing: String
        let scopes: [(name: String, about: String)]
        let otherAccount: String
    }

    static func consent(_ consent: Consent) -> String {
        let boxes = consent.scopes.map { scope in
            """
            <label class="scope"><input type="checkbox" name="scope" value="\(HTML.escape(scope.name))" checked>
            <strong>\(HTML.escape(scope.name))</strong> \(HTML.escape(scope.about))</label>
            """
        }
        let asked =
            boxes.isEmpty
            ? "<p>It asks for no scopes: it learns who you are and reads what is public.</p>"
            : "<fieldset><legend>It asks for</legend>\n\(boxes.joined(separator: "\n"))\n</fieldset>"
        return """
            <p><strong>\(HTML.escape(consent.application.name))</strong>
            (<code>\(HTML.escape(consent.application.id.rawValue))</code>) wants to act for
            <strong>\(HTML.escape(consent.login))</strong>.</p>
            \(form(consent.action, consent.token, """
            \(HTML.hidden("request", consent.query))
            \(asked)
            <p class="row"><button type="submit" name="decision" value="approve">Approve</button>
            <button type="submit" name="decision" value="deny" class="quiet">Cancel</button></p>
            """))
            <p>Approving sends you to <code>\(HTML.escape(consent.landing))</code>.</p>
            <p><a rel="other-account" href="\(HTML.escape(consent.otherAccount))">Use another account</a></p>
            """
    }
}
