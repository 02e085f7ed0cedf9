package import Kernel

/// An `expect:` block: what must stand at which path of a step's outcome.
package struct Expectations: Sendable {
    package struct Line: Sendable {
        let template: PathTemplate
        package let place: Place
        package let predicate: Predicate
        /// Where it begins, if variables are to be filled in.
        package var path: PathExpression { template.path }
    }
    package let lines: [Line]

    /// `roots` are what a path of this step may begin with; among them `status` is that of an HTTP answer unless it is
    /// a word.
    package init(_ node: DocumentNode?, roots: [String], statusIsWord: Bool = false, _ reading: inout Reading) {
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
            let path = PathTemplate.read(member.key, member.name, roots: roots, &reading)
            let isNumber = member.name == "status" && roots.contains("status") && !statusIsWord
            let predicate =
                isNumber ? Predicate(of: .status, member.value, &reading) : Predicate(member.value, &reading)
            if let path { lines.append(Line(template: path, place: member.key.place, predicate: predicate)) }
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
            let path = try line.template.path(variables)
            let value = path.value(in: outcome)
            guard let expected = try line.predicate.refusal(of: value, variables) else { continue }
            let hint = value == nil ? path.explanation(in: outcome) : nil
            // Of thousands of items that are too many nobody wants to read each.
            let size = line.predicate.isOfSize ? value?.size : nil
            misses.append(
                Miss(
                    path: path.text, place: line.place, expected: expected,
                    actual: size ?? value?.text ?? "nothing", hint: hint))
        }
        return misses
    }
}

/// A `save:` block: which variable takes the value at which path.
package struct Saves: Sendable {
    private let templates: [(name: String, path: PathTemplate, place: Place)]

    package init(_ node: DocumentNode?, roots: [String], _ reading: inout Reading) {
        guard let node else {
            templates = []
            return
        }
        guard case .mapping(let members) = node.content else {
            reading.report(node.place, "save must be a mapping of names to paths, this is \(node.typeName)")
            templates = []
            return
        }
        var lines: [(String, PathTemplate, Place)] = []
        for member in members {
            reading.expectVariableName(member.name, at: member.key.place)
            guard let text = member.value.text(&reading, as: "a path"),
                let path = PathTemplate.read(member.value, text, roots: roots, &reading)
            else { continue }
            lines.append((member.name, path, member.value.place))
        }
        templates = lines
    }

    package var isEmpty: Bool { templates.isEmpty }
    package var names: [String] { templates.map(\.name) }
    /// What the paths begin with.
    package var roots: [String] { templates.map(\.path.path.root) }

    /// Each value with its name; a path that leads nowhere is a mistake.
    package func values(
        in outcome: JSONValue, _ variables: Variables
    ) throws(Diagnostic) -> [(name: String, value: JSONValue)] {
        var values: [(String, JSONValue)] = []
        for line in templates {
            let path = try line.path.path(variables)
            guard let value = path.value(in: outcome) else {
                throw Diagnostic(
                    line.place, "there is nothing at \"\(path)\" to save", hint: path.explanation(in: outcome))
            }
            values.append((line.name, value))
        }
        return values
    }
}

extension PathTemplate {
    fileprivate static func read(_ node: DocumentNode, _ text: String, roots: [String], _ reading: inout Reading)
        -> PathTemplate?
    {
        do throws(PathExpression.Failure) {
            let template = try PathTemplate(node, text, &reading)
            let root = template.path.root
            if !roots.contains(root) {
                reading.report(
                    node.place, "this step has no \"\(root)\"", hint: Suggestion.hint(for: root, among: roots))
            }
            return template
        } catch {
            reading.report(node.place, "this is no path: \(error.reason)")
            return nil
        }
    }
}
