import HTTPTypes
package import Kernel

/// A party with `/_local/health` and `/_local/ready` in front: whoever waits for a lab may ask at any of its ports.
package struct HealthOrigin: Origin {
    private let party: Party
    private let inner: any Origin

    package init(_ inner: any Origin, party: Party) {
        self.inner = inner
        self.party = party
    }

    package func respond(to request: Request) async -> Response {
        if let response = Health.answer(request, party: party) { return response }
        return await inner.respond(to: request)
    }
}

/// The two calls that every port answers.
package enum Health {
    /// nil for any other request, which is the party's own.
    package static func answer(_ request: Request, party: Party) -> Response? {
        guard request.path == "/_local/health" || request.path == "/_local/ready" else { return nil }
        guard request.method == .get || request.method == .head else {
            return ControlError(405, "\(request.path) takes GET.").response
        }
        return response(party: party)
    }

    static func response(party: Party) -> Response {
        .json(200, ["status": "ok", "party": .string(party.rawValue)], headers: [.cacheControl: "no-store"])
    }
}
