import HTTPTypes
package import Kernel

// REST APIs of a lab, declared as data: what an OpenAPI or Smithy target or an API Gateway stage calls. It judges
// credentials as its data says and knows nothing of gateways or of who issues tokens.

/// Answers by a catalogue, by host: an API of its own, stages of API Gateway, and API Gateway's export of them.
package struct RESTService: Origin {
    private let world: World
    private let catalogue: RESTCatalogue

    package init(world: World, catalogue: RESTCatalogue) {
        self.world = world
        self.catalogue = catalogue
    }

    package func respond(to request: Request) async -> Response {
        let segments = request.path.split(separator: "/").map { percentDecoded($0) }
        // A stage's host: `{api}.execute-api.…` is handed in as `/_stages/{api}/…`.
        if segments.count >= 3, segments[0] == "_stages" {
            guard let api = catalogue.apis[segments[1]], api.stage == segments[2] else {
                return .json(403, ["message": "Forbidden"])
            }
            return answer(request, Array(segments[3...]), of: api)
        }
        if segments.count == 6, segments[0] == "restapis", segments[2] == "stages", segments[4] == "exports" {
            return export(segments)
        }
        guard let api = catalogue.own else {
            return .json(404, ["message": "Not Found"])
        }
        return answer(request, segments, of: api)
    }

    /// GetExport of API Gateway, as OpenAPI 3.0.
    private func export(_ segments: [String]) -> Response {
        guard segments[5] == "oas30", let api = catalogue.apis[segments[1]], api.stage == segments[3] else {
            return .json(404, ["message": "Invalid stage identifier specified"])
        }
        return .json(200, api.document)
    }

    private func answer(_ request: Request, _ segments: [String], of api: RESTCatalogue.API) -> Response {
        var others: [String] = []
        for operation in api.operations {
            guard let path = operation.match(segments) else { continue }
            guard operation.method == request.method.rawValue else {
                others.append(operation.method)
                continue
            }
            return answer(request, path, operation)
        }
        guard others.isEmpty else {
            return .json(405, ["message": "Method Not Allowed"], headers: [.allow: others.joined(separator: ", ")])
        }
        return .json(404, ["message": "Not Found"])
    }

    private func answer(_ request: Request, _ path: JSONObject, _ operation: RESTCatalogue.Operation) -> Response {
        var headers: JSONObject = [:]
        for field in request.head.headerFields { headers[field.name.canonicalName] = .string(field.value) }
        var query: JSONObject = [:]
        for pair in request.parameters.pairs { query[pair.name] = .string(pair.value) }
        let body = request.content.isEmpty ? JSONValue.null : (try? request.json()) ?? .null
        let facts: JSONValue = [
            "path": .object(path), "query": .object(query), "headers": .object(headers), "body": body,
        ]
        let template = ValueTemplate(facts: facts)
        if let refusal = operation.needs.refusal(template), world.switches.holds(.restCredential) {
            world.note("a call without its credential", rule: .restCredential)
            return refusal
        }
        for item in operation.answers where item.conditions.allSatisfy({ template.holds($0.value, at: $0.name) }) {
            var fields: HTTPFields = [:]
            for member in item.headers.members {
                guard let name = HTTPField.Name(member.name), let value = member.value.string else { continue }
                fields[name] = template.text(value)
            }
            return .json(item.status, template.filled(item.body) ?? .null, headers: fields)
        }
        return .json(404, ["message": "Not Found"])
    }
}
