package import Kernel

/// The functions of a lab, by name.
package struct FunctionCatalogue: Sendable {
    struct Function: Sendable {
        let behaviour: Behaviour
        /// Whether whoever signs may invoke it.
        let isInvocable: Bool
    }

    enum Behaviour: Sendable {
        /// The first case that matches answers.
        case cases([Case])
        case command([String])
    }

    struct Case: Sendable {
        let conditions: [JSONObject.Member]
        let outcome: Outcome

        func matches(_ facts: ValueTemplate) -> Bool {
            conditions.allSatisfy { facts.holds($0.value, at: $0.name) }
        }
    }

    enum Outcome: Sendable {
        case returns(JSONValue)
        case fails(String)
    }

    private let functions: [String: Function]

    package static let none = FunctionCatalogue()
    private init() { functions = [:] }

    /// `functions: {name: {about, cases: [{when: {path: condition}, returns: value} or {fails: text}]}}`; in place of
    /// `cases` a `command`, or the members of a single case; `invocable: false` for one the role may not invoke.
    package init(json: JSONValue) throws { try self.init(DataNode(json)) }

    private init(_ node: DataNode) throws(DataMistake) {
        try node.expect("a file of functions", ["functions"])
        var functions: [String: Function] = [:]
        for (name, node) in try node["functions"]?.members() ?? [] {
            functions[name] = Function(
                behaviour: try Self.behaviour(node), isInvocable: try node["invocable"]?.flag() ?? true)
        }
        self.functions = functions
    }

    private static let common = ["about", "invocable"]

    private static func behaviour(_ node: DataNode) throws(DataMistake) -> Behaviour {
        if let command = node["command"] {
            try node.expect("a function with a command", common + ["command"])
            let words = try command.texts()
            guard !words.isEmpty else { throw command.mistake("a command needs at least one word") }
            return .command(words)
        }
        guard let cases = node["cases"] else {
            try node.expect("a function", common + ["command", "cases"] + Case.members)
            return .cases([try Case(node)])
        }
        try node.expect("a function with cases", common + ["cases"])
        var read: [Case] = []
        for item in try cases.items() {
            try item.expect("a case", Case.members)
            read.append(try Case(item))
        }
        return .cases(read)
    }

    func function(_ name: String) -> Function? { functions[name] }
}

extension FunctionCatalogue.Case {
    fileprivate static let members = ["when", "returns", "fails"]

    fileprivate init(_ node: DataNode) throws(DataMistake) {
        let conditions = try node["when"]?.object().members ?? []
        if let text = try node["fails"]?.text() {
            self.init(conditions: conditions, outcome: .fails(text))
        } else if let value = node.json["returns"] {
            self.init(conditions: conditions, outcome: .returns(value))
        } else {
            throw node.mistake("a case needs returns or fails")
        }
    }
}
