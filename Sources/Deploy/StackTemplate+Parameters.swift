import Kernel
import Scenario

extension StackTemplate {
    /// Values of the parameters: given ones, then defaults. A parameter of Systems Manager is its own value: there is
    /// no such store here (AWS CloudFormation user guide, "Parameters").
    func values(
        given: [String: String], _ problems: inout [Diagnostic]
    ) -> [String: JSONValue] {
        for name in given.keys.sorted() where !parameters.contains(where: { $0.name == name }) {
            problems.append(
                Diagnostic(
                    root.place, "the template has no parameter \"\(name)\"",
                    hint: Suggestion.hint(for: name, among: parameters.map(\.name))))
        }
        var values: [String: JSONValue] = [:]
        for parameter in parameters {
            guard let text = given[parameter.name] ?? parameter.node["Default"]?.scalarText else {
                problems.append(
                    Diagnostic(parameter.node.place, "parameter \(parameter.name) has neither a value nor a default"))
                continue
            }
            if let problem = parameter.problem(with: text) {
                problems.append(Diagnostic(parameter.node.place, "parameter \(parameter.name) \(problem)"))
            }
            let isList = parameter.type.range(of: "List<") != nil || parameter.type.hasSuffix("CommaDelimitedList>")
            values[parameter.name] =
                isList || parameter.type == "CommaDelimitedList"
                ? .strings(text.pieces(by: ",", keepingEmpty: true).map { trimmed($0) }) : .string(text)
        }
        return values
    }
}

extension StackTemplate.Parameter {
    func problem(with text: String) -> String? {
        if type == "Number", Double(text) == nil { return "must be a number" }
        if let allowed = node["AllowedValues"]?.items?.compactMap(\.scalarText), !allowed.contains(text) {
            return "must be one of \(allowed.joined(separator: ", "))"
        }
        if let least = bound("MinLength"), Double(text.count) < least { return "is too short" }
        if let most = bound("MaxLength"), Double(text.count) > most { return "is too long" }
        if let least = bound("MinValue"), let number = Double(text), number < least { return "is too small" }
        if let most = bound("MaxValue"), let number = Double(text), number > most { return "is too large" }
        return nil
    }

    private func bound(_ name: String) -> Double? { node[name]?.scalarText.flatMap(Double.init) }
}
