import Kernel

/// What happens on the way to an answer.
enum Step: Hashable, Sendable {
    /// `notifications/message` to a client that wants to hear it.
    case log(JSONValue)
    /// `notifications/progress` to a client that gave a token.
    case progress(JSONValue)
    /// The client is asked. Where requests stand for themselves they travel in an `input_required` result.
    case ask([Question], keepsState: Bool)
    /// The connection ends, and the client comes back for the rest (SEP-1699).
    case hangUp(Span)
    /// A list has changed, or a resource.
    case announce(Announcement)
    /// The client must have declared these.
    case need(JSONObject)
    /// Facts must be so; else the call fails with this text.
    case check([JSONObject.Member], otherwise: String)
    case rows(RowStep)

    struct Question: Hashable, Sendable {
        let key: String
        let method: String
        let params: JSONValue

        /// Capability without which it is not asked.
        var capability: String {
            switch method {
            case "sampling/createMessage": "sampling"
            case "roots/list": "roots"
            default: "elicitation"
            }
        }

        /// Whether something is a result of this method at all (MCP 2026-07-28: ElicitResult, CreateMessageResult,
        /// ListRootsResult).
        func accepts(_ response: JSONValue) -> Bool {
            switch method {
            case "sampling/createMessage":
                response["role"]?.string != nil && response["content"] != nil && response["model"]?.string != nil
            case "roots/list": response["roots"]?.array != nil
            default:
                ["accept", "decline", "cancel"].contains(response["action"]?.string ?? "")
                    && (response["content"].map { $0.object != nil } ?? true)
            }
        }
    }

    /// Name of what later holes may name.
    var fact: String? { if case .rows(let step) = self { step.fact } else { nil } }

    static let methods = ["elicitation/create", "sampling/createMessage", "roots/list"]
    static let levels = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"]

    init(_ node: DataNode, _ context: ToolCatalogue.Context) throws(DataMistake) {
        let forms = ["log", "progress", "ask", "hang-up", "announce", "need", "check"] + RowStep.forms
        guard let form = forms.first(where: { node[$0] != nil }), let value = node[form] else {
            throw node.mistake("a step is one of \(forms.joined(separator: ", "))")
        }
        switch form {
        case "log":
            try node.expect("log", ["log"])
            try value.expect("log", ["level", "logger", "data"])
            _ = try value.require("level", of: "log").word(of: Self.levels)
            _ = try value.require("data", of: "log")
            self = .log(value.json)
        case "progress":
            try node.expect("progress", ["progress"])
            try value.expect("progress", ["progress", "total", "message"])
            self = .progress(value.json)
        case "ask":
            try node.expect("ask", ["ask", "state"])
            self = .ask(try Self.questions(value, context), keepsState: try node["state"]?.flag() ?? false)
        case "hang-up":
            try node.expect("hang-up", ["hang-up"])
            guard let span = Span(try value.text()) else { throw value.mistake("a duration, such as 500ms") }
            self = .hangUp(span)
        case "announce":
            try node.expect("announce", ["announce"])
            self = .announce(try Announcement(value))
        case "need":
            try node.expect("need", ["need"])
            self = .need(try value.object())
        case "check":
            try node.expect("check", ["check", "else"])
            self = .check(try value.object().members, otherwise: try node.require("else", of: "check").text())
        default: self = .rows(try RowStep(node, form, context))
        }
    }

    private static func questions(
        _ node: DataNode, _ context: ToolCatalogue.Context
    ) throws(DataMistake) -> [Question] {
        let members = try node.members()
        guard !members.isEmpty else { throw node.mistake("at least one question is needed here") }
        return try members.map { member throws(DataMistake) in
            try member.value.expect("a question", ["method", "params"])
            let method = try member.value.require("method", of: "a question").word(of: methods)
            if let schema = member.value["params"]?["requestedSchema"] { try SchemaTypes.check(schema, context) }
            return Question(key: member.name, method: method, params: member.value["params"]?.json ?? [:])
        }
    }
}

/// Something that all who listen are told.
enum Announcement: Hashable, Sendable {
    static let lists = ["tools", "prompts", "resources"]

    case list(String)
    /// A resource with this URI.
    case resource(String)

    init(_ node: DataNode) throws(DataMistake) {
        if node.json.object != nil {
            try node.expect("announce", ["updated"])
            self = .resource(try node.require("updated", of: "announce").text())
        } else {
            self = .list(try node.word(of: Self.lists))
        }
    }

    /// Whether a filter of `subscriptions/listen` asks for it.
    func isWanted(by filter: JSONObject) -> Bool {
        switch self {
        case .list(let name): filter["\(name)ListChanged"]?.bool == true
        case .resource(let uri): (filter["resourceSubscriptions"]?.strings ?? []).contains(uri)
        }
    }

    var method: String {
        switch self {
        case .list(let name): "notifications/\(name)/list_changed"
        case .resource: "notifications/resources/updated"
        }
    }

    var params: JSONObject {
        switch self {
        case .list: [:]
        case .resource(let uri): ["uri": .string(uri)]
        }
    }
}
