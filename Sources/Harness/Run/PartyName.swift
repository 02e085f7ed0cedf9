package import Kernel

/// How people call the parties of a lab in a scenario.
package enum PartyName {
    /// Other names of a party, as product pages and diagrams have them.
    private static let aliases: [(name: String, party: Party)] = [
        ("identity-service", .aws), ("control-plane", .aws), ("inbound-provider", .idp),
        ("authorization-server", .github), ("mcp-server", .mcp), ("application", .app),
    ]

    /// Somebody who has no account anywhere and only sends requests.
    package static let attacker = "attacker"

    /// The names a file may use.
    package static let all = (Party.served + Party.inner).map(\.rawValue) + aliases.map(\.name)

    /// The party of a name; a name that is none is a party of its own, such as `alice's browser`.
    package static func party(_ name: String) -> Party {
        aliases.first { $0.name == name }?.party ?? Party(name)
    }

    /// Whether a party is meant by a name: `alice` means every program of hers.
    package static func means(_ name: String, _ party: Party) -> Bool { Meaning(name).includes(party) }

    /// The parties that a name means, for many questions.
    struct Meaning {
        private let party: Party
        private let owner: String

        init(_ name: String) {
            party = PartyName.party(name)
            owner = "\(name)'s "
        }

        func includes(_ other: Party) -> Bool { other == party || other.rawValue.hasPrefix(owner) }
    }
}
