import AWSCore
import Kernel

/// Reads an OpenAPI 3.0 or 3.1 document: each operation with an `operationId` is a tool (ledger `openapi-limits`).
///
/// Parameters and the members of a JSON body become the tool's arguments side by side (ledger `openapi-arguments`). One
/// name in two places is one argument that fills both, or makes the document useless (ledger `openapi-same-name`).
struct OpenAPIReader {
    private let root: JSONValue
    private let refusesSameNames: Bool
    private let room = TargetDocument.Room()
    /// Names of operations, where not the document's own.
    private let naming: (_ method: String, _ path: String, _ operationID: String?) -> Tool?

    /// What an operation is called as a tool.
    struct Tool {
        let name: String
        let description: String?
    }

    private static let methods = ["get", "put", "post", "delete", "options", "head", "patch"]
    /// Schemas that refer to each other in a circle end here.
    private static let deepest = 32
    private static let nesting = ["properties", "items", "additionalProperties"]
    private static let combinators = ["oneOf", "anyOf", "allOf", "not"]

    init(
        _ root: JSONValue, _ switches: Switches,
        naming: @escaping (String, String, String?) -> Tool? = { _, _, id in id.map { Tool(name: $0, description: nil) }
        }
    ) {
        self.root = root
        refusesSameNames = switches.choice(.sameName) == "refuse"
        self.naming = naming
    }

    func document() throws(TargetDocument.Failure) -> TargetDocument {
        guard let version = root["openapi"]?.string, version.hasPrefix("3.") else {
            throw failure("openapi must be 3.0 or 3.1")
        }
        let server = try server()
        guard let paths = root["paths"]?.object else { throw failure("attribute paths is missing") }
        var result = TargetDocument(tools: [])
        var names: Set<String> = []
        for path in paths.members {
            guard let item = try resolved(path.value, "paths.'\(path.name)'").object else { continue }
            for method in Self.methods {
                guard let operation = item[method]?.object else { continue }
                guard operation["responses"]?.object != nil else {
                    throw TargetDocument.Failure("attribute paths.'\(path.name)'(\(method)).responses is missing")
                }
                guard let tool = naming(method, path.name, operation["operationId"]?.string) else { continue }
                guard names.insert(tool.name).inserted else {
                    throw failure("operationId \(tool.name) stands twice")
                }
                if let name = TargetDocument.repeatedHole(in: path.name) {
                    throw failure("paths.'\(path.name.prefix(80))'(\(method)): {\(name)} stands twice")
                }
                let place = "paths.'\(path.name)'(\(method))"
                let shared = item["parameters"]?.array ?? []
                let read = try self.operation(operation, shared, place)
                if refusesSameNames, let words = read.shared { throw failure("\(place): \(words)") }
                let text = tool.description ?? Self.description(of: operation) ?? tool.name
                try room.take(server, path.name, text)
                result.tools.append([
                    "name": .string(tool.name), "description": .string(text), "inputSchema": .object(read.schema),
                ])
                result.operations.append(
                    APIOperation(
                        tool: tool.name, method: method.uppercased(), server: server, path: path.name,
                        parameters: read.parameters))
            }
        }
        guard !result.tools.isEmpty else { throw failure("no operation has an operationId") }
        return result
    }

    private func failure(_ why: String) -> TargetDocument.Failure { .init("Invalid OpenAPI schema: \(why)") }

    private static func description(of operation: JSONObject) -> String? {
        operation["description"]?.string ?? operation["summary"]?.string
    }

    /// The first server, with its variables' defaults. A host that a caller could choose is refused: the credential
    /// would go there (ledger `openapi-server`).
    private func server() throws(TargetDocument.Failure) -> String {
        guard let first = root["servers"]?[0], let template = first["url"]?.string else {
            throw failure("attribute servers is missing")
        }
        let url = try filled(template, first["variables"] ?? [:])
        guard let parts = URLParts(url), parts.userInfo == nil, !url.utf8.contains(UInt8(ascii: "{")),
            parts.scheme == "https" || (parts.scheme == "http" && parts.isLoopback)
        else { throw failure("servers[0].url must be an https URL") }
        let path = parts.path.hasSuffix("/") ? String(parts.path.dropLast()) : parts.path
        return parts.origin + path
    }

    /// A URL's template with the defaults of its variables. A default is put in as it stands: what looks like a
    /// variable in it is none (OpenAPI Specification 3.1, "Server Object").
    private func filled(_ template: String, _ variables: JSONValue) throws(TargetDocument.Failure) -> String {
        let pieces = template.pieces(by: "{", keepingEmpty: true)
        var url = String(pieces.first ?? "")
        for piece in pieces.dropFirst() {
            if let end = piece.place(of: "}"), let standard = variables[String(piece[..<end])]?["default"]?.string {
                try room.take(standard)
                url += standard
                url += piece[piece.index(after: end)...]
            } else {
                url += "{"
                url += piece
            }
        }
        return url
    }

    private struct Read {
        var parameters: [APIOperation.Parameter] = []
        var properties = JSONObject()
        var required: [String] = []
        /// Where each name stands.
        private var places: [String: [APIOperation.Place]] = [:]

