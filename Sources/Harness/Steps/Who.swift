import Scenario

/// The `as` of a step: a name that is known, or a variable that stands for one.
struct Who: Sendable {
    private let name: Template?
    private let standard: String

    /// Somebody of a list of names; `standard` if the step does not say.
    init(_ node: DocumentNode?, standard: String, _ what: String, among known: [String], _ reading: inout Reading) {
        self.standard = standard
        guard let node else {
            name = nil
            return
        }
        if let text = node.text(&reading, as: "as") {
            reading.expectName(text, of: what, among: known, at: node.place)
            if known.isEmpty { reading.note(sender: text) }
        }
        name = Template(node, &reading)
    }

    func name(_ variables: Variables) throws(Diagnostic) -> String { try name?.text(variables) ?? standard }
}

extension Reading {
    /// Users, and the attacker who is none.
    var userNames: [String] { vocabulary.users.isEmpty ? [] : vocabulary.users + [PartyName.attacker] }
}

extension ShapeMember {
    static let asUser = ShapeMember("as", .name(.users), "Who does it.", required: true)
    /// `standard` does it if the step does not say.
    static func asAnybody(_ standard: String) -> ShapeMember {
        ShapeMember("as", .name(.people), "Who does it: a user, a party, the attacker; \(standard) by default.")
    }
    /// A mapping that may as well be a variable.
    static func values(_ name: String, _ about: String) -> ShapeMember {
        ShapeMember(name, .either([.names(.anything), .text]), about)
    }
}
