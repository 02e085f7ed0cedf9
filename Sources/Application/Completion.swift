import HTTPTypes
import Kernel

// The browser is back with a session_id: whose session is it?
extension Application {
    func complete(_ session: String, _ request: Request) async -> Response {
        let identity: Identity?
        do {
            identity = try world.store.write { transaction in
                chosen(for: session, visit: request.cookie(Self.cookie), in: &transaction)
            }
        } catch {
            return Self.failed
        }
        guard let identity else {
            // Somebody else may complete it: the page shows which one it is and nothing is called.
            let body = """
                <p>The authorization is not completed yet. Its session is</p>
                <p><code>\(HTML.escape(session))</code></p>
                <p><a href="/sign-in">Sign in</a></p>
                """
            return HTML.response(200, title: "Session received", body: body)
        }
        let body: JSONValue = ["sessionUri": .string(session), "userIdentifier": identity.member]
        let url = world.addresses.origin(of: .aws) + "/identities/CompleteResourceTokenAuth"
        let call = Request(.post, url, headers: [.contentType: "application/json"], body: body.bytes)
        guard let answer = try? await world.network.send(signed(call)), answer.status == 200 else { return Self.failed }
        return HTML.message(
            200, title: "OAuth2 3LO flow completed successfully", "You can close this window and go on where you were.")
    }

    /// Cookie of a signed-in person; ports do not part cookies, so the name must.
    static let cookie = "app-session"

    private enum Identity: Sendable {
        case id(Secret)
        case token(Secret)

        /// `userIdentifier`: exactly one of the two.
        var member: JSONValue {
            switch self {
            case .id(let id): ["userId": .string(id.exposed)]
            case .token(let token): ["userToken": .string(token.exposed)]
            }
        }
    }

    /// What was given for this very session, else the person who is signed in, else the stored token.
    ///
    /// The person before the stored token: whoever opens a link that somebody else began must not complete it with that
    /// somebody's identity (ledger `A1`).
    private func chosen(for session: String, visit: String?, in transaction: inout Transaction) -> Identity? {
        if let given = transaction.find(GivenIdentityRecord.self, GivenIdentityRecord.session(session)) {
            return given.kind == .userID ? .id(given.value) : .token(given.value)
        }
        let stored = transaction.find(GivenIdentityRecord.self, GivenIdentityRecord.token)?.value
        let person = visit.flatMap { transaction.find(VisitRecord.self, Identifier($0)) }
        guard let person else { return stored.map { .token($0) } }
        guard let stored, stored != person.accessToken else { return .token(person.accessToken) }
        guard world.switches.holds(.completesOwnSessionOnly) else { return .token(stored) }
        let text = "somebody is signed in, so the stored identity is not used"
        let note = Note(party: world.party, rule: .completesOwnSessionOnly, text)
        transaction.append(.note(note), at: world.clock.now)
        return .token(person.accessToken)
    }

    /// Says nothing of the reason: it could help whoever sent the link (ledger `E85`).
    private static let failed = HTML.message(
        500, title: "Session Binding Failed", "The authorization could not be completed. Start again.")
}
