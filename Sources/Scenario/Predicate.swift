import Kernel

/// What a value must be: a literal that it equals, `absent`, `present`, or a mapping of tests that all hold.
package struct Predicate: Sendable {
    package let place: Place
    private(set) var tests: [Test]
    /// The number that it speaks of, where no other value ever stands.
    private(set) var quantity: Quantity?

    enum Test: Sendable {
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

    enum Comparison: String {
        case greater = "greater than"
        case less = "less than"
        case atLeast = "at least"
        case atMost = "at most"
    }

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

    /// A predicate of a number, such as how often something is: reports what no such number is ever like, and what each
    /// of them is.
    package init(of quantity: Quantity, _ node: DocumentNode, _ reading: inout Reading) {
        self.init(node, &reading)
        self.quantity = quantity
        for index in tests.indices {
            guard case .not(let inner) = tests[index] else { continue }
            tests[index] = .not(Predicate(inner, of: quantity))
        }
        quantity.expectSense(self, &reading)
    }

    private init(_ inner: Predicate, of quantity: Quantity) {
        self = inner
        self.quantity = quantity
        for index in tests.indices {
            guard case .not(let inner) = tests[index] else { continue }
            tests[index] = .not(Predicate(inner, of: quantity))
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
        case "length": return .length(Predicate(of: .count("length"), node, &reading))
        case "one-of":
            if node.items == nil { reading.report(node.place, "one-of must be a list, this is \(node.typeName)") }
            if node.items?.isEmpty == true { reading.report(node.place, "nothing is one of none: it never holds") }
            return .oneOf(Template(node, &reading))
        case "greater-than": return comparison(.greater, node, &reading)
        case "less-than": return comparison(.less, node, &reading)
        case "at-least": return comparison(.atLeast, node, &reading)
        case "at-most": return comparison(.atMost, node, &reading)
        case "range": return range(node, &reading)
        case "count": return .count(Predicate(of: .count("count"), node, &reading))
        case "each": return .each(Predicate(node, &reading))
        case "some": return .some(Predicate(node, &reading))
        case "at": return at(node, &reading)
        case "schema":
            let template = Template(node, &reading)
            if template.isConstant {
                for mistake in JSONSchema(node.json).mistakes {
                    reading.report(node.place, "no JSON Schema: \(mistake)")
                }
                if JSONSchema(node.json).isOpen {
                    reading.report(node.place, "a schema that asks for nothing: it holds of every value")
                }
            }
            return .schema(template)
        case "like": return .like(Template(node, &reading))
        case "absent": return node.flag(&reading, as: "absent").map { .absent($0) }
        case "present": return node.flag(&reading, as: "present").map { .absent(!$0) }
        default: return nil
        }
    }

    private static func comparison(
        _ comparison: Comparison, _ node: DocumentNode, _ reading: inout Reading
    ) -> Test {
        expectBound(node, &reading)
        return .compare(comparison, Template(node, &reading))
    }

    /// Reports what no value is above or below.
    private static func expectBound(_ node: DocumentNode, _ reading: inout Reading) {
        guard node.json.double == nil, node.json.string == nil else { return }
        reading.report(node.place, "nothing is above or below \(node.typeName): it is a number or a text")
    }

    private static func range(_ node: DocumentNode, _ reading: inout Reading) -> Test {
        guard let items = node.items, items.count == 2 else {
            let told = node.items == nil ? "range must be a list of two, this is \(node.typeName)" : twoEnds
            reading.report(node.place, told)
            return .range(Template(node, &reading))
        }
        for item in items { expectBound(item, &reading) }
        let isOpen = items.contains(where: \.namesAVariable)
        if !isOpen, holds(.greater, items[0].json, items[1].json) {
            reading.report(
                node.place, "no value is in a range that ends before it begins",
                hint: "[\(items[1].json.text), \(items[0].json.text)]")
        }
        return .range(Template(node, &reading))
    }
    static let twoEnds = "a range has two ends, such as [1, 5]"

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
}
