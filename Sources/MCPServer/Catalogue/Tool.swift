import Kernel
import MCPCore
import OAuthCore

/// One tool.
struct Tool: Hashable, Sendable {
    let name: String
    /// As `tools/list` gives it.
    let definition: JSONValue
    let inputSchema: JSONValue
    let parameters: [Parameter]
    let isReadOnly: Bool
    /// First revision in which it is offered; nil for all.
    let since: Revision?
    /// Toolset it is switched on with; nil for one that is always there.
    let toolset: String?
    /// A token needs one of these; empty for none.
    let scopes: ScopeSet
    /// Those, and all wider ones.
    let accepted: ScopeSet
    let answers: [Answer]

    struct Parameter: Hashable, Sendable {
        let name: String
        /// JSON Schema's type; nil where it is not one plain type.
        let type: String?
        let isRequired: Bool
    }

    private static let members = [
        "name", "title", "description", "since", "readOnly", "toolset", "scopes", "properties", "required",
        "inputSchema", "outputSchema", "annotations", "meta", "answers",
    ]

    init(_ node: DataNode, _ context: ToolCatalogue.Context) throws(DataMistake) {
        try node.expect("a tool", Self.members)
        name = try node.require("name", of: "a tool").text()
        let description = try node.require("description", of: "a tool").text()
        let properties = node["properties"] ?? node["inputSchema"]?["properties"]
        let known = try properties?.object() ?? [:]
        for property in try properties?.members() ?? [] { try SchemaTypes.check(property.value, context) }
        for name in ["inputSchema", "outputSchema"] {
            if let schema = node[name] { try SchemaTypes.check(schema, context) }
        }
        let required = try (node["required"] ?? node["inputSchema"]?["required"])?.texts() ?? []
        for name in required where known[name] == nil {
            throw (node["required"] ?? node).mistake("the required parameter \"\(name)\" has no property")
        }
        // Required ones first and in their order: that is the order in which a missing one is noticed.
        parameters =
            required.map { Parameter(name: $0, type: known[$0]?["type"]?.string, isRequired: true) }
            + known.members.filter { !required.contains($0.name) }
            .map { Parameter(name: $0.name, type: $0.value["type"]?.string, isRequired: false) }
        isReadOnly = try node["readOnly"]?.flag() ?? false
        since = try node["since"].map { node throws(DataMistake) in
            Revision(rawValue: try node.word(of: Revision.all.map(\.rawValue)))
        }
        toolset = try node["toolset"]?.word(of: context.toolsets)
        scopes = ScopeSet(try node["scopes"]?.texts() ?? [])
        accepted = Self.accepted(scopes, context.scopeTree)
        answers = try node.require("answers", of: "a tool").items().map { item throws(DataMistake) in
            try Answer(item, of: .tool, context)
        }
        if let schema = node["inputSchema"] {
            guard schema["type"]?.json == "object" else { throw schema.mistake("an input schema has type: object") }
            inputSchema = schema.json
        } else {
            var schema: JSONObject = ["type": "object", "properties": .object(known)]
            if !required.isEmpty { schema.append("required", .strings(required)) }
            inputSchema = .object(schema)
        }
        var definition: JSONObject = ["name": .string(name), "description": .string(description)]
        let title = try node["title"]?.text()
        definition.append("inputSchema", inputSchema)
        definition["outputSchema"] = node["outputSchema"]?.json
        if let annotations = node["annotations"] {
            definition["title"] = title.map { .string($0) }
            definition.append("annotations", .object(try annotations.object()))
        } else if let title {
            definition.append(
                "annotations",
                ["title": .string(title), "readOnlyHint": .bool(isReadOnly), "idempotentHint": false])
        }
        definition["_meta"] = node["meta"]?.json
        self.definition = .object(definition)
    }

    func isOffered(in revision: Revision) -> Bool { since.map { revision >= $0 } ?? true }

    /// `github-mcp-scope-tree`: a scope also stands for those below it, in one step of the table.
    private static func accepted(_ scopes: ScopeSet, _ tree: JSONObject) -> ScopeSet {
        let wider = tree.members.filter { member in
            (member.value.strings ?? []).contains { scopes.contains($0) }
        }
        return scopes.union(ScopeSet(wider.map(\.name)))
    }
}
