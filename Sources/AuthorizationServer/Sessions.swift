import HTTPTypes
import Kernel
import OAuthCore

// Who a browser is, and whether a form that it sends is one it was shown.
extension AuthorizationServer {
    /// Distinct from every other party's cookie: all may share one host name.
    static let cookieName = "gh-session"

    func session(_ request: Request, in transaction: inout Transaction) -> SessionRecord? {
        guard let value = request.cookie(Self.cookieName) else { return nil }
        return transaction.find(SessionRecord.self, holding: value)
    }

    /// The signed-in user of this browser.
    func signedIn(_ request: Request, in transaction: inout Transaction) -> (SessionRecord, UserDirectory.User)? {
        guard let session = session(request, in: &transaction), let name = session.user,
            let user = directory.user(named: name)
        else { return nil }
        return (session, user)
    }

    func newSession(_ user: String?, in transaction: inout Transaction) -> SessionRecord {
        let session = SessionRecord(
            value: Secret(world.entropy.text(40, from: .base62, for: "github session")), user: user,
            until: now + SessionRecord.life)
        transaction.save(passing: session, at: now)
        return session
    }

    func cookie(_ session: SessionRecord) -> String { Cookies.set(Self.cookieName, session.value.exposed) }

    /// A page with a form, shown to this browser.
    func newPage(_ session: SessionRecord, about subject: String = "", in transaction: inout Transaction) -> PageRecord
    {
        let page = PageRecord(
            value: Secret(world.entropy.text(40, from: .base62, for: "github page")), session: session.id,
            subject: subject, until: now + PageRecord.life)
        transaction.save(passing: page, at: now)
        return page
    }

    enum FormOrigin {
        /// It came from this page, shown to this browser.
        case page(PageRecord)
        /// From nowhere we know, and the rule against that is off.
        case unchecked
        case forged
    }

    /// `consent-page-csrf`: which page a form came from.
    func origin(
        of form: Form, about subject: String = "", _ session: SessionRecord?, in transaction: inout Transaction
    ) -> FormOrigin {
        if let token = form["authenticity_token"], let page = transaction.find(PageRecord.self, holding: token),
            page.session == session?.id, page.subject == subject
        {
            return .page(page)
        }
        guard world.switches.holds(.consentPageCSRF) else { return .unchecked }
        note(
            .consentPageCSRF, "a form came without the hidden token of a page this browser was shown", in: &transaction)
        return .forged
    }

    var forgedForm: Response {
        Pages.message(422, "That did not work", "The form is not one that you were shown here. Go back and reload it.")
    }

    /// Only a path of this server is a place to return to: anything else would make it an open redirector.
    func returnURL(_ path: String?) -> String {
        guard let path, path.hasPrefix("/"), !path.hasPrefix("//"), !path.hasPrefix("/\\"),
            path.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return origin + "/" }
        return origin + path
    }
}
