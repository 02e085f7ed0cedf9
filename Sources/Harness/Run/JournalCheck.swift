import AWSCore
import AuthorizationServer
package import Kernel
import OAuthCore
package import Scenario

/// A check as the harness judges it: over the journal of the whole run and nothing else.
package protocol JournalCheck: Check {
    /// What did not hold. A check that could not be exercised did not hold: it names what was missing.
    func judge(_ evidence: Evidence) async throws(Diagnostic) -> [Failure]
}

extension JournalCheck {
    /// Reports a check that says nothing, and so would hold of every run.
    static func expectSomething(_ isEmpty: Bool, at place: Place, _ reading: inout Reading) {
        if isEmpty { reading.report(place, "\(keyword) is empty: nothing would be checked") }
    }
}

/// What a check may look at.
package struct Evidence: Sendable {
    package let entries: [JournalEntry]
    package let variables: Variables
    private let lab: Lab
    /// Made when a failure has to show it.
    package var trace: TraceText { TraceText(entries, secrets: secrets) }
    private let secrets: [(value: String, name: String)]
    let run: ScenarioRun
    /// Every token of the run, with its parents and with everybody who held or saw it. Made when a check asks.
    var lineage: [TokenRow] { run.lineage(of: entries) }
    /// The file that is judged, and what its run was given.
    let file: ScenarioFile
    let settings: RunSettings

    init(run: ScenarioRun, file: ScenarioFile) {
        lab = run.lab
        self.file = file
        settings = run.settings
        variables = run.variables
        entries = lab.store.journal()
        secrets = run.secrets
        self.run = run
    }

    /// A file that a check reads.
    func companion(_ file: NamedFile) throws(Diagnostic) -> Companion { try run.companion(file, of: self.file.path) }

    package typealias Move = (sequence: Int, move: Transition)

    package var transitions: [Move] {
        entries.compactMap { entry in
            if case .transition(let move) = entry.event { (entry.sequence, move) } else { nil }
        }
    }

    package var exchanges: [Exchange] {
        entries.compactMap { entry in if case .exchange(let exchange) = entry.event { exchange } else { nil } }
    }

    /// Everything that moved, in the order in which it first did.
    package var subjects: [String] {
        var subjects: [String] = []
        var known: Set<String> = []
        for entry in entries {
            if case .transition(let move) = entry.event, known.insert(move.subject).inserted {
                subjects.append(move.subject)
            }
        }
        return subjects
    }

    /// Whether a party's name for a user means this one: by name, by `sub`, by the login at the authorization server.
    package func isUser(_ text: String?, _ name: String) -> Bool {
        guard let text else { return false }
        guard let user = lab.definition.directory.user(named: name) else { return text == name }
        return text == name || text == user.subject || text == user.login || text == String(user.numericID)
            || text == user.email
    }

    func isUserName(_ name: String) -> Bool {
        lab.definition.directory.users.contains { isUser(name, $0.name) }
    }

    /// For a path that a party, or any of them, was not asked for, that it knows nothing of and that no step names: the
    /// paths there are, and whether there may be others all the same. Nil for any other path. `*` stands for any
    /// characters.
    ///
    /// - Throws: `StoreFailure` where the parties were asked and the lab could not be put back.
    func pathsInsteadOf(
        _ path: String, of party: PartyName.Meaning?
    ) async throws -> (paths: [String], isOpen: Bool)? {
        let exchanges = exchanges
        let isAsked = exchanges.contains { party?.includes($0.to) != false && Glob.matches(path, $0.request.path) }
        if isAsked { return nil }
        let asked = (Party.served + Party.inner).filter { party?.includes($0) != false }
        let parts = path.pieces(by: "*")
        // What stands everywhere in a path says nothing of it.
        guard let named = parts.max(by: { $0.utf8.count < $1.utf8.count }), named != "/" else { return nil }
        if file.acts(with: String(named)) { return nil }
        if asked.contains(.github), lab.definition.vendor.paths.contains(where: { Glob.meets(path, $0) }) { return nil }
        // Users' own hosts have what paths they like.
        let closed = asked.filter { ![.app, .lambda, .rest].contains($0) }
        let isOpen = asked.isEmpty || closed.count < asked.count
        if path.place(of: "*") == nil {
            if try await lab.knows(path, closed) { return nil }
        } else {
            if lab.paths(of: asked).contains(where: { Glob.meets(path, $0) }) { return nil }
            for filling in ["", "x"] {
                let guess = path.replacing("*", with: filling)
                if guess.hasPrefix("/"), try await lab.knows(guess, closed) { return nil }
            }
        }
        let known = exchanges.map(\.request.path) + lab.paths(of: Party.served)
        return ((known + lab.definition.vendor.paths).filter { $0 != "/" && $0 != path }, isOpen)
    }

    /// That something never moved, with what did.
    func missing(_ subject: String, _ place: Place, _ what: String) -> Failure {
        let seen = subjects
        let kind = subject.prefix { $0 != " " }
        let alike = seen.filter { $0.hasPrefix("\(kind) ") }
        let known = (alike.isEmpty ? seen : alike).prefix(6).joined(separator: ", ")
        return Failure(
            place, what, expected: "\(subject) to move", actual: "it never did",
            hint: known.isEmpty ? "nothing moved in this run" : "these did: \(known)")
    }
}
