import AWSCore
import AuthorizationServer
package import Kernel
import OAuthCore
package import Scenario

/// A check as the harness judges it: over the journal of the whole run and nothing else.
package protocol JournalCheck: Check {
    /// What did not hold. A check that could not be exercised did not hold: it names what was missing.
    func judge(_ evidence: Evidence) throws(Diagnostic) -> [Failure]
}

/// What a check may look at.
package struct Evidence: Sendable {
    package let entries: [JournalEntry]
    package let variables: Variables
    private let lab: Lab
    /// Made when a failure has to show it.
    package var trace: TraceText { TraceText(entries, secrets: secrets) }
    private let secrets: [(value: String, name: String)]
    private let run: ScenarioRun
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

    package var transitions: [(sequence: Int, move: Transition)] {
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

    /// Paths that somebody was asked for, and those that the parties are known by.
    var paths: [String] {
        let known = exchanges.map(\.request.path) + lab.definition.contract.operations.map(\.uri)
        return (known + lab.definition.vendor.paths).filter { $0 != "/" }
    }

    func isPathOfAParty(_ path: String) -> Bool {
        lab.definition.vendor.paths.contains(path) || lab.definition.contract.operations.contains { $0.uri == path }
            || exchanges.contains { $0.request.path == path }
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
