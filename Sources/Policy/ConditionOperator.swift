import Kernel

/// One test of a `Condition` block (AWS IAM user guide, "IAM JSON policy elements: Condition operators").
struct ConditionOperator: Sendable, Hashable {
    enum Test: String, Sendable {
        case stringEquals = "StringEquals"
        case stringNotEquals = "StringNotEquals"
        case stringEqualsIgnoreCase = "StringEqualsIgnoreCase"
        case stringLike = "StringLike"
        case stringNotLike = "StringNotLike"
        case arnEquals = "ArnEquals"
        case arnLike = "ArnLike"
        case arnNotEquals = "ArnNotEquals"
        case arnNotLike = "ArnNotLike"
        case bool = "Bool"
        case null = "Null"

        var isNegated: Bool {
            switch self {
            case .stringNotEquals, .stringNotLike, .arnNotEquals, .arnNotLike: true
            default: false
            }
        }
    }

    enum Quantifier: String, Sendable {
        case anyValue = "ForAnyValue"
        case allValues = "ForAllValues"
    }

    let test: Test
    let quantifier: Quantifier?
    let ifExists: Bool

    init?(_ text: String) {
        var name = text[...]
        var quantifier: Quantifier?
        if let colon = text.place(of: ":") {
            guard let read = Quantifier(rawValue: String(text[..<colon])) else { return nil }
            quantifier = read
            name = text[text.index(after: colon)...]
        }
        ifExists = name.hasSuffix("IfExists")
        if ifExists { name = name.dropLast("IfExists".count) }
        guard let test = Test(rawValue: String(name)) else { return nil }
        self.test = test
        self.quantifier = quantifier
    }

    func matches(_ value: String, _ wanted: [String]) -> Bool {
        let isFound = wanted.contains { pattern in
            switch test {
            case .stringEquals, .stringNotEquals: pattern == value
            case .stringEqualsIgnoreCase, .bool: pattern.lowercased() == value.lowercased()
            default: wildcard(pattern, matches: value)
            }
        }
        return isFound != test.isNegated
    }
}

extension PolicyDocument.Condition {
    func holds(in context: [String: [String]]) -> Bool {
        let found = context[key] ?? []
        if test.test == .null { return values.contains(found.isEmpty ? "true" : "false") }
        if found.isEmpty { return test.ifExists || test.quantifier == .allValues || test.test.isNegated }
        switch test.quantifier {
        case .allValues: return found.allSatisfy { test.matches($0, values) }
        case .anyValue: return found.contains { test.matches($0, values) }
        case nil: return found.first.map { test.matches($0, values) } ?? false
        }
    }
}
