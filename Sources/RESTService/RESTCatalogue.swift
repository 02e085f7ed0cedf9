package import Kernel

/// The REST APIs of a lab.
package struct RESTCatalogue: Sendable {
    /// A file cannot be used.
    package struct Mistake: Error, Sendable, CustomStringConvertible {
        package let description: String
        init(_ description: String) { self.description = description }
    }

    struct API: Sendable {
        /// The stage of API Gateway it is deployed to; nil for an API with a host of its own.
        let stage: String?
        let operations: [Operation]
        /// What API Gateway exports.
        let document: JSONValue
    }

    struct Operation: Sendable {
        let method: String
        let path: [String]
        let needs: Needs
        let answers: [Answer]

        /// Values of the template's holes; nil for another path.
        func match(_ segments: [String]) -> JSONObject? {
            guard segments.count == path.count else { return nil }
            var values: JSONObject = [:]
            for (part, segment) in zip(path, segments) {
                if part.hasPrefix("{"), part.hasSuffix("}") {
                    values[String(part.dropFirst().dropLast())] = .string(segment)
                } else if part != segment {
                    return nil
                }
            }
            return values
        }
    }

    struct Answer: Sendable {
        let conditions: [JSONObject.Member]
        let status: Int
        let headers: JSONObject
        let body: JSONValue
    }

    /// What a call has to carry: `{path: condition}`; anything else is a 401.
    struct Needs: Sendable {
        let conditions: [JSONObject.Member]
        func refusal(_ facts: ValueTemplate) -> Response? {
            guard !conditions.allSatisfy({ facts.holds($0.value, at: $0.name) }) else { return nil }
            return .json(401, ["message": "Unauthorized"])
        }
    }

    let apis: [String: API]
    /// The API that has a host of its own.
    let own: API?

    package static let none = RESTCatalogue()
    private init() {
        apis = [:]
        own = nil
    }

    /// `apis: {id: {stage, needs, document, operations: [{"GET /orders/{id}": {needs, answers: […]}}]}}`.
    package init(json: JSONValue) throws {
        var apis: [String: API] = [:]
        var own: API?
        for member in json["apis"]?.object?.members ?? [] {
            var operations: [Operation] = []
            for operation in member.value["operations"]?.object?.members ?? [] {
                operations.append(try Self.operation(operation, member.value["needs"]))
            }
            let api = API(
                stage: member.value["stage"]?.string, operations: operations,
                document: member.value["document"] ?? .null)
            apis[member.name] = api
            if own == nil, api.stage == nil { own = api }
        }
        self.apis = apis
        self.own = own
    }

    private static func operation(
        _ member: JSONObject.Member, _ shared: JSONValue?
    ) throws(Mistake) -> Operation {
        let words = member.name.split(separator: " ").map(String.init)
        guard words.count == 2 else { throw Mistake("operation \"\(member.name)\": METHOD /path expected") }
        let needs = (member.value["needs"] ?? shared)?.object?.members ?? []
        var answers: [Answer] = []
        for item in member.value["answers"]?.array ?? [member.value] {
            let status = item["status"]?.int ?? 200
            // Another one is none of HTTP's, or begins no answer (RFC 9110 section 15).
            guard (200...599).contains(status) else {
                throw Mistake("operation \"\(member.name)\": status must be 200 to 599")
            }
            answers.append(
                Answer(
                    conditions: item["when"]?.object?.members ?? [], status: Int(status),
                    headers: item["headers"]?.object ?? [:], body: item["body"] ?? .null))
        }
        return Operation(
            method: words[0], path: words[1].split(separator: "/").map(String.init), needs: Needs(conditions: needs),
            answers: answers)
    }
}
