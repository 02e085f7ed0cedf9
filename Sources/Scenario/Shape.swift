/// What may stand at one place of a file. The reader takes the names of members from it, and the JSON Schema that
/// editors use is written from it, so that neither can know a word that the other does not.
package indirect enum Shape: Sendable {
    case anything
    /// Any scalar.
    case text
    /// One of these words, or a variable.
    case word([String])
    /// A name of the vocabulary, or a variable.
    case name(Names)
    case flag
    case whole
    /// `500ms`, `11m`.
    case span
    /// A span that may go backwards: `-90s`.
    case shift
    case mapping([ShapeMember])
    /// A mapping whose names the author chooses.
    case names(Shape)
    /// A mapping whose names are of the vocabulary, or variables.
    case each(Names, Shape)
    case list(Shape)
    /// A list or a mapping that has something in it.
    case filled(Shape)
    /// A mapping that has all the members of one of these lists.
    case having([[String]], Shape)
    case either([Shape])
    case step
    case predicate
    /// An `expect` block whose paths begin with one of these.
    case expectations([String])
    /// A `save` block.
    case saves([String])

    /// Lists of names that a lab or the library knows.
    package enum Names: String, Sendable, CaseIterable {
        case users, accounts, people, parties, operations, rules, unknowns, labs, vendors, fragments
    }

    /// One of these, or a list of them.
    package static func oneOrMore(_ shape: Shape) -> Shape { .either([shape, .list(shape)]) }
    package static let steps = Shape.list(.step)
}

/// A member of a mapping: its name, what may stand there, what it is for.
package struct ShapeMember: Sendable {
    package let name: String
    package let shape: Shape
    package let about: String
    package let isRequired: Bool

    package init(_ name: String, _ shape: Shape, _ about: String = "", required: Bool = false) {
        self.name = name
        self.shape = shape
        self.about = about
        isRequired = required
    }
}

/// What a step looks like: what stands behind its keyword, and the members beside it.
package struct StepShape: Sendable {
    package let about: String
    package let value: Shape
    package let members: [ShapeMember]
    /// Members of which one step has one at most.
    package private(set) var apart: [String] = []

    package init(_ about: String, value: Shape, _ members: [ShapeMember] = []) {
        self.about = about
        self.value = value
        self.members = members
    }

    package func keepingApart(_ names: [String]) -> StepShape {
        var shape = self
        shape.apart = names
        return shape
    }

    /// With `expect` and `save`, whose paths begin with one of these.
    package init(_ about: String, value: Shape, outcome roots: [String], _ members: [ShapeMember] = []) {
        let outcome = [
            ShapeMember("expect", .expectations(roots), "What must stand at which path of the outcome."),
            ShapeMember("save", .saves(roots), "Which variable takes the value at which path."),
        ]
        self.init(about, value: value, members + outcome)
    }

    /// What every step may have.
    package static let common = [
        ShapeMember("label", .text, "What people call this step in a report."),
        ShapeMember("timeout", .span, "How much world time it may take."),
    ]

    package var names: [String] { members.map(\.name) }
    /// What a path in `expect` may begin with.
    package var roots: [String] {
        for member in members { if case .expectations(let roots) = member.shape { return roots } }
        return []
    }
}
