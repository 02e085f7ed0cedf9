// The application stands for the user's own web app: it owns the return URL, knows who is signed in and says to
// AgentCore whose consent that was. It must not complete a session whose identity it was not given.

package import AWSCore
import HTTPTypes
package import Kernel

/// The reference callback application of AWS's samples, with a sign-in of its own (ledger `app-callback`).
package struct Application: Origin {
    let world: World
    private let credentials: SigV4.Credentials?
    private let region: String

    /// Signs its calls of AWS with `credentials`; without, it leaves them unsigned.
    package init(world: World, credentials: SigV4.Credentials?, region: String) {
        self.world = world
        self.credentials = credentials
        self.region = region
    }

    /// A call of AgentCore as the application makes it.
    func signed(_ call: Request) -> Request {
        guard let credentials else { return call }
        return SigV4.sign(call, credentials, region: region, service: "bedrock-agentcore", at: world.clock.now)
    }

    package func respond(to request: Request) async -> Response {
        let path = request.path.pieces(by: "/").joined(separator: "/")
        switch (path, request.method) {
        case ("callback", .get): return await callback(request)
        case ("sign-in", .get): return await beginSignIn()
        case ("ping", .get), ("ping", .head): return .json(200, ["status": "success"])
        case ("userIdentifier/token", .post): return keepToken(request)
        case ("userIdentifier/id", .post): return keepID(request)
        case ("callback", _), ("sign-in", _), ("ping", _): return Self.otherMethod("GET")
        case ("userIdentifier/token", _), ("userIdentifier/id", _): return Self.otherMethod("POST")
        default: return HTML.message(404, title: "Not found", "There is no such page here.")
        }
    }

    /// The return URL, and where the application's own sign-in comes back to: told apart by what they carry.
    private func callback(_ request: Request) async -> Response {
        let parameters = request.parameters
        if let session = parameters["session_id"], !session.isEmpty { return await complete(session, request) }
        if parameters["state"] != nil, parameters["code"] != nil || parameters["error"] != nil {
            return await finishSignIn(request)
        }
        // Ledger `E83`.
        return HTML.message(400, title: "Missing session_id", "Missing session_id")
    }

    private static func otherMethod(_ allowed: String) -> Response {
        .json(405, ["message": "Method not allowed"], headers: [.allow: allowed])
    }
}

// What the application is told beforehand (ledger `app-user-identifier`).
extension Application {
    /// The token of the person whose sessions are to be completed from now on; stays until another comes. With a
    /// `session_id` it is for that session alone: what AWS's samples do not have, and a lab with two flows needs.
    private func keepToken(_ request: Request) -> Response {
        guard let token = Self.text("user_token", in: request) else {
            return Self.badInput("user_token must be a text")
        }
        let id = Self.text("session_id", in: request).map(GivenIdentityRecord.session) ?? GivenIdentityRecord.token
        return keep(GivenIdentityRecord(id: id, kind: .userToken, value: Secret(token)))
    }

    /// The user id that began one session: what an administrator got beside the authorization URL.
    private func keepID(_ request: Request) -> Response {
        guard let session = Self.text("session_id", in: request), let id = Self.text("user_id", in: request) else {
            return Self.badInput("session_id and user_id must be texts")
        }
        return keep(GivenIdentityRecord(id: GivenIdentityRecord.session(session), kind: .userID, value: Secret(id)))
    }

    private func keep(_ identity: GivenIdentityRecord) -> Response {
        var identity = identity
        let now = world.clock.now
        identity.until = now + GivenIdentityRecord.life
        do {
            try world.store.write { [identity] in $0.save(passing: identity, at: now) }
            return .json(200, ["status": "stored"])
        } catch {
            return .json(500, ["message": "The identity could not be kept"])
        }
    }

    private static func text(_ name: String, in request: Request) -> String? {
        guard !request.content.isLonger(than: 1_048_576), let json = try? request.json(),
            let text = json[name]?.string, !text.isEmpty
        else { return nil }
        return text
    }

    private static func badInput(_ message: String) -> Response { .json(400, ["message": .string(message)]) }
}
