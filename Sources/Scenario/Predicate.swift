package import Kernel

/// What a value must be: a literal that it equals, `absent`, `present`, or a mapping of tests that all hold.
package struct Predicate: Sendable {
    package let place: Place
    private let tests: [Test]

    private enum Test: Sendable {
        case equals(Template)
        case not(Predicate)
        case matches(Template)
        case contains(Template)
        case startsWith(Template)
        case endsWith(Template)
        case type(String)
        case length(Predicate)
        case oneOf(Template)
        case compare(Comparison, Template)
        case range(Template)
        case count(Predicate)
        case each(Predicate)
        case some(Predicate)
        case at([(path: PathTemplate, predicate: Predicate)])
        case schema(Template)
        case like(Template)
        case absent(Bool)
    }

    private enum Comparison: String {
        case greater = "greater than"
        case less = "less than"
        case atLeast = "at least"
        case atMost = "at most"
    }

    package static let names = [
        "equals", "not", "matches", "contains", "starts-with", "ends-with", "type", "length", "one-of",
        "greater-than", "less-than", "at-least", "at-most", "range", "count", "each", "some", "at", "schema", "like",
        "absent", "present",
    ]
    package static let types = ["null", "boolean", "number", "integer", "string", "array", "object"]

    package init(_ node: DocumentNode, _ reading: inout Reading) {
        place = node.place
        reading.expectWholeNumbers(node)
        if node.isWord("absent") {
            tests = [.absent(true)]
        } else if node.isWord("present") {
            tests = [.absent(false)]
        } else if node.isMapping {
            // A mapping is always one of tests: a slip in a test's name is no object to compare with.
            Self.expectTests(node, &reading)
            if node.members.isEmpty { reading.report(node.place, "an expectation without a test", hint: "equals: {}") }
            tests = node.members.compactMap { Self.test($0, &reading) }
        } else {
            tests = [.equals(Template(node, &reading))]
        }
    }

    /// Reports names that no test has. What looks like a member of the value is looked for with `at`.
    private static func expectTests(_ node: DocumentNode, _ reading: inout Reading) {
        for member in node.members where !names.contains(member.name) {
            let near = Suggestion.nearest(to: member.name, among: names).map { "did you mean \"\($0)\"?" }
            reading.report(
                member.key.place, "an expectation has no member \"\(member.name)\"",
                hint: near ?? "for a member of the value: at: {\(member.name): …}")
        }
    }

    /// Whether it says only how many there are: then the whole list is not worth showing.
    var isOfSize: Bool {
        tests.allSatisfy { test in
            switch test {
            case .count, .length: true
            default: false
            }
        }
    }

    /// The texts of the file that a value is held against as a whole.
    package var words: [(text: String, place: Place)] {
        tests.flatMap { test -> [(String, Place)] in
            switch test {
            case .equals(let template): template.node.scalarText.map { [($0, template.place)] } ?? []
            case .oneOf(let template):
                (template.node.items ?? []).compactMap { item in item.scalarText.map { ($0, item.place) } }
            case .not(let predicate): predicate.words
            default: []
            }
        }
    }

    /// A predicate of how many something is: reports what no number is ever like.
    package init(ofCount node: DocumentNode, as what: String, _ reading: inout Reading) {
        self.init(node, &reading)
        expectNumbers(as: what, &reading)
    }

    private func expectNumbers(as what: String, _ reading: inout Reading) {
        func expect(_ node: DocumentNode, isSize: Bool = true) {
            guard !node.namesAVariable else { return }
            guard let number = node.json.double else {
                return reading.report(node.place, "\(what) is a number, and this is \(node.typeName)")
            }
            guard isSize, number < 0 || number.rounded() != number else { return }
            let told = "\(what) is never \(node.scalarText ?? "")"
            reading.report(node.place, told, hint: "it is a whole number from 0 up")
        }
        for test in tests {
            switch test {
            case .equals(let template): expect(template.node)
            case .compare(_, let template): expect(template.node, isSize: false)
            case .range(let template): for item in template.node.items ?? [] { expect(item, isSize: false) }
            case .oneOf(let template): for item in template.node.items ?? [] { expect(item) }
            case .not(let predicate): predicate.expectNumbers(as: what, &reading)
            default: break
            }
        }
    }

    private static func test(_ member: DocumentNode.Member, _ reading: inout Reading) -> Test? {
        let node = member.value
        switch member.name {
        case "equals": return .equals(Template(node, &reading))
        case "not": return .not(Predicate(node, &reading))
        case "matches":
            if let pattern = node.text(&reading, as: "a pattern"), !pattern.contains("${"), !isPattern(pattern) {
                reading.report(node.place, "this is no regular expression")
            }
            if isEmpty(node) { reading.report(node.place, "any text matches nothing: it holds of every text") }
            return .matches(Template(node, &reading))
        case "contains":
            if isEmpty(node) { reading.report(node.place, "anything contains nothing: it holds of every value") }
            return .contains(Template(node, &reading))
        case "starts-with", "ends-with":
            if isEmpty(node) { reading.report(node.place, "any text begins and ends with nothing: it always holds") }
            return member.name == "starts-with"
                ? .startsWith(Template(node, &reading)) : .endsWith(Template(node, &reading))
        case "type":
            guard let name = node.isNothing ? "null" : node.text(&reading, as: "a type") else { return nil }
            reading.expectName(name, of: "type", among: types, at: node.place)
            return .type(name)
        case "length": return .length(Predicate(ofCount: node, as: "length", &reading))
        case "one-of":
            if node.items == nil { reading.report(node.place, "one-of must be a list, this is \(node.typeName)") }
            if node.items?.isEmpty == true { reading.report(node.place, "nothing is one of none: it never holds") }
            return .oneOf(Template(node, &reading))
        case "greater-than": return .compare(.greater, Template(node, &reading))
        case "less-than": return .compare(.less, Template(node, &reading))
        case "at-least": return .compare(.atLeast, Template(node, &reading))
        case "at-most": return .compare(.atMost, Template(node, &reading))
        case "range": return range(node, &reading)
        case "count": return .count(Predicate(ofCount: node, as: "count", &reading))
        case "each": return .each(Predicate(node, &reading))
        case "some": return .some(Predicate(node, &reading))
        case "at": return at(node, &reading)
        case "schema":
            let template = Template(node, &reading)
            if template.isConstant {
                for mistake in JSONSchema(node.json).mistakes {
                    reading.report(node.place, "no JSON Schema: \(mistake)")
                }
            }
            return .schema(template)
        case "like": return .like(Template(node, &reading))
        case "absent": return node.flag(&reading, as: "absent").map { .absent($0) }
        case "present": return node.flag(&reading, as: "present").map { .absent(!$0) }
        default: return nil
        }
    }

    private static func range(_ node: DocumentNode, _ reading: inout Reading) -> Test {
        guard let items = node.items, items.count == 2 else {
            let told = node.items == nil ? "range must be a list of two, this is \(node.typeName)" : twoEnds
            reading.report(node.place, told)
            return .range(Template(node, &reading))
        }
        let isOpen = items.contains(where: \.namesAVariable)
        if !isOpen, holds(.greater, items[0].json, items[1].json) {
            reading.report(
                node.place, "no value is in a range that ends before it begins",
                hint: "[\(items[1].json.text), \(items[0].json.text)]")
        }
        return .range(Template(node, &reading))
    }
    private static let twoEnds = "a range has two ends, such as [1, 5]"

    /// Paths below the value, each with a predicate of its own.
    private static func at(_ node: DocumentNode, _ reading: inout Reading) -> Test? {
        guard node.isMapping else {
            reading.report(node.place, "at must be a mapping of paths, this is \(node.typeName)")
            return nil
        }
        if node.members.isEmpty { reading.report(node.place, "at names no path: it holds of anything") }
        return .at(
            node.members.compactMap { member in
                let predicate = Predicate(member.value, &reading)
                do throws(PathExpression.Failure) {
                    return (try PathTemplate(member.key, member.name, &reading), predicate)
                } catch {
                    reading.report(member.key.place, "this is no path: \(error.reason)")
                    return nil
                }
            })
    }

    /// An empty text, list or mapping.
    private static func isEmpty(_ node: DocumentNode) -> Bool {
        switch node.content {
        case .scalar(let text, let plain): text.isEmpty && !plain
        case .sequence(let items): items.isEmpty
        case .mapping(let members): members.isEmpty
        }
    }

    private static func isPattern(_ text: String) -> Bool { (try? Regex(text)) != nil }

    /// nil if the value is as it must be, else what was expected, in words.
    package func refusal(of value: JSONValue?, _ variables: Variables) throws(Diagnostic) -> String? {
        try judgement(of: value, variables)?.expected
    }

    /// What a test has against a value.
    private struct Refusal {
        let expected: String
        /// Where nothing was there to compare with: what had to be there for `not` to say anything.
        var missing: String?
    }

    /// The first refusal of a value that is there, else the first for want of one.
    private func judgement(of value: JSONValue?, _ variables: Variables) throws(Diagnostic) -> Refusal? {
        var missing: Refusal?
        for test in tests {
            guard let refusal = try Self.judgement(test, value, variables) else { continue }
            if refusal.missing == nil { return refusal }
            if missing == nil { missing = refusal }
        }
        return missing
    }

    private static func judgement(_ test: Test, _ value: JSONValue?, _ variables: Variables) throws(Diagnostic)
        -> Refusal?
    {
        switch test {
        case .not(let predicate):
            guard let refusal = try predicate.judgement(of: value, variables) else {
                return Refusal(expected: "anything but \(value?.text ?? "nothing")")
            }
            // Of nothing every denial is true: it would hold of a path that is misspelt.
            return refusal.missing.map { Refusal(expected: $0, missing: $0) }
        case .at(let lines): return try judgement(lines, value, variables)
        case .each, .some: return try judgementOfItems(test, value, variables)
        case .absent(let wanted):
            return (value == nil) == wanted
                ? nil : Refusal(expected: wanted ? "nothing at all" : "a value, whichever")
        default:
            guard let expected = try refusal(test, value, variables) else { return nil }
            return Refusal(expected: expected, missing: value == nil ? "a value, but not \(expected)" : nil)
        }
    }

    private static func judgement(
        _ lines: [(path: PathTemplate, predicate: Predicate)], _ value: JSONValue?, _ variables: Variables
    ) throws(Diagnostic) -> Refusal? {
        var missing: Refusal?
        for line in lines {
            let path = try line.path.path(variables)
            let found = value.flatMap { path.value(in: $0) }
            guard let refusal = try line.predicate.judgement(of: found, variables) else { continue }
            func told(_ expected: String) -> String { "at \(path): \(expected), not \(found?.text ?? "nothing")" }
            let here = Refusal(expected: told(refusal.expected), missing: refusal.missing.map(told))
            if here.missing == nil { return here }
            if missing == nil { missing = here }
        }
        return missing
    }

    private static func refusal(_ test: Test, _ value: JSONValue?, _ variables: Variables) throws(Diagnostic)
        -> String?
    {
        switch test {
        case .equals(let template):
            let wanted = try template.value(variables)
            return value.map { same($0, wanted) } == true ? nil : wanted.text
        case .matches(let template):
            let pattern = try template.text(variables)
            guard let regex = try? Regex(pattern) else {
                throw Diagnostic(template.place, "this is no regular expression: \(pattern)")
            }
            let hit = value.map { ($0.string ?? $0.text).firstMatch(of: regex) != nil } ?? false
            return hit ? nil : "a match of \(pattern)"
        case .contains(let template):
            let part = try template.value(variables)
            return value?.contains(part) == true ? nil : "something that contains \(part.text)"
        case .startsWith(let template):
            let head = try template.text(variables)
            return value?.string?.hasPrefix(head) == true ? nil : "a text that starts with \(head)"
        case .endsWith(let template):
            let tail = try template.text(variables)
            return value?.string?.hasSuffix(tail) == true ? nil : "a text that ends with \(tail)"
        case .type("integer"): return value?.int == nil ? "a whole number" : nil
        case .type(let name): return value?.typeName == name ? nil : "a value of type \(name)"
        case .length(let predicate):
            guard let length = value?.length else { return "something that has a length" }
            return try predicate.refusal(of: .int(Int64(length)), variables).map { "a length of \($0), not \(length)" }
        default: return try refusalOfMore(test, value, variables)
        }
    }

    private static func refusalOfMore(_ test: Test, _ value: JSONValue?, _ variables: Variables) throws(Diagnostic)
        -> String?
    {
        switch test {
        case .oneOf(let template):
            let choices = try template.value(variables)
            let hit = choices.array?.contains { choice in value.map { same($0, choice) } ?? false } ?? false
            return hit ? nil : "one of \(choices.text)"
        case .compare(let comparison, let template):
            let bound = try template.value(variables)
            return holds(comparison, value, bound) ? nil : "something \(comparison.rawValue) \(bound.text)"
        case .range(let template):
            let ends = try template.value(variables)
            guard let least = ends[0], let most = ends[1] else {
                throw Diagnostic(template.place, twoEnds)
            }
            let isInside = holds(.atLeast, value, least) && holds(.atMost, value, most)
            return isInside ? nil : "something from \(least.text) to \(most.text)"
        case .count(let predicate):
            guard let count = value?.array?.count ?? value?.object?.count else { return "something that has items" }
            return try predicate.refusal(of: .int(Int64(count)), variables).map { "\($0) items, not \(count)" }
        case .schema(let template):
            let schema = JSONSchema(try template.value(variables))
            if !template.isConstant, let mistake = schema.mistakes.first {
                throw Diagnostic(template.place, "no JSON Schema: \(mistake)")
            }
            guard let value else { return "something as the schema says" }
            let wrong = schema.violations(of: value)
            return wrong.isEmpty ? nil : "as the schema says: \(wrong.prefix(8).joined(separator: "; "))"
        case .like(let template):
            guard let value else { return "something alike" }
            let differences = Likeness.differences(try template.value(variables), value)
            return differences.isEmpty ? nil : "alike; it differs at \(differences.joined(separator: "; "))"
        default: return nil
        }
    }

    /// Nothing holds for each item of an empty list: it would have been checked by nobody.
    private static func judgementOfItems(_ test: Test, _ value: JSONValue?, _ variables: Variables) throws(Diagnostic)
        -> Refusal?
    {
        guard let items = value?.array, !items.isEmpty else {
            let expected = "a list with at least one item"
            return Refusal(expected: expected, missing: value == nil ? expected : nil)
        }
        switch test {
        case .each(let predicate):
            var missing: Refusal?
            for (index, item) in items.enumerated() {
                guard let refusal = try predicate.judgement(of: item, variables) else { continue }
                let here = Refusal(
                    expected: "each item to be \(refusal.expected), and [\(index)] is \(item.text)",
                    missing: refusal.missing)
                if here.missing == nil { return here }
                if missing == nil { missing = here }
            }
            return missing
        case .some(let predicate):
            var last: Refusal?
            for item in items {
                guard let refusal = try predicate.judgement(of: item, variables) else { return nil }
                // One item that is there and another is enough for `not`.
                last = Refusal(
                    expected: "some item to be \(refusal.expected)",
                    missing: last.map { $0.missing == nil } == true ? nil : refusal.missing)
            }
            return last
        default: return nil
        }
    }

    /// Numbers by value, two texts (such as two times of one form) by their characters.
    private static func holds(_ comparison: Comparison, _ value: JSONValue?, _ bound: JSONValue) -> Bool {
        guard let order = value?.order(to: bound) else { return false }
        switch comparison {
        case .greater: return order > 0
        case .less: return order < 0
        case .atLeast: return order >= 0
        case .atMost: return order <= 0
        }
    }

    private static func same(_ left: JSONValue, _ right: JSONValue) -> Bool { Likeness.same(left, right) }
}
