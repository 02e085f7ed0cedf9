import Kernel

extension Tool {
    /// The first thing wrong with the arguments, in the original's words; nil if nothing is.
    func problem(with arguments: JSONObject) -> String? {
        for parameter in parameters {
            guard let value = arguments[parameter.name] else {
                if parameter.isRequired { return parameter.missing }
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

    fileprivate var missing: String { "missing required parameter: \(name)" }

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
