package import Kernel

/// A value that stands in the file, or that a variable gives when it is needed.
package struct Settled<Value: Settleable>: Sendable {
    private enum Code: Sendable {
        case value(Value)
        case template(Template, what: String, backwards: Bool)
    }
    private let code: Code

    package init(_ value: Value) { code = .value(value) }
    fileprivate init(_ template: Template, as what: String, backwards: Bool) {
        code = .template(template, what: what, backwards: backwards)
    }

    /// - Throws: `Diagnostic` where a variable gives something else.
    package func value(_ variables: @autoclosure () -> Variables) throws(Diagnostic) -> Value {
        switch code {
        case .value(let value): return value
        case .template(let template, let what, let backwards):
            let found = try template.value(variables())
            if let value = Value(settled: found) {
                guard value.isBelowNothing, !backwards else { return value }
                throw Diagnostic(template.place, "\(what) is never less than nothing, this is \(found.text)")
            }
            throw Diagnostic(template.place, "\(what) must be \(Value.noun), this is \(found.text)", hint: Value.hint)
        }
    }
}

/// What a file may say at once or leave to a variable.
package protocol Settleable: Sendable {
    static var noun: String { get }
    static var hint: String? { get }
    /// Nil for a value of another kind.
    init?(settled: JSONValue)
    /// Whether it is less than what most places take.
    var isBelowNothing: Bool { get }
}

extension Settleable {
    package var isBelowNothing: Bool { false }
}

extension Span: Settleable {
    package static var noun: String { "a duration" }
    package static var hint: String? { "such as 500ms, 90s, 11m, 2h or 1d" }
    package init?(settled: JSONValue) {
        guard let span = settled.string.flatMap({ Span($0) }) else { return nil }
        self = span
    }
    package var isBelowNothing: Bool { self < .zero }
}

extension Bool: Settleable {
    package static var noun: String { "true or false" }
    package static var hint: String? { nil }
    package init?(settled: JSONValue) {
        // What `--var` gives is a text.
        switch settled {
        case true, "true": self = true
        case false, "false": self = false
        default: return nil
        }
    }
}

extension DocumentNode {
    /// A text with a `${…}` in it, whose type shows only later.
    package var namesAVariable: Bool { scalarText?.contains("${") == true }

    /// A duration; one below nothing is reported unless it may go `backwards`.
    package func settledSpan(
        _ reading: inout Reading, as what: String, backwards: Bool = false
    ) -> Settled<Span>? {
        if namesAVariable { return settled(&reading, as: what, backwards: backwards) }
        guard let span = span(&reading, as: what) else { return nil }
        if span < .zero, !backwards { reading.report(place, "\(what) is never less than nothing") }
        return Settled(span)
    }

    /// A variable; every value that the matrix has for it is looked at.
    private func settled<Value: Settleable>(
        _ reading: inout Reading, as what: String, backwards: Bool = true
    ) -> Settled<Value> {
        if !reading.matrix.isEmpty, let text = scalarText, text.hasPrefix("${"), text.hasSuffix("}") {
            let name = String(text.dropFirst(2).dropLast())
            for node in reading.matrix[name] ?? [] {
                guard let value = Value(settled: node.json) else {
                    reading.report(
                        node.place, "\(name) is given to \(what), which must be \(Value.noun)", hint: Value.hint)
                    continue
                }
                guard value.isBelowNothing, !backwards else { continue }
                reading.report(node.place, "\(name) is given to \(what), which is never less than nothing")
            }
        }
        return Settled(Template(self, &reading), as: what, backwards: backwards)
    }

    package func settledFlag(_ reading: inout Reading, as what: String) -> Settled<Bool>? {
        if namesAVariable { return settled(&reading, as: what) }
        return flag(&reading, as: what).map { Settled($0) }
    }
}
