import AWSCore
import Kernel

/// Reads a Smithy model in JSON AST form whose service speaks restJson1: each operation with an `http` trait is a tool
/// (ledger `smithy-limits`).
struct SmithyReader {
    private let shapes: JSONObject
    private let byID: [String: JSONValue]
    private let region: String
    private let room = TargetDocument.Room()
    private static let deepest = 32

    init(_ model: JSONValue, region: String) {
        shapes = model["shapes"]?.object ?? [:]
        byID = Dictionary(shapes.members.map { ($0.name, $0.value) }) { first, _ in first }
        self.region = region
    }

    func document() throws(TargetDocument.Failure) -> TargetDocument {
        guard let service = shapes.members.first(where: { $0.value["type"] == "service" })?.value else {
            throw failure("no service shape")
        }
        let traits = service["traits"]?.object ?? [:]
        guard traits["aws.protocols#restJson1"] != nil else { throw failure("only restJson1 is supported") }
        let server = try server(traits)
        var result = TargetDocument(tools: [])
        for shape in shapes.members where shape.value["type"] == "operation" {
            guard let http = shape.value["traits"]?["smithy.api#http"], let method = http["method"]?.string,
                let uri = http["uri"]?.string
            else { continue }
            if let label = TargetDocument.repeatedHole(in: uri) {
                throw failure("label {\(label)} stands twice in a uri")
            }
            let name = Self.localName(shape.name)
            let read = try input(shape.value["input"]?["target"]?.string)
            let text = shape.value["traits"]?["smithy.api#documentation"]?.string ?? name
            try room.take(server, uri, text)
            result.tools.append([
                "name": .string(name), "description": .string(text), "inputSchema": .object(read.schema),
            ])
            let parts = uri.split(separator: "?", maxSplits: 1).map(String.init)
            var fixed: [String: String] = [:]
            for pair in Form(parsing: parts.count > 1 ? parts[1] : "").pairs { fixed[pair.name] = pair.value }
            result.operations.append(
                APIOperation(
                    tool: name, method: method, server: server, path: parts.first ?? "/", fixedQuery: fixed,
                    parameters: read.parameters))
        }
        guard !result.tools.isEmpty else { throw failure("no operation has an http trait") }
        return result
    }

    private func failure(_ why: String) -> TargetDocument.Failure { .init("Invalid Smithy model: \(why)") }

    private static func localName(_ id: String) -> String {
        id.split(separator: "#").last.map(String.init) ?? id
    }

    /// The first endpoint of the rule set, else the regional name of an AWS service.
    private func server(_ traits: JSONObject) throws(TargetDocument.Failure) -> String {
        for rule in traits["smithy.rules#endpointRuleSet"]?["rules"]?.array ?? [] {
            guard let url = rule["endpoint"]?["url"]?.string else { continue }
            let named = url.replacing("{Region}", by: region)
            guard let parts = URLParts(named), parts.scheme == "https", parts.userInfo == nil,
                !named.utf8.contains(UInt8(ascii: "{"))
            else { throw failure("the endpoint \(url) is not supported") }
            return parts.origin + (parts.path.hasSuffix("/") ? String(parts.path.dropLast()) : parts.path)
        }
        guard let prefix = traits["aws.api#service"]?["endpointPrefix"]?.string else {
            throw failure("the service names no endpoint")
        }
        return "https://\(prefix).\(region).amazonaws.com"
    }

    private struct Read {
        var parameters: [APIOperation.Parameter] = []
        var schema: JSONObject = ["type": "object", "properties": [:]]
    }

    private func input(_ id: String?) throws(TargetDocument.Failure) -> Read {
        var read = Read()
        guard let id, id != Self.prelude + "Unit" else { return read }
        guard let structure = byID[id] else { throw missing(id) }
        guard structure["type"] == "structure" else { throw failure("the input '\(id)' is no structure") }
        let members = structure["members"]?.object ?? [:]
        var properties = JSONObject()
        var required: [String] = []
        for member in members.members {
            let traits = member.value["traits"]?.object ?? [:]
            let (wireName, place) = binding(member.name, traits)
            let isRequired = place == .path || traits["smithy.api#required"] != nil
            read.parameters.append(.init(member.name, wireName: wireName, place, isRequired: isRequired))
            properties.append(member.name, try schema(member.value, 0))
            if isRequired { required.append(member.name) }
        }
        read.schema = ["type": "object", "properties": .object(properties)]
        if !required.isEmpty { read.schema.append("required", .strings(required)) }
        return read
    }

    private func binding(_ name: String, _ traits: JSONObject) -> (String, APIOperation.Place) {
        if traits["smithy.api#httpLabel"] != nil { return (name, .path) }
        if let query = traits["smithy.api#httpQuery"]?.string { return (query, .query) }
        if let header = traits["smithy.api#httpHeader"]?.string { return (header, .header) }
        if traits["smithy.api#httpPayload"] != nil { return (name, .body) }
        return (traits["smithy.api#jsonName"]?.string ?? name, .member)
    }

    private func schema(_ member: JSONValue, _ depth: Int) throws(TargetDocument.Failure) -> JSONValue {
        let id = member["target"]?.string ?? ""
        guard depth < Self.deepest else { throw failure("\(id) refers to itself") }
        try room.takeSchema(at: id)
        var result = try schema(of: id, depth)
        if let text = member["traits"]?["smithy.api#documentation"]?.string {
            try room.take(text)
            result["description"] = .string(text)
        }
        return .object(result)
    }

    private func schema(of id: String, _ depth: Int) throws(TargetDocument.Failure) -> JSONObject {
        guard let shape = byID[id] else {
            guard id.hasPrefix(Self.prelude), let known = Self.simple(Self.localName(id)) else { throw missing(id) }
            return known
        }
        switch shape["type"]?.string {
        case "structure", "union":
            var properties = JSONObject()
            for member in shape["members"]?.object?.members ?? [] {
                try room.take(member.name)
                properties.append(member.name, try schema(member.value, depth + 1))
            }
            return ["type": "object", "properties": .object(properties)]
        case "list", "set":
            return ["type": "array", "items": try schema(shape["member"] ?? [:], depth + 1)]
        case "map": return ["type": "object", "additionalProperties": try schema(shape["value"] ?? [:], depth + 1)]
        case "enum":
            let values = (shape["members"]?.object?.members ?? []).map { member in
                member.value["traits"]?["smithy.api#enumValue"]?.string ?? member.name
            }
            for value in values { try room.take(value) }
            return ["type": "string", "enum": .strings(values)]
        case let type:
            guard let known = type.flatMap(Self.simple) else { throw failure("'\(id)' has no type of Smithy's") }
            return known
        }
    }

    /// Namespace of the shapes that every model has (Smithy 2.0 specification, "Prelude").
    private static let prelude = "smithy.api#"

    private func missing(_ id: String) -> TargetDocument.Failure { failure("there is no shape '\(id)'") }

    /// A simple type, and the shape of the prelude with its name.
    private static func simple(_ type: String) -> JSONObject? {
        switch type.lowercased() {
        case "boolean", "primitiveboolean": ["type": "boolean"]
        case "byte", "short", "integer", "long", "biginteger", "intenum", "primitivebyte", "primitiveshort",
            "primitiveinteger", "primitivelong":
            ["type": "integer"]
        case "float", "double", "bigdecimal", "primitivefloat", "primitivedouble": ["type": "number"]
        case "document": [:]
        case "unit": ["type": "object"]
        case "string", "blob", "timestamp": ["type": "string"]
        default: nil
        }
    }
}
