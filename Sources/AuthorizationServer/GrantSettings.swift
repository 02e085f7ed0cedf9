import HTTPTypes
import Kernel
import OAuthCore

// The page where a user sees what an application may do, and ends it.
extension AuthorizationServer {
    func showGrant(_ request: Request, _ clientID: String) throws -> Response {
        try world.store.write { transaction in
            guard let application = application(clientID, in: &transaction) else { return Pages.notFound }
            guard let (session, user) = signedIn(request, in: &transaction) else {
                return toSignIn(returningTo: settingsPath(clientID))
            }
            let id = GrantRecord.id(client: clientID, user: user.name)
            guard let grant = transaction.find(GrantRecord.self, id) else {
                return Pages.message(200, application.name, "You have not authorized this application.")
            }
            let page = newPage(session, about: clientID, in: &transaction)
            let scopes = grant.scopes.isEmpty ? "no scopes" : grant.scopes.names.joined(separator: ", ")
            let form = Pages.form(
                settingsPath(clientID), page.value,
                "<button type=\"submit\" name=\"revoke\" value=\"yes\">Revoke access</button>")
            return Pages.response(
                200, application.name,
                "<p>It may act for \(HTML.escape(user.login)) with \(HTML.escape(scopes)).</p>\n\(form)")
        }
    }

    func revokeGrant(_ request: Request, _ clientID: String) throws -> Response {
        try world.store.write { transaction in
            guard application(clientID, in: &transaction) != nil else { return Pages.notFound }
            guard let (session, user) = signedIn(request, in: &transaction) else {
                return toSignIn(returningTo: settingsPath(clientID))
            }
            let form = request.form
            if case .forged = origin(of: form, about: clientID, session, in: &transaction) { return forgedForm }
            end(GrantRecord.id(client: clientID, user: user.name), because: "revoked by the user", in: &transaction)
            return .redirect(origin + settingsPath(clientID), status: 303)
        }
    }

    private func settingsPath(_ clientID: String) -> String {
        "\(profile.endpoints.settings)/\(percentEncoded(clientID))"
    }

    func toSignIn(returningTo path: String) -> Response {
        let parameters: Form = ["return_to": path]
        return .redirect(parameters.added(to: origin + profile.endpoints.signIn))
    }
}
