import Kernel

/// A number that a predicate speaks of where no other value ever stands: how often something was, the status of an
/// answer.
package struct Quantity: Sendable {
    private let name: String
    private let range: ClosedRange<Double>
    /// Which numbers there are, in words.
    private let told: String
    /// Whether there is one whatever happened.
    private let isAlwaysThere: Bool

    /// How many there are of something, or how often it was.
    package static func count(_ name: String) -> Quantity {
        Quantity(
            name: name, range: 0...Double.greatestFiniteMagnitude, told: "it is a whole number from 0 up",
            isAlwaysThere: true)
    }

    /// The status of an HTTP answer (RFC 9110 section 15).
    package static let status = Quantity(
        name: "status", range: 100...599, told: "it is a whole number from 100 to 599", isAlwaysThere: false)

    /// Reports tests of which none is ever true, or each one always is.
    func expectSense(_ predicate: Predicate, _ reading: inout Reading) {
        for test in predicate.tests {
            switch test {
            case .equals(let template), .contains(let template), .like(let template):
                expect(template.node, &reading)
            case .oneOf(let template): for item in template.node.items ?? [] { expect(item, &reading) }
            case .compare(let comparison, let template):
                expectNumber(template.node, &reading)
                guard predicate.tests.count == 1, let bound = template.node.json.double else { continue }
                expectSome(comparison, bound, template.node, &reading)
            case .range(let template): for item in template.node.items ?? [] { expectNumber(item, &reading) }
            case .not(let inner): expectSense(inner, &reading)
            case .absent where isAlwaysThere: reading.report(predicate.place, "\(name) is always there")
            case .type(let type) where type != "number" && type != "integer":
                reading.report(predicate.place, "\(name) is a number, and never of type \(type)")
            case .startsWith, .endsWith, .length, .count, .each, .some, .at:
                reading.report(
                    predicate.place, "\(name) is a number: it has no text, no items and no members",
                    hint: "say range: [1, 5], at-least: 1, one-of: [1, 2] or matches: \"^1\"")
            default: break
            }
        }
    }

    private func expectNumber(_ node: DocumentNode, _ reading: inout Reading) {
        guard !node.namesAVariable, node.json.double == nil else { return }
        reading.report(node.place, "\(name) is a number, and this is \(node.typeName)", hint: hint(for: node))
    }

    /// A number in quotes is a text, and `4xx` is how people call a range.
    private func hint(for node: DocumentNode) -> String? {
        guard let text = node.scalarText else { return nil }
        if Double(text) != nil { return "without quotes it is one" }
        guard text.utf8.count == 3, text.lowercased().hasSuffix("xx"), let first = text.first, first.isNumber else {
            return nil
        }
        return "range: [\(first)00, \(first)99]"
    }

    private func expect(_ node: DocumentNode, _ reading: inout Reading) {
        expectNumber(node, &reading)
        guard !node.namesAVariable, let number = node.json.double, !isOne(number) else { return }
        reading.report(node.place, "\(name) is never \(node.scalarText ?? "")", hint: told)
    }

    private func isOne(_ number: Double) -> Bool { range.contains(number) && number.rounded() == number }

    /// Reports a bound beyond all such numbers, or one that none of them is beyond.
    private func expectSome(
        _ comparison: Predicate.Comparison, _ bound: Double, _ node: DocumentNode, _ reading: inout Reading
    ) {
        let (least, most) = (range.lowerBound, range.upperBound)
        let (isAlways, isNever) =
            switch comparison {
            case .greater: (bound < least, bound >= most)
            case .atLeast: (bound <= least, bound > most)
            case .less: (bound > most, bound <= least)
            case .atMost: (bound >= most, bound < least)
            }
        guard isAlways || isNever else { return }
        let told = "\(name) is \(isAlways ? "always" : "never") \(comparison.rawValue) \(node.scalarText ?? "")"
        reading.report(node.place, told, hint: self.told)
    }

    /// - Throws: `Diagnostic` for a value of a variable that is no such number.
    func expectOne(_ value: JSONValue, from template: Template) throws(Diagnostic) {
        guard let number = try number(value, from: template), !isOne(number) else { return }
        throw Diagnostic(template.place, "\(name) is never \(value.text)", hint: told)
    }

    /// - Throws: `Diagnostic` for a bound of a variable that all such numbers are on one side of.
    func expectBound(_ value: JSONValue, from template: Template) throws(Diagnostic) {
        guard let number = try number(value, from: template), !range.contains(number) else { return }
        throw Diagnostic(template.place, "\(name) is never near \(value.text)", hint: told)
    }

    /// What a variable gives; nil for what stands in the file, which was looked at when it was read.
    private func number(_ value: JSONValue, from template: Template) throws(Diagnostic) -> Double? {
        guard !template.isConstant else { return nil }
        if let number = value.double { return number }
        throw Diagnostic(template.place, "\(name) is a number, and this is \(value.text)")
    }
}
