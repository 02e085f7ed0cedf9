import HTTPTypes
import Kernel

/// The two calls that every port answers: whoever waits for a lab may ask at any of them.
enum Health {
    /// nil for any other request, which is the party's own.
    static func answer(_ request: Request, party: Party) -> Response? {
        guard request.path == "/_local/health" || request.path == "/_local/ready" else { return nil }
        guard request.method == .get || request.method == .head else {
            return ControlError.otherMethods(request.path, "GET")
        }
        return response(party: party)
    }

    static func response(party: Party) -> Response {
        .json(200, ["status": "ok", "party": .string(party.rawValue)], headers: [.cacheControl: "no-store"])
    }
}
