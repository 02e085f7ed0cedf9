import Kernel
import MCPCore

extension MCPServer {
    /// `tools/list`, a page at a time. The cursor is the name the last page ended with.
    func toolList(_ params: JSONObject) throws(JSONRPCError) -> JSONValue {
        var start = 0
        if let given = params["cursor"], !given.isNull {
            guard let cursor = given.string, let bytes = Base64.decode(cursor),
                let place = catalogue.tools.firstIndex(where: { Array($0.name.utf8) == bytes })
            else { throw ToolMessage.invalidCursor }
            start = place + 1
        }
        let page = catalogue.tools.dropFirst(start).prefix(catalogue.pageSize)
        var result: JSONObject = ["tools": .array(page.map(\.definition))]
        if let last = page.last, start + page.count < catalogue.tools.count {
            result.append("nextCursor", .string(Base64.encode(Array(last.name.utf8))))
        }
        return .object(result)
    }

    /// The tool a `tools/call` names; nil where it names none that exists.
    func calledTool(_ params: JSONObject) -> Tool? { params["name"]?.string.flatMap { catalogue.tool($0) } }

    /// `tools/call`. What is wrong with the arguments is the tool's to say: a result, not an error (SEP-1303).
    func toolCall(_ params: JSONObject, _ token: KnownToken) throws(JSONRPCError) -> JSONValue {
        guard let name = params["name"]?.string else {
            throw JSONRPCError.invalidParams("Invalid params: no tool name")
        }
        guard let tool = calledTool(params) else { throw ToolMessage.unknownTool(name) }
        let given = params["arguments"] ?? .null
        guard given.isNull || given.object != nil else {
            throw JSONRPCError.invalidParams("Invalid params: arguments is no object")
        }
        let arguments = given.object ?? [:]
        if let problem = tool.problem(with: arguments) { return ToolMessage.text(problem, isError: true) }
        guard let answer = tool.answers.first(where: { $0.fits(arguments) }) else {
            return ToolMessage.text("there is no canned answer for these arguments", isError: true)
        }
        let template = AnswerTemplate(facts: [
            "user": token.user, "arguments": .object(arguments),
            "github": .string(world.addresses.origin(of: .github)),
        ])
        switch answer.result {
        case .json(let json): return ToolMessage.text((template.filled(json) ?? .null).text)
        case .content(let content): return ["content": template.filled(content) ?? [], "isError": false]
        case .error(let text): return ToolMessage.text(template.text(text), isError: true)
        }
    }
}

extension Tool {
    /// The first thing wrong with the arguments, in the original's words; nil if nothing is.
    func problem(with arguments: JSONObject) -> String? {
        for parameter in parameters {
            guard let value = arguments[parameter.name] else {
                if parameter.isRequired { return "missing required parameter: \(parameter.name)" }
                continue
            }
            if let problem = parameter.problem(with: value) { return problem }
        }
        return nil
    }
}

extension Tool.Parameter {
    /// `github-mcp-argument-errors`: an empty or zero required value counts as missing; numbers may come as text.
    func problem(with value: JSONValue) -> String? {
        switch type {
        case "string":
            guard let text = value.string else { return wrongType("string", value) }
            return isRequired && text.isEmpty ? missing : nil
        case "number", "integer":
            guard let number = value.double ?? value.string.flatMap({ Double($0) }) else {
                return "parameter \(name) is not a valid number: expected number, got \(Self.goType(value))"
            }
            guard number.isFinite, number == number.rounded(), abs(number) < 1e18 else {
                return "parameter \(name) is not a valid number: non-integer numeric value"
            }
            return isRequired && number == 0 ? missing : nil
        case "boolean": return value.bool == nil ? wrongType("bool", value) : nil
        case "array": return value.array == nil ? wrongType("[]interface {}", value) : nil
        default: return nil
        }
    }

    private var missing: String { "missing required parameter: \(name)" }

    private func wrongType(_ expected: String, _ value: JSONValue) -> String {
        let base = "parameter \(name) is not of type \(expected)"
        return isRequired ? base : "\(base), is \(Self.goType(value))"
    }

    /// What the original, written in Go, calls a JSON value.
    private static func goType(_ value: JSONValue) -> String {
        switch value {
        case .null: "<nil>"
        case .bool: "bool"
        case .int, .double: "float64"
        case .string: "string"
        case .array: "[]interface {}"
        case .object: "map[string]interface {}"
        }
    }
}
