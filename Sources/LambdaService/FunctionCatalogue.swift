package import Kernel

/// The functions of a lab, by name.
package struct FunctionCatalogue: Sendable {
    /// A file cannot be used.
    package struct Mistake: Error, Sendable, CustomStringConvertible {
        package let description: String
        init(_ description: String) { self.description = description }
    }

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
    /// `cases` a `command`, or `returns` alone; `invocable: false` for one the role may not invoke.
    package init(json: JSONValue) throws {
        var functions: [String: Function] = [:]
        for member in json["functions"]?.object?.members ?? [] {
            functions[member.name] = Function(
                behaviour: try Self.behaviour(member.value, member.name),
                isInvocable: member.value["invocable"]?.bool ?? true)
        }
        self.functions = functions
    }

    private static func behaviour(_ json: JSONValue, _ name: String) throws(Mistake) -> Behaviour {
        if let command = json["command"] {
            guard let words = command.strings, !words.isEmpty else {
                throw Mistake("function \(name): command must be a list of words")
            }
            return .command(words)
        }
        guard let cases = json["cases"]?.array else { return .cases([try oneCase(json, name)]) }
        var read: [Case] = []
        for item in cases { read.append(try oneCase(item, name)) }
        return .cases(read)
    }

    private static func oneCase(_ json: JSONValue, _ name: String) throws(Mistake) -> Case {
        let conditions = json["when"]?.object?.members ?? []
        if let text = json["fails"]?.string { return Case(conditions: conditions, outcome: .fails(text)) }
        guard let value = json["returns"] else {
            throw Mistake("function \(name): a case needs returns or fails")
        }
        return Case(conditions: conditions, outcome: .returns(value))
    }

    func function(_ name: String) -> Function? { functions[name] }

    /// The bare name of what a caller wrote: a name, an ARN, either with a qualifier.
    static func name(of text: String) -> String {
        let parts = text.split(separator: ":").map(String.init)
        guard parts.first == "arn" else { return parts.first ?? text }
        return parts.count > 6 ? parts[6] : text
    }
}
