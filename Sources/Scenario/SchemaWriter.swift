package import Kernel

/// Writes the JSON Schema of scenario files and fragments from the shapes of the steps and checks: draft 7, which the
/// YAML extension of VS Code reads in full.
package struct SchemaWriter {
    private let vocabulary: Vocabulary
    private let fragments: [String]
    private static let variable: JSONValue = ["type": "string", "pattern": "\\$\\{[^}]+\\}"]
    private static let scalar: JSONValue = ["type": ["string", "number", "boolean", "null"]]

    package init(_ vocabulary: Vocabulary, fragments: [String]) {
        self.vocabulary = vocabulary
        self.fragments = fragments
    }

    package var schema: JSONValue {
        var definitions = JSONObject()
        for type in vocabulary.steps { definitions.append("step-\(type.keyword)", step(type)) }
        definitions.append(
            "step",
            [
                "type": "object", "description": "One thing that somebody does.",
                "anyOf": .array(vocabulary.steps.map { ref("step-\($0.keyword)") }),
            ])
        definitions.append("steps", ["type": "array", "minItems": 1, "items": ref("step")])
        definitions.append("predicate", predicate)
        definitions.append("then", then)
        for names in Shape.Names.allCases { definitions.append("name-\(names.rawValue)", list(names)) }
        definitions.append("scenario", mapping(FileShape.members, as: "a scenario"))
        definitions.append("fragment", mapping(FileShape.fragment, as: "a fragment"))
        return [
            "$schema": "http://json-schema.org/draft-07/schema#", "title": "agentcore-local scenario",
            "type": "object", "if": ["required": ["fragment"]], "then": ref("fragment"), "else": ref("scenario"),
            "definitions": .object(definitions),
        ]
    }

    private func ref(_ name: String) -> JSONValue { ["$ref": .string("#/definitions/\(name)")] }

    private func list(_ names: Shape.Names) -> JSONValue {
        let known: [String]
        switch names {
        case .users: known = vocabulary.users + ["attacker"]
        case .accounts: known = vocabulary.users
        case .people: known = vocabulary.users + vocabulary.parties + ["attacker", "outside"]
        case .parties: known = vocabulary.parties
        case .operations: known = vocabulary.operations
        case .rules: known = vocabulary.rules
        case .unknowns: known = vocabulary.unknowns.keys.sorted()
        case .labs: known = vocabulary.labs
        case .vendors: known = vocabulary.vendors
        case .fragments: known = fragments
        }
        // A file may bring fragments of its own, and other people than the lab's may send a request.
        let isOpen = names == .fragments || names == .people || known.isEmpty
        let listed: [JSONValue] = known.isEmpty ? [] : [["type": "string", "enum": .strings(known)]]
        return ["anyOf": .array(listed + (isOpen ? [["type": "string"]] : []) + [Self.variable])]
    }

    private func step(_ type: any Step.Type) -> JSONValue {
        let keyword = ShapeMember(type.keyword, type.shape.value, type.shape.about, required: true)
        var schema = mapping([keyword] + type.shape.members + StepShape.common, as: type.shape.about).object ?? [:]
        let apart = type.shape.apart
        let pairs = apart.indices.flatMap { first in apart[..<first].map { [$0, apart[first]] } }
        if !pairs.isEmpty {
            schema["not"] = ["anyOf": .array(pairs.map { ["required": .strings($0)] })]
        }
        return .object(schema)
    }

    private func mapping(_ members: [ShapeMember], as about: String) -> JSONValue {
        var properties = JSONObject()
        for member in members {
            // A reference stands alone: draft 7 looks at nothing beside it.
            var schema: JSONValue = member.name == "then" ? ref("then") : self.schema(of: member.shape)
            if !member.about.isEmpty { schema = ["description": .string(member.about), "allOf": [schema]] }
            properties.append(member.name, schema)
        }
        var object: JSONObject = [
            "type": "object", "properties": .object(properties), "additionalProperties": false,
        ]
        let required = members.filter(\.isRequired).map(\.name)
        if !required.isEmpty { object["required"] = .strings(required) }
        if !about.isEmpty { object["description"] = .string(about) }
        return .object(object)
    }

    private func schema(of shape: Shape) -> JSONValue {
        switch shape {
        case .anything: return true
        case .text: return Self.scalar
        case .word(let words): return ["anyOf": [["type": "string", "enum": .strings(words)], Self.variable]]
        case .name(let names): return ref("name-\(names.rawValue)")
        case .flag: return ["anyOf": [["type": "boolean"], Self.variable]]
        case .whole: return ["type": "integer"]
        case .span: return ["anyOf": [["type": "string", "pattern": "^[0-9]+(ms|s|m|h|d)$"], Self.variable]]
        case .shift: return ["anyOf": [["type": "string", "pattern": "^-?[0-9]+(ms|s|m|h|d)$"], Self.variable]]
        case .mapping(let members): return mapping(members, as: "")
        case .names(let inner): return ["type": "object", "additionalProperties": schema(of: inner)]
        case .filled(let inner):
            return ["minProperties": 1, "minItems": 1, "allOf": [schema(of: inner)]]
        case .having(let choices, let inner):
            return ["anyOf": .array(choices.map { ["required": .strings($0)] }), "allOf": [schema(of: inner)]]
        case .each(let names, let inner):
            return [
                "type": "object", "propertyNames": ref("name-\(names.rawValue)"),
                "additionalProperties": schema(of: inner),
            ]
        case .list(.step): return ref("steps")
        case .list(let inner): return ["type": "array", "items": schema(of: inner)]
        case .either(let shapes): return ["anyOf": .array(shapes.map { schema(of: $0) })]
        case .step: return ref("step")
        case .predicate: return ref("predicate")
        case .expectations(let roots):
            var object: JSONObject = ["type": "object", "additionalProperties": ref("predicate")]
            if !roots.isEmpty { object["propertyNames"] = ["pattern": .string(Self.path(roots))] }
            return .object(object)
        case .saves(let roots):
            return [
                "type": "object", "additionalProperties": ["type": "string", "pattern": .string(Self.path(roots))],
            ]
        }
    }

    private static func path(_ roots: [String]) -> String {
        "^(\(roots.joined(separator: "|")))($|[.\\[?])"
    }

    /// A literal, a word, or tests that all hold.
    private var predicate: JSONValue {
        let inner = ref("predicate")
        var tests = JSONObject()
        for (name, about) in Predicate.vocabulary {
            let schema: JSONValue
            switch name {
            case "not", "length", "count", "each", "some": schema = inner
            case "at": schema = ["type": "object", "additionalProperties": inner]
            case "type": schema = ["anyOf": [["enum": .strings(Predicate.types)], ["type": "null"]]]
            case "one-of": schema = ["type": "array", "minItems": 1]
            case "range": schema = ["type": "array", "minItems": 2, "maxItems": 2]
            case "absent", "present": schema = ["type": "boolean"]
            case "matches", "starts-with", "ends-with": schema = Self.scalar
            case "schema": schema = ["anyOf": [["type": ["object", "boolean"]], Self.variable]]
            default: schema = true
            }
            // Beside a reference draft 7 looks at nothing.
            let members: JSONObject = ["description": .string(about)]
            tests.append(name, .object(JSONObject(members.members + [.init("allOf", [schema])])))
        }
        return [
            "description": "What the value must be: a literal, absent, present, or tests that all hold.",
            "anyOf": [
                ["type": ["string", "number", "boolean", "null", "array"]],
                [
                    "type": "object", "minProperties": 1, "properties": .object(tests),
                    "additionalProperties": false,
                ],
            ],
        ]
    }

    private var then: JSONValue {
        let members = vocabulary.checks.map { ShapeMember($0.keyword, $0.shape, $0.about) }
        var schema = mapping(members, as: "What must be true of the whole run.").object ?? [:]
        var checks = schema["properties"]?.object ?? [:]
        // One that says nothing would hold of every run.
        for name in checks.names {
            guard var check = checks[name]?.object else { continue }
            check["minItems"] = 1
            check["minProperties"] = 1
            checks[name] = .object(check)
        }
        schema["properties"] = .object(checks)
        schema["minProperties"] = 1
        return .object(schema)
    }
}
