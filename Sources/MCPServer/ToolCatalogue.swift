package import Kernel
import OAuthCore

/// A catalogue cannot be read.
package struct CatalogueFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
    init(_ description: String) { self.description = description }
}

/// The MCP server's data: who it says it is, its tools, their scopes and canned answers.
///
/// ```
/// server: {name, title, version}, resourceName, scopesSupported: [..], scopeTree: {wide: [narrow]},
/// tokenPrefixes: [..], scopedPrefixes: [..], pageSize,
/// tools: [{name, title, description, readOnly, scopes: [..], properties: {..}, required: [..], meta?,
///          answers: [{when?, json | content | error}]}]
/// ```
package struct ToolCatalogue: Hashable, Sendable {
    /// In order of their names, as the list is.
    let tools: [Tool]
    let serverInfo: JSONValue
    let resourceName: String
    let scopesSupported: ScopeSet
    /// Beginnings of the tokens it takes.
    let tokenPrefixes: [String]
    /// Beginnings of the tokens that are asked for further scopes.
    let scopedPrefixes: [String]
    let pageSize: Int

    package init(json: JSONValue) throws {
        guard let serverInfo = json["server"], serverInfo["name"]?.string != nil, serverInfo["version"]?.string != nil
        else { throw CatalogueFailure("a catalogue needs server with name and version") }
        self.serverInfo = serverInfo
        resourceName = json["resourceName"]?.string ?? serverInfo["name"]?.string ?? ""
        scopesSupported = ScopeSet(json["scopesSupported"]?.strings ?? [])
        tokenPrefixes = json["tokenPrefixes"]?.strings ?? []
        scopedPrefixes = json["scopedPrefixes"]?.strings ?? []
        pageSize = max(1, min(Int(json["pageSize"]?.int ?? 1000), 10_000))
        let tree = json["scopeTree"]?.object ?? [:]
        tools = try (json["tools"]?.array ?? []).map { try Tool(json: $0, scopeTree: tree) }
            .sorted { $0.name < $1.name }
        guard Set(tools.map(\.name)).count == tools.count else { throw CatalogueFailure("a tool stands twice") }
    }

    func tool(_ name: String) -> Tool? { tools.first { $0.name == name } }
}

/// One tool.
struct Tool: Hashable, Sendable {
    let name: String
    /// As `tools/list` gives it.
    let definition: JSONValue
    let parameters: [Parameter]
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

    struct Answer: Hashable, Sendable {
        /// Arguments this answer is for; null means that the argument is not there.
        let when: JSONObject
        let result: Result

        enum Result: Hashable, Sendable {
            /// Becomes one text.
            case json(JSONValue)
            case content(JSONValue)
            case error(String)
        }
    }

    init(json: JSONValue, scopeTree: JSONObject) throws {
        guard let name = json["name"]?.string, let title = json["title"]?.string,
            let description = json["description"]?.string, let properties = json["properties"]?.object
        else { throw CatalogueFailure("a tool needs name, title, description and properties") }
        self.name = name
        let required = json["required"]?.strings ?? []
        guard required.allSatisfy({ properties[$0] != nil }) else {
            throw CatalogueFailure("\(name): a required parameter has no property")
        }
        // Required ones first and in their order: that is the order in which a missing one is noticed.
        parameters =
            required.map { Parameter(name: $0, type: properties[$0]?["type"]?.string, isRequired: true) }
            + properties.members.filter { !required.contains($0.name) }
            .map { Parameter(name: $0.name, type: $0.value["type"]?.string, isRequired: false) }
        scopes = ScopeSet(json["scopes"]?.strings ?? [])
        accepted = Self.accepted(scopes, scopeTree)
        answers = try (json["answers"]?.array ?? []).map { try Answer(json: $0, tool: name) }
        var schema: JSONObject = ["type": "object", "properties": .object(properties)]
        if !required.isEmpty { schema.append("required", .strings(required)) }
        var definition: JSONObject = ["name": .string(name), "description": .string(description)]
        definition.append("inputSchema", .object(schema))
        definition.append(
            "annotations",
            [
                "title": .string(title), "readOnlyHint": json["readOnly"] ?? false, "idempotentHint": false,
            ])
        definition["_meta"] = json["meta"]
        self.definition = .object(definition)
    }

    /// `github-mcp-scope-tree`: a scope also stands for those below it, in one step of the table.
    private static func accepted(_ scopes: ScopeSet, _ tree: JSONObject) -> ScopeSet {
        let wider = tree.members.filter { member in
            (member.value.strings ?? []).contains { scopes.contains($0) }
        }
        return scopes.union(ScopeSet(wider.map(\.name)))
    }
}

extension Tool.Answer {
    init(json: JSONValue, tool: String) throws {
        when = json["when"]?.object ?? [:]
        switch (json["json"], json["content"], json["error"]?.string) {
        case (let template?, nil, nil): result = .json(template)
        case (nil, let template?, nil) where template.array != nil: result = .content(template)
        case (nil, nil, let text?): result = .error(text)
        default: throw CatalogueFailure("\(tool): an answer has one of json, content and error")
        }
    }

    func fits(_ arguments: JSONObject) -> Bool {
        when.members.allSatisfy { member in
            let given = arguments[member.name] ?? .null
            return given == member.value || member.value.isNull && given == ""
        }
    }
}
