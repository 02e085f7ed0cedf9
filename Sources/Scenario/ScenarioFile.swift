package import Kernel

/// A scenario, read and found to be without a mistake that can be seen without running it.
package struct ScenarioFile: Sendable {
    package let source: Source
    /// A sentence: what is true when it held.
    package let scenario: String
    package let about: String?
    package let tags: [String]
    /// Ledger ids, or a public standard with its section.
    package let spec: [String]
    package private(set) var lab: LabChoice
    /// Variables of the file with what they are unless `--var` says otherwise.
    package let settings: [(name: String, value: Template)]
    /// Variables of the process's environment that the file reads.
    package let environment: [EnvironmentName]
    /// Variables whose values nobody may read in any report; nil for one that a step saves.
    package let secrets: [(name: String, value: Template?)]
    package let given: [GivenFragment]
    package let steps: [PlacedStep]
    /// What is done at the end whatever happened before.
    package let finally: [PlacedStep]
    package let then: [PlacedCheck]
    /// Rules without which the scenario must fail.
    package let breaks: [PlacedName]
    /// World time before each step.
    package let pace: Settled<Span>
    /// How much world time the whole scenario may take.
    package let timeout: Settled<Span>?
    package let timeoutPlace: Place?
    /// Whether it is played again with every kind of trouble at every edge, held against the standing invariants.
    package let sweepsFaults: Bool
    /// Why it is not run; nil if it is.
    package let skip: String?
    /// The cells of its matrix; one without values if it has none.
    package let cells: [MatrixCell]
    /// The values of the cell that this one is.
    package private(set) var cell: [(name: String, value: JSONValue)] = []
    package let place: Place

    /// Path as it is shown and given on a command line.
    package var path: String { source.name }

    /// What reports call it: of several cells, which.
    package var name: String {
        cell.isEmpty ? path : "\(path) [\(cellText)]"
    }

    /// `user=alice, mode=sub`.
    package var cellText: String {
        cell.map { "\($0.name)=\($0.value.string ?? $0.value.text)" }.joined(separator: ", ")
    }

    /// How much there is to do in it, for dealing out: its steps with those of its fragments.
    package var weight: Int {
        func count(_ steps: [PlacedStep]) -> Int {
            steps.reduce(0) { sum, placed in
                placed.step.blocks.reduce(sum + 1) { $0 + count($1.steps) }
            }
        }
        return given.reduce(count(steps) + count(finally)) { $0 + count($1.fragment.steps) }
    }

    /// Whether the file gives a name a value that `--var` takes the place of, or it or a fragment it begins with asks
    /// for one.
    package func speaks(of name: String) -> Bool {
        let isGiven = settings.contains { $0.name == name } || secrets.contains { $0.name == name }
        if isGiven || cells.contains(where: { cell in cell.values.contains { $0.name == name } }) { return true }
        return ([source] + given.map(\.fragment.source)).contains { source in
            ["}", ".", "[", "?"].contains { source.text.contains("${\(name)\($0)") }
        }
    }

    /// Whether a step, or a value that steps are given, has a text in it.
    package func acts(with text: String) -> Bool {
        func stands(in node: DocumentNode) -> Bool {
            switch node.content {
            case .scalar(let own, _): own.contains(text)
            case .sequence(let items): items.contains(where: stands)
            case .mapping(let members): members.contains { $0.name.contains(text) || stands(in: $0.value) }
            }
        }
        func act(_ steps: [PlacedStep]) -> Bool {
            steps.contains { placed in
                (placed.step.ownNodes ?? [placed.node]).contains(where: stands)
                    || placed.step.blocks.contains { block in
                        block.settings.contains { stands(in: $0.value) } || act(block.steps)
                    }
            }
        }
        let values = settings.map(\.value) + secrets.compactMap(\.value) + given.flatMap { $0.settings.map(\.value) }
        return values.contains { stands(in: $0.node) } || cell.contains { $0.value.text.contains(text) }
            || given.contains { act($0.fragment.steps) } || act(steps) || act(finally)
    }

    /// One scenario for each cell of the matrix.
    package var expanded: [ScenarioFile] {
        cells.map { cell in
            var file = self
            file.cell = cell.values
            file.lab = cell.lab
            return file
        }
    }
}

extension ScenarioFile {
    /// The same scenario, in the same lab, with other values of its matrix.
    package func inCell(_ values: [(name: String, value: JSONValue)]) -> ScenarioFile {
        var file = self
        file.cell = values
        return file
    }
}

/// One combination of a matrix's values.
package struct MatrixCell: Sendable {
    package let values: [(name: String, value: JSONValue)]
    package let lab: LabChoice
}

/// A variable of the environment that a scenario reads as `${env.NAME}`.
package struct EnvironmentName: Sendable {
    package let name: String
    /// What it is if it is not set; nil if it must be.
    package let standard: Template?
    package let place: Place
}

/// Which lab a scenario runs in, and what it changes there.
package struct LabChoice: Sendable, Hashable {
    package let name: String
    package let rulesOff: [String]
    package let unknowns: [String: String]
}

/// Steps under a name that several scenarios begin with: `scenarios/given/NAME.yaml`.
package struct Fragment: Sendable {
    package let source: Source
    /// What is there after it, as a sentence.
    package let title: String
    /// Variables it takes, with what they are unless a scenario says otherwise.
    package let defaults: [(name: String, value: DocumentNode)]
    package let steps: [PlacedStep]
    /// How many steps these are, with those of the fragments in it.
    let stepCount: Int
    /// Names under which its steps send what they like.
    let senders: Set<String>
}

/// A fragment as a scenario uses it.
package struct GivenFragment: Sendable {
    package let name: String
    /// Where the scenario names it.
    package let place: Place
    package let fragment: Fragment
    /// What its variables are: the defaults, and the scenario's own values in their place.
    package let settings: [(name: String, value: Template)]

    package init(
        name: String, at place: Place, fragment: Fragment, overrides: [(name: String, value: DocumentNode)],
        _ reading: inout Reading
    ) {
        self.name = name
        self.place = place
        self.fragment = fragment
        settings = fragment.defaults.map { setting in
            let node = overrides.first { $0.name == setting.name }?.value ?? setting.value
            return (setting.name, Template(node, &reading))
        }
    }
}

/// A check and where it stands.
package struct PlacedCheck: Sendable {
    package let check: any Check
    package let keyword: String
    package let place: Place
}

/// A name and where it stands.
package struct PlacedName: Sendable {
    package let name: String
    package let place: Place
    package init(name: String, place: Place) {
        self.name = name
        self.place = place
    }
}
