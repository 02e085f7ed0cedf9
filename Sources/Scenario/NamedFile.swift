/// A file that a step or a check reads: it stands beside or below the file that names it. What looks for such files,
/// before a run, while it goes on or for a capsule, asks the steps and checks for these.
package struct NamedFile: Sendable {
    /// What such a file is.
    package struct Kind: Sendable {
        /// As people call it: `template`.
        package let name: String
        /// A name that such a file might have.
        package let example: String
        /// How names of such files end; none where it depends on the name itself.
        package var endings: [String] = []
        /// Whether it stands beside the scenario, also where a fragment names it, and a run may be about to write it.
        package var isOfTheRun = false
        /// What to do where there is none.
        package var hint: String?

        package init(
            _ name: String, example: String, endings: [String] = [], isOfTheRun: Bool = false, hint: String? = nil
        ) {
            self.name = name
            self.example = example
            self.endings = endings
            self.isOfTheRun = isOfTheRun
            self.hint = hint
        }
    }

    package let name: Template
    /// The file beside which it stands; nil for the scenario, whichever that is.
    private let source: String?

    /// Whether it is of the run: it stands beside the scenario, and a run may write it.
    package var isOfTheRun: Bool { source == nil }

    /// Reports a name that leads elsewhere, and a file that is not there. What names a variable is known only when it
    /// happens.
    package init(_ node: DocumentNode, _ kind: Kind, _ reading: inout Reading) {
        name = Template(node, &reading)
        source = kind.isOfTheRun ? nil : node.place.source.name
        guard let text = node.scalarText else { return }
        guard Self.isBeside(text) else {
            reading.report(node.place, "a \(kind.name) stands beside its scenario", hint: "such as \(kind.example)")
            return
        }
        guard let surroundings = reading.vocabulary.surroundings, !node.namesAVariable else { return }
        if kind.isOfTheRun, !surroundings.wantsGoldenTraces || reading.isShared { return }
        guard let others = surroundings.others(text, source ?? reading.file) else { return }
        let own = text.split(separator: ".").dropFirst().last.map { [".\($0)"] } ?? []
        let endings = kind.endings.isEmpty ? own : kind.endings
        let alike = endings.isEmpty ? others : others.filter { other in endings.contains { other.hasSuffix($0) } }
        let near = Suggestion.nearest(to: text, among: alike).map { "did you mean \"\($0)\"?" }
        let hints = [near, kind.hint].compactMap(\.self)
        reading.report(
            node.place, "there is no \(kind.name) \"\(text)\" beside the file",
            hint: hints.isEmpty ? Suggestion.hint(for: text, among: alike) : hints.joined(separator: " if not, "))
    }

    /// Its name, and the file beside which that means something.
    package struct Found: Sendable, Hashable {
        package let name: String
        package let source: String
        package init(name: String, source: String) {
            self.name = name
            self.source = source
        }
    }

    /// - Throws: `Diagnostic` for a variable that is not there.
    package func found(in scenario: String, _ variables: Variables) throws(Diagnostic) -> Found {
        Found(name: try name.text(variables), source: source ?? scenario)
    }

    /// Whether a name can only mean something beside or below the file that says it.
    package static func isBeside(_ name: String) -> Bool {
        !name.isEmpty && !name.hasPrefix("/") && !name.split(separator: "/").contains("..")
            && !name.utf8.contains(0)
    }
}

extension [PlacedStep] {
    /// What they read, and the steps inside them.
    package var reads: [NamedFile] {
        flatMap { placed in placed.step.reads + placed.step.blocks.flatMap(\.steps.reads) }
    }
}

extension ScenarioFile {
    /// Every file that its steps, its fragments and its checks read.
    package var reads: [NamedFile] {
        given.flatMap(\.fragment.steps.reads) + steps.reads + finally.reads + then.flatMap(\.check.reads)
    }
}
