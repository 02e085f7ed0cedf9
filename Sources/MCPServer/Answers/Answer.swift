import Kernel
import MCPCore

/// One of the answers to a call: the first whose `when` fits the arguments is given.
struct Answer: Hashable, Sendable {
    /// Arguments this answer is for; null means that the argument is not there.
    let when: JSONObject
    /// What happens on the way, in order.
    let steps: [Step]
    let result: Outcome
    let structured: JSONValue?

    enum Subject { case tool, prompt }

    enum Outcome: Hashable, Sendable {
        /// Becomes one text.
        case json(JSONValue)
        case text(String)
        case content(JSONValue)
        case error(String)
        /// Of a prompt.
        case messages(JSONValue)
    }

    private static let forms = ["json", "text", "content", "error", "messages"]

    init(_ node: DataNode, of subject: Subject, _ context: ToolCatalogue.Context) throws(DataMistake) {
        try node.expect("an answer", ["when", "steps", "structured"] + Self.forms)
        when = try node["when"]?.object() ?? [:]
        steps = try (node["steps"]?.items() ?? []).map { item throws(DataMistake) in try Step(item, context) }
        structured = node["structured"]?.json
        try AnswerHoles(facts: steps.compactMap(\.fact), context)?.check(node)
        let given = Self.forms.filter { node.json[$0] != nil }
        guard given.count == 1, let form = given.first else {
            throw node.mistake("an answer has one of \(Self.forms.joined(separator: ", "))")
        }
        guard (form == "messages") == (subject == .prompt) else {
            throw node.mistake("messages are for prompts, and prompts have nothing else")
        }
        let value = DataNode(node.json[form] ?? .null, at: node.path + [form])
        switch form {
        case "json": result = .json(value.json)
        case "text": result = .text(try value.text())
        case "content":
            _ = try value.items()
            result = .content(value.json)
        case "messages":
            _ = try value.items()
            result = .messages(value.json)
        default: result = .error(try value.text())
        }
    }

    func fits(_ arguments: JSONObject) -> Bool {
        when.members.allSatisfy { member in
            let given = arguments[member.name] ?? .null
            if case .string("present") = member.value { return !given.isNull && given != "" }
            return given == member.value || member.value.isNull && given == ""
        }
    }

    /// The result of the whole call, in words of the protocol.
    func result(_ facts: JSONObject, description: String?) -> JSONValue {
        let filler = AnswerFiller(facts: facts)
        var object: JSONObject
        switch result {
        case .json(let json): object = Self.text((filler.filled(json) ?? .null).text, isError: false)
        case .text(let text): object = Self.text(filler.text(text), isError: false)
        case .content(let content): object = ["content": filler.filled(content) ?? [], "isError": false]
        case .error(let text): object = Self.text(filler.text(text), isError: true)
        case .messages(let messages):
            object = [:]
            if let description { object.append("description", .string(description)) }
            object.append("messages", filler.filled(messages) ?? [])
        }
        if let structured { object.append("structuredContent", filler.filled(structured) ?? [:]) }
        return .object(object)
    }

    private static func text(_ text: String, isError: Bool) -> JSONObject {
        ToolMessage.text(text, isError: isError).object ?? [:]
    }
}
