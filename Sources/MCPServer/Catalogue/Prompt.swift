import Kernel

/// One prompt. Its answers are messages.
struct Prompt: Hashable, Sendable {
    let name: String
    /// As `prompts/list` gives it.
    let definition: JSONValue
    let description: String?
    let arguments: [Argument]
    let answers: [Answer]

    struct Argument: Hashable, Sendable {
        let name: String
        let isRequired: Bool
        /// What `completion/complete` offers.
        let completions: [String]
    }

    init(_ node: DataNode, _ context: ToolCatalogue.Context) throws(DataMistake) {
        try node.expect("a prompt", ["name", "title", "description", "arguments", "answers"])
        name = try node.require("name", of: "a prompt").text()
        description = try node["description"]?.text()
        var listed: [JSONValue] = []
        var arguments: [Argument] = []
        for item in try node["arguments"]?.items() ?? [] {
            try item.expect("an argument", ["name", "title", "description", "required", "complete"])
            var shown = try item.object()
            shown["complete"] = nil
            listed.append(.object(shown))
            arguments.append(
                Argument(
                    name: try item.require("name", of: "an argument").text(),
                    isRequired: try item["required"]?.flag() ?? false, completions: try item["complete"]?.texts() ?? [])
            )
        }
        self.arguments = arguments
        var definition: JSONObject = ["name": .string(name)]
        definition["title"] = node["title"]?.json
        definition["description"] = node["description"]?.json
        if !listed.isEmpty { definition.append("arguments", .array(listed)) }
        self.definition = .object(definition)
        answers = try node.require("answers", of: "a prompt").items().map { item throws(DataMistake) in
            try Answer(item, of: .prompt, context)
        }
    }
}
