package import Kernel

/// An `expect:` block: what must stand at which path of a step's outcome.
package struct Expectations: Sendable {
    package struct Line: Sendable {
        package let path: PathExpression
        package let place: Place
        package let predicate: Predicate
    }
    package let lines: [Line]

    /// `roots` are what a path of this step may begin with.
    package init(_ node: DocumentNode?, roots: [String], _ reading: inout Reading) {
        guard let node else {
            lines = []
            return
        }
        guard case .mapping(let members) = node.content else {
            reading.report(node.place, "expect must be a mapping of paths, this is \(node.typeName)")
            lines = []
            return
        }
        var lines: [Line] = []
        for member in members {
            let path = PathExpression.read(member.name, member.key.place, roots: roots, &reading)
            let predicate = Predicate(member.value, &reading)
            if let path { lines.append(Line(path: path, place: member.key.place, predicate: predicate)) }
        }
        self.lines = lines
    }

    package var isEmpty: Bool { lines.isEmpty }

    /// One line that did not hold.
    package struct Miss: Sendable {
        package let path: String
        package let place: Place
        package let expected: String
        package let actual: String
        package let hint: String?

        package init(path: String, place: Place, expected: String, actual: String, hint: String?) {
            self.path = path
            self.place = place
            self.expected = expected
            self.actual = actual
            self.hint = hint
        }
    }

    /// Every line that does not hold, in the order of the file.
    package func misses(in outcome: JSONValue, _ variables: Variables) throws(Diagnostic) -> [Miss] {
        var misses: [Miss] = []
        for line in lines {
            let value = line.path.value(in: outcome)
            guard let expected = try line.predicate.refusal(of: value, variables) else { continue }
            let hint = value == nil ? line.path.explanation(in: outcome) : nil
            misses.append(
                Miss(
                    path: line.path.text, place: line.place, expected: expected,
                    actual: value?.text ?? "nothing", hint: hint))
        }
        return misses
    }
}

/// A `save:` block: which variable takes the value at which path.
package struct Saves: Sendable {
    package let lines: [(name: String, path: PathExpression, place: Place)]

    package init(_ node: DocumentNode?, roots: [String], _ reading: inout Reading) {
        guard let node else {
            lines = []
            return
        }
        guard case .mapping(let members) = node.content else {
            reading.report(node.place, "save must be a mapping of names to paths, this is \(node.typeName)")
            lines = []
            return
        }
        var lines: [(String, PathExpression, Place)] = []
        for member in members {
            reading.expectVariableName(member.name, at: member.key.place)
            guard let text = member.value.text(&reading, as: "a path"),
                let path = PathExpression.read(text, member.value.place, roots: roots, &reading)
            else { continue }
            lines.append((member.name, path, member.value.place))
        }
        self.lines = lines
    }

    package var names: [String] { lines.map(\.name) }

    /// Each value with its name; a path that leads nowhere is a mistake.
    package func values(in outcome: JSONValue) throws(Diagnostic) -> [(name: String, value: JSONValue)] {
        var values: [(String, JSONValue)] = []
        for line in lines {
            guard let value = line.path.value(in: outcome) else {
                throw Diagnostic(
                    line.place, "there is nothing at \"\(line.path)\" to save",
                    hint: line.path.explanation(in: outcome))
            }
            values.append((line.name, value))
        }
        return values
    }
}

extension PathExpression {
    fileprivate static func read(_ text: String, _ place: Place, roots: [String], _ reading: inout Reading)
        -> PathExpression?
    {
        do throws(Failure) {
            let path = try PathExpression(text)
            if !roots.contains(path.root) {
                reading.report(
                    place, "this step has no \"\(path.root)\"", hint: Suggestion.hint(for: path.root, among: roots))
            }
            return path
        } catch {
            reading.report(place, "this is no path: \(error.reason)")
            return nil
        }
    }
}
