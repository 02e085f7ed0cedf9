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
    package let lab: LabChoice
    package let given: [GivenFragment]
    package let steps: [PlacedStep]
    package let then: [PlacedCheck]
    /// Rules without which the scenario must fail.
    package let breaks: [PlacedName]
    /// World time before each step.
    package let pace: Span
    package let place: Place

    /// Path as it is shown and given on a command line.
    package var path: String { source.name }
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
}

/// A fragment as a scenario uses it.
package struct GivenFragment: Sendable {
    package let name: String
    package let fragment: Fragment
    package let overrides: [(name: String, value: DocumentNode)]

    /// What its variables are: the defaults, and the scenario's own values in their place.
    package var settings: [(name: String, value: DocumentNode)] {
        fragment.defaults.map { setting in overrides.first { $0.name == setting.name } ?? setting }
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
}
