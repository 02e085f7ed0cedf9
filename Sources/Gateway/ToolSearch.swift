import Kernel

/// The search tool of a gateway with `searchType: SEMANTIC`.
///
/// The real one compares meanings by embeddings. This one counts words, so that anybody can see why a tool was found:
/// each word of the query that is a word of the tool's name counts three, of its description one; a plural counts as
/// its singular.
enum ToolSearch {
    static let name = "x_amz_bedrock_agentcore_search"
    private static let most = 10

    static let definition: JSONObject = [
        "name": .string(name),
        "description": "A special tool that returns a trimmed down list of tools given a context",
        "inputSchema": [
            "type": "object",
            "properties": ["query": ["type": "string", "description": "What the tools are wanted for"]],
            "required": ["query"],
        ],
    ]

    /// The best tools for a query, best first; equals stay in list order.
    static func find(_ query: String, in tools: [JSONObject]) -> [JSONObject] {
        let wanted = words(query)
        let scored = tools.enumerated().map { place, tool in (score: score(tool, wanted), place: place, tool: tool) }
        return scored.filter { $0.score > 0 }
            .sorted { ($1.score, $0.place) < ($0.score, $1.place) }
            .prefix(most).map(\.tool)
    }

    /// The result of a call: the definitions, as text too for clients that read nothing else.
    static func result(_ tools: [JSONObject]) -> JSONValue {
        let found: JSONValue = ["tools": .array(tools.map { .object($0) })]
        return [
            "content": [["type": "text", "text": .string(found.text)]], "structuredContent": found, "isError": false,
        ]
    }

    private static func score(_ tool: JSONObject, _ wanted: Set<String>) -> Int {
        let inName = words(tool["name"]?.string ?? "").intersection(wanted).count
        let inDescription = words(tool["description"]?.string ?? "").intersection(wanted).count
        return 3 * inName + inDescription
    }

    private static func words(_ text: String) -> Set<String> {
        let parts = text.lowercased().split { !$0.isLetter && !$0.isNumber }
        return Set(parts.map { $0.count > 3 && $0.hasSuffix("s") ? String($0.dropLast()) : String($0) })
    }
}
