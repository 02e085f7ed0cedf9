import Kernel
import Scenario

/// Where a template goes: what its pseudo parameters say.
package struct Destination: Sendable {
    package let stack: String
    package let account: String
    package let region: String
    /// Values of the template's parameters that the caller gave.
    package let given: [String: String]
    /// The stack's own id, unguessable on AWS.
    package let id: String

    package init(stack: String, account: String, region: String, given: [String: String] = [:], id: String) {
        self.stack = stack
        self.account = account
        self.region = region
        self.given = given
        self.id = id
    }

    var stackID: String { "arn:aws:cloudformation:\(region):\(account):stack/\(stack)/\(id)" }

    /// AWS CloudFormation user guide, "Pseudo parameters reference".
    var pseudo: [String: JSONValue] {
        [
            "AWS::AccountId": .string(account), "AWS::Region": .string(region), "AWS::Partition": "aws",
            "AWS::StackName": .string(stack), "AWS::StackId": .string(stackID), "AWS::URLSuffix": "amazonaws.com",
            "AWS::NotificationARNs": [],
        ]
    }
}

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
