import HTTPTypes
import Kernel
import Scenario

extension Lab {
    /// Lets a user's robot open an authorization URL and decide.
    /// With `complete` the application is first told who started the session, so that its return URL completes it; else
    /// that is left to whoever asked.
    package func consent(
        url: String, user: String, decision: Decision = .approve, complete: Bool = true
    ) async -> ConsentWalk {
        if complete { await introduceStarter(ofSessionAt: url) }
        return await browser(for: user).walk(from: url, deciding: decision)
    }

    /// Why not even the first address of a walk was opened.
    package func whyUnopened(_ address: String) -> String {
        let authority = URLParts(address)?.authority ?? address
        guard hosts.route(authority) == nil else { return "no answer came from \(authority)" }
        let near =
            ownAuthority(at: authority)
            ?? Suggestion.nearest(to: authority, among: definition.realHosts.flatMap(\.hosts))
        return "no party of the lab has the host \(authority)\(near.map { "; did you mean \($0)?" } ?? "")"
    }

    /// The party's whose port it is: `localhost` where the lab says `127.0.0.1`.
    private func ownAuthority(at authority: String) -> String? {
        guard let parts = URLParts("http://\(authority)"), parts.isLoopback else { return nil }
        return Party.served.lazy.compactMap { URLParts(self.addresses.origin(of: $0)) }
            .first { $0.effectivePort == parts.effectivePort }?.authority
    }

    /// The host outside the lab at which a walk ended before anybody was asked; nil where it did not. A program on this
    /// machine may be who is waiting for the answer.
    package func strangeHost(endOf walk: ConsentWalk) -> String? {
        guard walk.status == nil, !walk.decided, !walk.hasAnswer("code", "error"),
            let end = URLParts(walk.landed), !end.isLoopback, hosts.route(end.authority) == nil
        else { return nil }
        return end.authority
    }

    /// The authorization URL names its session in `request_uri` (RFC 9126 section 4).
    package func introduceStarter(ofSessionAt url: String) async {
        guard let query = URLParts(url)?.query, let session = Form(parsing: query)["request_uri"],
            let starter = starter(ofSession: session)
        else { return }
        let body: JSONValue
        let path: String
        switch starter {
        case .token(let jwt):
            (path, body) = ("token", ["session_id": .string(session), "user_token": .string(jwt.exposed)])
        case .id(let id): (path, body) = ("id", ["session_id": .string(session), "user_id": .string(id)])
        }
        let request = Request(
            .post, "\(addresses.origin(of: .app))/userIdentifier/\(path)",
            headers: [.contentType: "application/json"], body: body.bytes)
        // An application that is down now is down at the end of the walk too, where it shows.
        _ = try? await network.send(request, from: Party("lab"))
    }
}
