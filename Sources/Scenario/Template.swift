package import Kernel

/// What `${…}` stands for while a scenario runs.
package struct Variables: Sendable {
    package private(set) var values: JSONObject

    package init(_ values: JSONObject = [:]) { self.values = values }

    package subscript(_ name: String) -> JSONValue? {
        get { values[name] }
        set { values[name] = newValue }
    }
}

/// A value in which `${variable}` may stand. A text that is one template and nothing else keeps the type of what it
/// names; inside a longer text it becomes text. `$${` is a plain `${`.
package struct Template: Sendable {
    package let node: DocumentNode

    /// Reports each `${…}` that is not a path.
    package init(_ node: DocumentNode, _ reading: inout Reading) {
        self.node = node
        for hole in Self.holes(in: node) {
            if case .failure(let failure) = hole.path {
                reading.report(hole.place, "this is no variable: \(failure.reason)")
            }
        }
    }

    package var place: Place { node.place }

    package func value(_ variables: Variables) throws(Diagnostic) -> JSONValue {
        try Self.render(node, variables)
    }

    /// The value as text: numbers and flags as JSON writes them.
    package func text(_ variables: Variables) throws(Diagnostic) -> String {
        let value = try value(variables)
        return value.string ?? value.text
    }

    private static func render(_ node: DocumentNode, _ variables: Variables) throws(Diagnostic) -> JSONValue {
        switch node.content {
        case .scalar(let text, _):
            return text.utf8.contains(UInt8(ascii: "$")) ? try fill(text, node, variables) : node.json
        case .sequence(let items):
            var result: [JSONValue] = []
            for item in items { result.append(try render(item, variables)) }
            return .array(result)
        case .mapping(let members):
            var result = JSONObject()
            for member in members {
                let name = try fill(member.name, member.key, variables)
                result.append(name.string ?? name.text, try render(member.value, variables))
            }
            return .object(result)
        }
    }

    private static func fill(_ text: String, _ node: DocumentNode, _ variables: Variables) throws(Diagnostic)
        -> JSONValue
    {
        let parts = Self.parts(of: text)
        if parts.count == 1, case .hole(let path) = parts[0] { return try lookUp(path, node, variables) }
        var result = ""
        for part in parts {
            switch part {
            case .text(let text): result += text
            case .hole(let path):
                let value = try lookUp(path, node, variables)
                result += value.string ?? value.text
            }
        }
        return .string(result)
    }

    private static func lookUp(_ path: String, _ node: DocumentNode, _ variables: Variables) throws(Diagnostic)
        -> JSONValue
    {
        let expression: PathExpression
        do throws(PathExpression.Failure) {
            expression = try PathExpression(path)
        } catch {
            throw Diagnostic(node.place, "this is no variable: \(error.reason)")
        }
        let root = JSONValue.object(variables.values)
        if let value = expression.value(in: root) { return value }
        guard variables[expression.root] != nil else {
            throw Diagnostic(
                node.place, "there is no variable \"\(expression.root)\"",
                hint: Suggestion.hint(for: expression.root, among: variables.values.names))
        }
        throw Diagnostic(
            node.place, "there is nothing at \"\(path)\"", hint: expression.explanation(in: root))
    }
}

extension Template {
    enum Part {
        case text(String)
        case hole(String)
    }

    /// Where a variable is named.
    package struct Hole: Sendable {
        package let path: Result<PathExpression, PathExpression.Failure>
        package let place: Place
    }

    static func parts(of text: String) -> [Part] {
        var parts: [Part] = []
        var plain = ""
        var rest = text[...]
        while let dollar = rest.firstIndex(of: "$") {
            plain += rest[..<dollar]
            rest = rest[dollar...]
            if rest.hasPrefix("$${") {
                plain += "${"
                rest = rest.dropFirst(3)
            } else if rest.hasPrefix("${"), let end = rest.firstIndex(of: "}") {
                if !plain.isEmpty { parts.append(.text(plain)) }
                plain = ""
                parts.append(.hole(String(rest[rest.index(rest.startIndex, offsetBy: 2)..<end])))
                rest = rest[rest.index(after: end)...]
            } else {
                plain += "$"
                rest = rest.dropFirst()
            }
        }
        plain += rest
        if !plain.isEmpty || parts.isEmpty { parts.append(.text(plain)) }
        return parts
    }

    /// Every variable that a node names, in the order of the file.
    package static func holes(in node: DocumentNode) -> [Hole] {
        switch node.content {
        case .scalar(let text, _):
            guard text.utf8.contains(UInt8(ascii: "$")) else { return [] }
            return parts(of: text).compactMap { part in
                guard case .hole(let path) = part else { return nil }
                return Hole(path: parsed(path), place: node.place)
            }
        case .sequence(let items): return items.flatMap { holes(in: $0) }
        case .mapping(let members): return members.flatMap { holes(in: $0.key) + holes(in: $0.value) }
        }
    }

    private static func parsed(_ text: String) -> Result<PathExpression, PathExpression.Failure> {
        do throws(PathExpression.Failure) {
            return .success(try PathExpression(text))
        } catch {
            return .failure(error)
        }
    }
}
