import AWSCore
import Kernel

/// Tools that were given up front: `mcpToolSchema.inlinePayload`, a text that holds a JSON object with `tools`.
enum ToolSchema {
    /// Keywords that make a creation fail (ledger `tool-schema-keywords`).
    private static let refusedKeywords: Set<String> = ["$ref", "$defs", "$anchor", "$dynamicRef", "$dynamicAnchor"]
    /// Characters of a tool's name (ledger `tool-name-length`).
    static let longestName = 256
    private static let path = "targetConfiguration.mcp.mcpServer.mcpToolSchema"

    /// - Throws: `ValidationException`, `Invalid MCP ToolSchema` (ledger `tool-schema-object`).
    static func tools(_ schema: JSONValue, _ quotas: AWSSettings.Quotas) throws(AWSError) -> [JSONValue] {
        guard let payload = schema["inlinePayload"]?.string else {
            throw AWSError(.validation, "mcpToolSchema.s3 is not supported; supported: inlinePayload")
        }
        guard payload.utf8.count <= quotas.inlineSchema else {
            throw invalid("more than \(quotas.inlineSchema) bytes")
        }
        let json: JSONValue
        do throws(JSONFailure) {
            json = try JSONValue(parsing: payload)
        } catch {
            throw invalid("not JSON: \(error.description)")
        }
        guard json.object != nil else { throw invalid("an object expected, not \(json.typeName)") }
        guard let tools = json["tools"]?.array else { throw invalid("member tools must be an array") }
        guard tools.count <= quotas.toolsPerTarget else { throw invalid("more than \(quotas.toolsPerTarget) tools") }
        var names: Set<String> = []
        for (index, tool) in tools.enumerated() {
            let name = try check(tool, "tools[\(index)]")
            guard names.insert(name).inserted else { throw invalid("tools[\(index)] repeats a name") }
        }
        return tools
    }

    private static func invalid(_ why: String) -> AWSError {
        AWSError(
            .validation, "Invalid MCP ToolSchema: \(why)",
            fieldList: [.init("\(path).inlinePayload", "Invalid MCP ToolSchema: \(why)")])
    }

    /// Returns the tool's name.
    private static func check(_ tool: JSONValue, _ place: String) throws(AWSError) -> String {
        guard let name = tool["name"]?.string, (1...longestName).contains(name.unicodeScalars.count) else {
            throw invalid("\(place).name must be a text of 1 to \(longestName) characters")
        }
        if let description = tool["description"], description.string == nil {
            throw invalid("\(place).description must be a text")
        }
        guard let input = tool["inputSchema"], input.object != nil else {
            throw invalid("\(place).inputSchema must be an object")
        }
        if let type = input["type"], type != "object" { throw invalid("\(place).inputSchema.type must be object") }
        for schema in [input, tool["outputSchema"] ?? [:]] {
            if let keyword = refusedKeyword(in: schema) { throw invalid("\(place) uses \(keyword)") }
        }
        return name
    }

    /// The first refused keyword of a schema. A property may have any name; data is not a schema.
    private static func refusedKeyword(in schema: JSONValue) -> String? {
        for item in schema.array ?? [] {
            if let found = refusedKeyword(in: item) { return found }
        }
        for member in schema.object?.members ?? [] {
            if refusedKeywords.contains(member.name) { return member.name }
            switch member.name {
            case "enum", "const", "default", "examples": continue
            case "properties", "patternProperties", "dependentSchemas":
                for property in member.value.object?.members ?? [] {
                    if let found = refusedKeyword(in: property.value) { return found }
                }
            default:
                if let found = refusedKeyword(in: member.value) { return found }
            }
        }
        return nil
    }
}
