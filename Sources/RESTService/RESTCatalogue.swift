package import Kernel

/// The REST APIs of a lab.
package struct RESTCatalogue: Sendable {
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

    /// `apis: {id: {stage, needs, document, operations: {"GET /orders/{id}": {needs, answers: […]}}}}`; an operation
    /// with one answer may have its members itself.
    package init(json: JSONValue) throws { try self.init(DataNode(json)) }

    private init(_ node: DataNode) throws(DataMistake) {
        try node.expect("a file of REST APIs", ["apis"])
        var apis: [String: API] = [:]
        var own: API?
        for (id, node) in try node["apis"]?.members() ?? [] {
            try node.expect("an API", ["stage", "needs", "document", "operations"])
            var operations: [Operation] = []
            for (name, operation) in try node["operations"]?.members() ?? [] {
                operations.append(try Self.operation(name, operation, sharing: node["needs"]))
            }
            let api = API(
                stage: try node["stage"]?.text(), operations: operations, document: node["document"]?.json ?? .null)
            apis[id] = api
            if own == nil, api.stage == nil { own = api }
        }
        self.apis = apis
        self.own = own
    }

    private static func operation(
        _ name: String, _ node: DataNode, sharing needs: DataNode?
    ) throws(DataMistake) -> Operation {
        let words = name.split(separator: " ").map(String.init)
        guard words.count == 2 else { throw node.mistake("operation \"\(name)\": METHOD /path expected") }
        var answers: [Answer] = []
        if let list = node["answers"] {
            try node.expect("an operation with answers", ["needs", "answers"])
            for item in try list.items() {
                try item.expect("an answer", Answer.members)
                answers.append(try Answer(item))
            }
        } else {
            try node.expect("an operation", ["needs", "answers"] + Answer.members)
            answers = [try Answer(node)]
        }
        return Operation(
            method: words[0], path: words[1].split(separator: "/").map(String.init),
            needs: Needs(conditions: try (node["needs"] ?? needs)?.object().members ?? []), answers: answers)
    }
}

extension RESTCatalogue.Answer {
    fileprivate static let members = ["when", "status", "headers", "body"]

    fileprivate init(_ node: DataNode) throws(DataMistake) {
        self.init(
            conditions: try node["when"]?.object().members ?? [],
            // Another one is none of HTTP's, or begins no answer (RFC 9110 section 15).
            status: try node["status"]?.whole(200...599) ?? 200, headers: try node["headers"]?.object() ?? [:],
            body: node["body"]?.json ?? .null)
    }
}
