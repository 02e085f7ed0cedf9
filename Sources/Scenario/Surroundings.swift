/// What a scenario may name that stands in no scenario file: files beside it, and what its lab knows.
package struct Surroundings: Sendable {
    /// The names of the files where `name` would stand, as the file `source` would name them; nil if it is there.
    package let others: @Sendable (_ name: String, _ source: String) -> [String]?
    /// Clients of the inbound provider by which people of a lab sign in; none if that cannot be known.
    package let clients: @Sendable (_ lab: String) -> [String]
    /// What is wrong with the template of this name beside the file `source`, with these values of its parameters (nil
    /// where they are known only when it happens) in the Region of each lab. Nothing where nobody looks so closely.
    package let problems:
        @Sendable (_ template: String, _ source: String, _ given: [String: String]?, _ labs: [String]) -> [Diagnostic]
    /// Whether a golden trace must be there already: a run may be about to write it.
    package let wantsGoldenTraces: Bool

    package init(
        wantsGoldenTraces: Bool, others: @escaping @Sendable (_ name: String, _ source: String) -> [String]?,
        clients: @escaping @Sendable (_ lab: String) -> [String],
        problems:
            @escaping @Sendable (
                _ template: String, _ source: String, _ given: [String: String]?, _ labs: [String]
            ) -> [Diagnostic]
    ) {
        self.wantsGoldenTraces = wantsGoldenTraces
        self.others = others
        self.clients = clients
        self.problems = problems
    }
}

extension Reading {
    /// Reports clients that somebody signs in by and that the lab does not know.
    mutating func expectClients(_ named: [PlacedName]) {
        guard !named.isEmpty, let surroundings = vocabulary.surroundings else { return }
        for lab in labs {
            let known = surroundings.clients(lab)
            for client in named { expectName(client.name, of: "sign-in client", among: known, at: client.place) }
        }
    }
}
