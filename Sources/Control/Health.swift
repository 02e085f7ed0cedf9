import HTTPTypes
import Harness
import Kernel

/// The two calls that every port answers: whoever waits for a lab may ask at any of them.
enum Health {
    /// nil for any other request, which is the party's own.
    static func answer(_ request: Request, party: Party, of lab: Lab) -> Response? {
        guard request.path == "/_local/health" || request.path == "/_local/ready" else { return nil }
        guard request.method == .get || request.method == .head else {
            return ControlError.otherMethods(request.path, "GET")
        }
        do throws(ControlError) { try request.expectParameters(among: []) } catch { return error.response }
        return request.path == "/_local/ready" ? readiness(of: lab, party: party) : response(party: party)
    }

    /// 503 while the data file takes no changes: the lab lives, and can do nothing that is to last.
    static func readiness(of lab: Lab, party: Party) -> Response {
        guard let failure = lab.archiveFailure else { return response(party: party) }
        return .json(
            503, ["status": "failing", "party": .string(party.rawValue), "reason": .string(failure.reason)],
            headers: [.cacheControl: "no-store"])
    }

    static func response(party: Party) -> Response {
        .json(200, ["status": "ok", "party": .string(party.rawValue)], headers: [.cacheControl: "no-store"])
    }
}
