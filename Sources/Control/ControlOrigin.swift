// The control API of a lab: what a test or a person does to the world itself (time, faults, people) and what they may
// read of it. It is no party: nothing it answers imitates a real system, and no party depends on it.

import HTTPTypes
package import Harness
package import Kernel
import Scenario

/// Everything under `/_local/` at the console's origin, and the page that lists it.
package struct ControlOrigin: Origin {
    typealias Handler = @Sendable (Request, PathParameters) async throws -> Response
    let lab: Lab
    private let router: Router<Handler>

    /// `version` is the program's, as `/_local/info` says it.
    package init(lab: Lab, version: String = "development") {
        self.lab = lab
        var router = Router<Handler>()
        let walks = OneAtATime()
        for call in Self.calls {
            let lab = lab
            let handler: Handler = { request, parameters in
                try request.expectParameters(among: call.query)
                let context = CallContext(
                    lab: lab, version: version, walks: walks, request: request, parameters: parameters)
                return try await call.answer(context)
            }
            if call.method == .get {
                router.document(call.path, handler)
            } else {
                router.on(call.method, call.path, handler)
            }
        }
        self.router = router
    }

    /// What a port answers before its party is asked: nothing of it is a message between parties, so none of it belongs
    /// on the network or into the journal. nil for all that is the party's own.
    package func answer(_ request: Request, at party: Party) async -> Response? {
        party == .console ? await respond(to: request) : Health.answer(request, party: party, of: lab)
    }

    package func respond(to request: Request) async -> Response {
        var response = await answer(request)
        response.head.headerFields[.cacheControl] = "no-store"
        response.head.headerFields[.xContentTypeOptions] = "nosniff"
        return response
    }

    private func answer(_ request: Request) async -> Response {
        switch router.match(request) {
        case .nothing: return ControlError(404, "Nothing is at \(request.path); GET /api lists what there is.").response
        case .otherMethods(let methods):
            return ControlError.otherMethods(request.path, methods.map(\.rawValue).joined(separator: ", "))
        case .found(let handler, let parameters):
            do {
                // Reset leaves an empty archive behind, and reading changes nothing.
                let isKept = request.method != .get && request.method != .head && request.path != "/_local/reset"
                // What could not be kept is not done in the first place.
                if isKept { try lab.keepState() }
                let response = try await handler(request, parameters)
                if isKept { try lab.keepState() }
                return response
            } catch let error as ControlError {
                return error.response
            } catch {
                return ControlError(500, "The lab could not do that: \(error)").response
            }
        }
    }
}

extension Request {
    /// A parameter that nobody reads was meant to say something: without `name` every fault would be removed.
    func expectParameters(among known: [String]) throws(ControlError) {
        let given = parameters
        for name in given.pairs.map(\.name) where !known.contains(name) {
            let hint = Suggestion.hint(for: name, among: known) ?? "it takes none"
            throw ControlError(400, "\(method) \(path) has no parameter \"\(name)\"; \(hint)")
        }
        guard let name = given.repeatedNames.first else { return }
        throw ControlError(400, "The parameter \"\(name)\" is given twice.")
    }
}

/// What one call has at hand.
struct CallContext: Sendable {
    let lab: Lab
    let version: String
    /// What people do in their browsers.
    let walks: OneAtATime
    let request: Request
    let parameters: PathParameters

    /// The body as a JSON object whose every member is known.
    func body(_ known: String...) throws(ControlError) -> JSONObject {
        let json: JSONValue
        do throws(JSONFailure) {
            json = try request.json()
        } catch {
            throw ControlError(400, "The body must be a JSON object: \(error).")
        }
        guard let object = json.object else {
            throw ControlError(400, "The body must be a JSON object, this is \(json.typeName).")
        }
        for name in object.names where !known.contains(name) {
            let names = known.joined(separator: ", ")
            throw ControlError(400, "There is no member \"\(name)\" here; known are \(names).")
        }
        return object
    }
}

/// A call that cannot be done, said in one sentence.
struct ControlError: Error, Hashable {
    let status: Int
    let message: String
    init(_ status: Int, _ message: String) {
        self.status = status
        self.message = message
    }
    var response: Response { .json(status, ["error": ["message": .string(message)]]) }

    /// For a method that a path does not take (RFC 9110 section 15.5.6).
    static func otherMethods(_ path: String, _ allowed: String) -> Response {
        var response = ControlError(405, "\(path) takes \(allowed).").response
        response.head.headerFields[.allow] = allowed
        return response
    }
}

extension JSONObject {
    /// A member that must be a text; nil if it is missing.
    func text(_ name: String) throws(ControlError) -> String? {
        guard let value = self[name], !value.isNull else { return nil }
        if let text = value.string { return text }
        throw ControlError(400, "\"\(name)\" must be a text, this is \(value.typeName).")
    }

    func requiredText(_ name: String) throws(ControlError) -> String {
        if let text = try text(name), !text.isEmpty { return text }
        throw ControlError(400, "\"\(name)\" is missing.")
    }

    func flag(_ name: String) throws(ControlError) -> Bool? {
        guard let value = self[name], !value.isNull else { return nil }
        if let flag = value.bool { return flag }
        throw ControlError(400, "\"\(name)\" must be true or false, this is \(value.typeName).")
    }

    /// `500ms`, `90s`, `11m`, `2h`, `1d`.
    func span(_ name: String) throws(ControlError) -> Span? {
        guard let text = try text(name) else { return nil }
        if let span = Span(text) { return span }
        throw ControlError(400, "\"\(name)\" must be a duration such as 500ms, 90s, 11m, 2h or 1d.")
    }
}
