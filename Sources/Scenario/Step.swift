/// One keyword of the language: what people do. The harness says how it runs.
package protocol Step: Sendable {
    static var keyword: String { get }
    /// Reads the step; what is wrong goes to `reading`, and nil means that there is no step to speak of.
    init?(_ node: StepNode, _ reading: inout Reading)
    /// Variables that exist after it.
    var defines: [String] { get }
}

/// One keyword of a `then` block: what must be true of the whole run.
package protocol Check: Sendable {
    static var keyword: String { get }
    init?(_ node: DocumentNode, _ reading: inout Reading)
}

/// A step as it stands in the file.
package struct StepNode: Sendable {
    package let keyword: String
    /// What stands behind the keyword.
    package let value: DocumentNode
    package let node: DocumentNode
    package var place: Place { node.place }

    /// The members beside the keyword, each of which must be known.
    package func members(_ known: [String], _ reading: inout Reading) -> Members {
        _ = node.members("a step \"\(keyword)\"", known: [keyword] + known, &reading)
        return Members(what: "a step \"\(keyword)\"", node: node)
    }
}

/// Everything a file may name. An empty list of names means that any will do.
package struct Vocabulary: Sendable {
    package var steps: [any Step.Type] = []
    package var checks: [any Check.Type] = []
    package var rules: [String] = []
    /// Dotted name to the choices there are; none listed means any.
    package var unknowns: [String: [String]] = [:]
    package var users: [String] = []
    package var parties: [String] = []
    package var labs: [String] = []
    package var operations: [String] = []
    /// Variables that are there before the first step.
    package var variables: [String] = []
    package init() {}

    package var keywords: [String] { steps.map { $0.keyword } }

    /// Reads a step: a mapping with exactly one keyword.
    package func step(_ node: DocumentNode, _ reading: inout Reading) -> PlacedStep? {
        guard case .mapping(let members) = node.content, let first = members.first else {
            reading.report(
                node.place, "a step must be a mapping that begins with what is done, this is \(node.typeName)")
            return nil
        }
        let found = members.filter { keywords.contains($0.name) }
        guard let member = found.first, let type = steps.first(where: { $0.keyword == member.name }) else {
            let near = members.first { Suggestion.nearest(to: $0.name, among: keywords) != nil } ?? first
            reading.report(
                near.key.place, "no step is called \"\(near.name)\"",
                hint: Suggestion.hint(for: near.name, among: keywords))
            return nil
        }
        if let second = found.dropFirst().first {
            reading.report(
                second.key.place, "one step does one thing: \"\(member.name)\" and \"\(second.name)\" are two",
                hint: "begin the second with its own dash")
            return nil
        }
        let stepNode = StepNode(keyword: member.name, value: member.value, node: node)
        return type.init(stepNode, &reading).map {
            PlacedStep(step: $0, node: node, keyword: member.name, place: member.key.place)
        }
    }
}

/// A step and where it stands.
package struct PlacedStep: Sendable {
    package let step: any Step
    package let node: DocumentNode
    package let keyword: String
    /// Where its keyword stands.
    package let place: Place
}
