/// A rule that a fake enforces. It is named for what holds, so that `breaks: [session-binding]` reads as it acts.
package struct Rule: Hashable, Sendable, Codable {
    /// Kebab-case name, such as `session-binding`.
    package let name: String
    /// One sentence: what holds while the rule is on.
    package let statement: String
    package init(_ name: String, _ statement: String) {
        self.name = name
        self.statement = statement
    }
    package static func == (left: Rule, right: Rule) -> Bool { left.name == right.name }
    package func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

/// Something about a real system that nobody outside knows: a named choice with a default, listed in the ledger.
package struct Unknown: Hashable, Sendable, Codable {
    /// Dotted name, such as `binding.mode`.
    package let name: String
    /// What the emulator does unless a lab says otherwise.
    package let standard: String
    /// The other choices; empty where any text or number is one.
    package let others: [String]
    package init(_ name: String, _ standard: String, or others: String...) {
        self.name = name
        self.standard = standard
        self.others = others
    }
}

/// The rules a lab turned off and the unknowns it decided otherwise. Fixed for the life of a world.
package struct Switches: Sendable, Hashable {
    private let off: Set<String>
    private let chosen: [String: String]

    package init(off: Set<String> = [], chosen: [String: String] = [:]) {
        self.off = off
        self.chosen = chosen
    }

    /// Whether a rule is enforced.
    package func holds(_ rule: Rule) -> Bool { off.isEmpty || !off.contains(rule.name) }

    /// What the lab chose for an unknown, else its default.
    package func choice(_ unknown: Unknown) -> String { chosen[unknown.name] ?? unknown.standard }

    /// Same, for an unknown that is a yes or a no (`on`, `off`).
    package func isOn(_ unknown: Unknown) -> Bool { choice(unknown) == "on" }

    /// Same, for an unknown that is a whole number.
    package func number(_ unknown: Unknown) -> Int { Int(choice(unknown)) ?? Int(unknown.standard) ?? 0 }
}