        /// Of two in the same place the first counts.
        mutating func add(_ parameter: APIOperation.Parameter, _ schema: JSONValue) {
            let others = places[parameter.name] ?? []
            guard !others.contains(parameter.place) else { return }
            places[parameter.name] = others + [parameter.place]
            parameters.append(parameter)
            if others.isEmpty { properties.append(parameter.name, schema) }
            guard parameter.isRequired, others.isEmpty || !required.contains(parameter.name) else { return }
            required.append(parameter.name)
        }

        /// The first name that stands in two places, with both.
        var shared: String? {
            parameters.lazy.compactMap { parameter in
                guard let places = places[parameter.name], places.count > 1 else { return nil }
                let words = places.map { $0 == .member ? "body" : $0.rawValue }
                return "\(parameter.name) stands in \(words.joined(separator: " and "))"
            }.first
        }

        var schema: JSONObject {
            var result: JSONObject = ["type": "object", "properties": .object(properties)]
            if !required.isEmpty { result.append("required", .strings(required)) }
            return result
        }
    }

    private func operation(
        _ operation: JSONObject, _ shared: [JSONValue], _ place: String
    ) throws(TargetDocument.Failure) -> Read {
        var read = Read()
        // An operation's own parameter of the same name and place comes first and so outranks the path's.
        for raw in (operation["parameters"]?.array ?? []) + shared {
            let parameter = try resolved(raw, "\(place).parameters")
            guard let name = parameter["name"]?.string else { throw failure("\(place).parameters: name is missing") }
            let destination: APIOperation.Place
            switch parameter["in"]?.string {
            case "path": destination = .path
            case "query": destination = .query
            case "header": destination = .header
            // Cookies are not supported (ledger `openapi-limits`).
            default: continue
            }
            let schema = try self.schema(parameter["schema"] ?? ["type": "string"], "\(place).\(name)", 0)
            let isRequired = destination == .path || parameter["required"]?.bool == true
            read.add(
                .init(name, destination, isRequired: isRequired), described(schema, parameter["description"]?.string))
        }
        guard let raw = operation["requestBody"] else { return read }
        let body = try resolved(raw, "\(place).requestBody")
        guard let content = body["content"]?["application/json"] else {
            throw failure("\(place).requestBody: only application/json is supported")
        }
        let schema = try self.schema(content["schema"] ?? ["type": "object"], "\(place).requestBody", 0)
        let isRequired = body["required"]?.bool == true
        guard let members = schema["properties"]?.object, !members.isEmpty else {
            read.add(.init("body", .body, isRequired: isRequired), schema)
            return read
        }
        let required = Set(isRequired ? schema["required"]?.strings ?? [] : [])
        for member in members.members {
            read.add(.init(member.name, .member, isRequired: required.contains(member.name)), member.value)
        }
        return read
    }

    private func described(_ schema: JSONValue, _ description: String?) -> JSONValue {
        guard let description, var object = schema.object, object["description"] == nil else { return schema }
        object.append("description", .string(description))
        return .object(object)
    }

    /// A schema with its references put in place.
    private func schema(_ raw: JSONValue, _ place: String, _ depth: Int) throws(TargetDocument.Failure) -> JSONValue {
        guard depth < Self.deepest else { throw failure("\(place) is nested too deep or refers to itself") }
        try room.takeSchema(at: place)
        guard var object = try resolved(raw, place).object else { throw failure("\(place) must be an object") }
        if let name = Self.combinators.first(where: { object[$0] != nil }) {
            throw failure("\(place) uses \(name), which is not supported")
        }
        if object["type"] == "array", object["items"]?.object == nil { throw failure("\(place).items is missing") }
        for name in ["xml", "externalDocs", "discriminator", "example", "readOnly", "writeOnly", "deprecated"] {
            object[name] = nil
        }
        // What is below takes its own.
        for member in object.members where member.value.object == nil || !Self.nesting.contains(member.name) {
            try room.take(member.value)
        }
        // Either may be true or false instead.
        for name in ["items", "additionalProperties"] {
            guard let inner = object[name], inner.object != nil else { continue }
            object[name] = try schema(inner, "\(place).\(name)", depth + 1)
        }
        if let properties = object["properties"]?.object {
            var read = JSONObject()
            for member in properties.members {
                read.append(member.name, try schema(member.value, "\(place).\(member.name)", depth + 1))
            }
            object["properties"] = .object(read)
        }
        return .object(object)
    }

    /// What a reference within the document stands for (ledger `openapi-references`).
    private func resolved(_ value: JSONValue, _ place: String) throws(TargetDocument.Failure) -> JSONValue {
        var value = value
        for _ in 0..<8 {
            guard let reference = value["$ref"]?.string else { return value }
            try room.take(reference)
            guard reference.hasPrefix("#/") else {
                throw failure("\(place) refers to \(reference); only places of the document itself are supported")
            }
            var found: JSONValue? = root
            for part in reference.dropFirst(2).split(separator: "/") {
                let name = percentDecoded(part).replacing("~1", by: "/").replacing("~0", by: "~")
                found = found?[name]
            }
            guard let found else { throw failure("\(place) refers to \(reference), which is not there") }
            value = found
        }
        throw failure("\(place) is nested too deep or refers to itself")
    }
}
