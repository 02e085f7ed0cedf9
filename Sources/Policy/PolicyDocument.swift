// IAM policies: reads the documents and decides. It stores nothing, asks nobody and knows no service's operations.

package import Kernel

/// An identity-based policy (AWS IAM user guide, "IAM JSON policy element reference").
package struct PolicyDocument: Sendable, Hashable {
    package struct Mistake: Error, Sendable, Hashable, CustomStringConvertible {
        package let description: String
        init(_ description: String) { self.description = description }
    }

    struct Statement: Sendable, Hashable {
        let allows: Bool
        let actions: [String]
        /// `NotAction`: every action but these.
        let isActionNegated: Bool
        let resources: [String]
        let isResourceNegated: Bool
        let conditions: [Condition]
    }

    struct Condition: Sendable, Hashable {
        let test: ConditionOperator
        let key: String
        let values: [String]
    }

    let statements: [Statement]

    /// - Throws: `Mistake` for what IAM would answer with `MalformedPolicyDocument`.
    package init(json: JSONValue) throws(Mistake) {
        guard json.object != nil else { throw Mistake("a policy must be an object, this is \(json.typeName)") }
        guard let given = json["Statement"] else { throw Mistake("a policy needs Statement") }
        var statements: [Statement] = []
        for item in given.array ?? [given] { statements.append(try Self.statement(item)) }
        self.statements = statements
    }

    private static func statement(_ json: JSONValue) throws(Mistake) -> Statement {
        let allows: Bool
        switch json["Effect"]?.string {
        case "Allow": allows = true
        case "Deny": allows = false
        default: throw Mistake("Effect must be Allow or Deny")
        }
        let (actions, isActionNegated) = try texts("Action", json)
        let (resources, isResourceNegated) = try texts("Resource", json)
        var conditions: [Condition] = []
        for test in json["Condition"]?.object?.members ?? [] {
            guard let read = ConditionOperator(test.name) else {
                throw Mistake("Condition operator \(test.name) is not supported")
            }
            for member in test.value.object?.members ?? [] {
                let values = (member.value.array ?? [member.value]).map { $0.string ?? $0.text }
                conditions.append(Condition(test: read, key: member.name.lowercased(), values: values))
            }
        }
        return Statement(
            allows: allows, actions: actions, isActionNegated: isActionNegated, resources: resources,
            isResourceNegated: isResourceNegated, conditions: conditions)
    }

    private static func texts(_ name: String, _ json: JSONValue) throws(Mistake) -> ([String], Bool) {
        let isNegated = json["Not\(name)"] != nil
        guard let value = json[isNegated ? "Not\(name)" : name] else { throw Mistake("a statement needs \(name)") }
        if let text = value.string { return ([text], isNegated) }
        guard let texts = value.strings, !texts.isEmpty else {
            throw Mistake("\(name) must be a text or a list of texts")
        }
        return (texts, isNegated)
    }
}

/// What a principal wants to do.
package struct AccessRequest: Sendable, Hashable {
    /// `bedrock-agentcore:CreateGateway`.
    package let action: String
    package let resource: String
    /// Condition keys in lower case: `aws:calledvia`.
    package let context: [String: [String]]
    package init(action: String, resource: String, context: [String: [String]] = [:]) {
        self.action = action
        self.resource = resource
        self.context = context
    }
}

package enum Decision: Sendable, Hashable {
    case allowed
    /// No statement allows it.
    case implicitlyDenied
    case explicitlyDenied
}

extension PolicyDocument {
    /// An explicit deny wins over every allow; without an allow nothing is allowed (AWS IAM user guide, "Policy
    /// evaluation logic").
    package static func decide(_ request: AccessRequest, by policies: [PolicyDocument]) -> Decision {
        var isAllowed = false
        for statement in policies.flatMap(\.statements) where statement.covers(request) {
            if !statement.allows { return .explicitlyDenied }
            isAllowed = true
        }
        return isAllowed ? .allowed : .implicitlyDenied
    }
}

extension PolicyDocument.Statement {
    func covers(_ request: AccessRequest) -> Bool {
        // Actions are compared without case, ARNs with it.
        let action = request.action.lowercased()
        guard actions.contains(where: { wildcard($0.lowercased(), matches: action) }) != isActionNegated,
            resources.contains(where: { wildcard($0, matches: request.resource) }) != isResourceNegated
        else { return false }
        return conditions.allSatisfy { $0.holds(in: request.context) }
    }
}

/// `*` stands for any characters, `?` for one.
func wildcard(_ pattern: String, matches text: String) -> Bool {
    let (pattern, text) = (Array(pattern.utf8), Array(text.utf8))
    var (place, spot) = (0, 0)
    var star: (place: Int, spot: Int)?
    while spot < text.count {
        if place < pattern.count, pattern[place] == UInt8(ascii: "*") {
            star = (place, spot)
            place += 1
        } else if place < pattern.count, pattern[place] == UInt8(ascii: "?") || pattern[place] == text[spot] {
            place += 1
            spot += 1
        } else if let last = star {
            place = last.place + 1
            spot = last.spot + 1
            star = (last.place, spot)
        } else {
            return false
        }
    }
    return pattern[place...].allSatisfy { $0 == UInt8(ascii: "*") }
}
