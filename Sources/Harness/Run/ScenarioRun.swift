package import Kernel
import OAuthCore
package import Scenario
import Synchronization

/// One scenario under way: its lab, its variables, who is signed in.
package final class ScenarioRun: Sendable {
    package let lab: Lab
    let settings: RunSettings
    /// The inbound provider's client that people use unless a step says otherwise.
    package static let standardClient = "web"
    let laneTurns: LaneTurns
    /// Names of variables whose values nobody may read.
    private let secretNames: Set<String>
    private let state: Mutex<State>

    fileprivate struct State {
        var variables: Variables
        var messages: Int64 = 0
        var clients: [String: AgentClient] = [:]
        /// The client by which a user signed in last.
        var signedIn: [String: String] = [:]
        var secrets: [(value: String, name: String)] = []
        /// The token table up to an entry.
        var lineage: (sequence: Int, rows: [TokenRow])?
        var records: [StepRecord] = []
        /// What was read whose names variables gave.
        var found: [NamedFile.Found] = []
        /// Who acts, from which entry on, where several do at the same time.
        var turns: [Turn] = []
        var courses = 0
        /// Journals of what was undone.
        var chapters: [[JournalEntry]] = []
        /// Leaks of what was undone.
        var leaks: [Failure] = []
        var snapshots: [String: Moment] = [:]
        var faults = FaultWatch()
    }

    /// - Throws: `Diagnostic` for a variable of the environment that is not set.
    init(
        lab: Lab, file: ScenarioFile? = nil, settings: RunSettings = RunSettings(), laneTurns: LaneTurns = LaneTurns()
    ) throws(Diagnostic) {
        self.lab = lab
        self.settings = settings
        self.laneTurns = laneTurns
        secretNames = Set(file?.secrets.map(\.name) ?? [])
        var state = State(
            variables: Variables(["lab": Self.places(lab), "seed": .int(Int64(clamping: lab.options.seed))]))
        for name in settings.variables.keys.sorted() { state.set(name, given: settings, secretNames) }
        if let file { try state.open(file, settings, secretNames) }
        self.state = Mutex(state)
    }

    /// Variables that are there before the first step.
    package static let standardVariables = ["lab", "seed"]

    /// `${lab.app}` and its like: origins of the parties, region and account.
    private static func places(_ lab: Lab) -> JSONValue {
        var places = JSONObject()
        for party in Party.served + Party.inner {
            places.append(party.rawValue, .string(lab.addresses.origin(of: party)))
        }
        places.append("region", .string(lab.definition.region))
        places.append("accountId", "000000000000")
        return .object(places)
    }
    /// What `${lab.…}` may speak of.
    static let placeNames = (Party.served + Party.inner).map(\.rawValue) + ["region", "accountId"]

    package var variables: Variables { state.withLock { $0.variables } }
    package func set(_ name: String, _ value: JSONValue) {
        state.withLock { $0.set(name, value, secretNames) }
    }
    func keep(_ saves: Saves, from outcome: JSONValue) throws(Diagnostic) {
        guard !saves.isEmpty else { return }
        for (name, value) in try saves.values(in: outcome, variables) { set(name, value) }
    }

    package func nextMessageID() -> Int64 {
        state.withLock { state in
            state.messages += 1
            return state.messages
        }
    }

    package func client(of user: String) -> AgentClient {
        state.withLock { state in
            if let client = state.clients[user] { return client }
            let client = AgentClient(user: user, lab: lab)
            state.clients[user] = client
            return client
        }
    }

    /// Who sends: a party by its name, or the program of a user.
    package func party(of name: String, with program: String) -> Party {
        lab.definition.directory.user(named: name) == nil ? PartyName.party(name) : Party("\(name)'s \(program)")
    }

    /// Sends a request; what came of it as `expect` sees it.
    package func send(_ request: Request, from party: Party) async -> JSONValue {
        do throws(NetworkFailure) {
            return .outcome(of: try await lab.network.send(request, from: party))
        } catch {
            return .outcome(of: error)
        }
    }

    /// Signs a user in, or gives what an earlier sign-in by the same client gave.
    package func signIn(_ user: String, client: String, fresh: Bool) async throws -> JSONValue {
        let held = state.withLock { $0.signedIn[user] == client ? $0.variables[user] : nil }
        if let held, !fresh { return held }
        let result = try await lab.signIn(user: user, client: client).json
        state.withLock { state in
            state.signedIn[user] = client
            state.variables[user] = result
        }
        return result
    }

    /// A user's current token; signs the user in first if need be.
    package func accessToken(of user: String) async throws -> String? {
        if let token = variables[user]?["accessToken"]?.string { return token }
        return try await signIn(user, client: Self.standardClient, fresh: false)["accessToken"]?.string
    }

    /// The last answer a party got.
    package func lastAnswer(to party: Party) -> Response? {
        for entry in lab.store.journal().reversed() {
            if case .exchange(let exchange) = entry.event, exchange.from == party,
                case .answered(let response) = exchange.outcome
            {
                return response
            }
        }
        return nil
    }
}

// What reports need.
extension ScenarioRun {
    /// Values that stand in no report, with what to call them.
    var secrets: [(value: String, name: String)] { state.withLock { $0.secrets } }
    var mask: SecretMask { SecretMask(lab.store.journal(), secrets: secrets) }
    var records: [StepRecord] { state.withLock { $0.records } }
    var chapters: [[JournalEntry]] { state.withLock { $0.chapters } }

    var found: [NamedFile.Found] { state.withLock { $0.found } }
    var turns: [Turn] { state.withLock { $0.turns } }

    /// A file that a step or a check reads; `scenario` is the one that is judged.
    func companion(_ file: NamedFile, of scenario: String = "") throws(Diagnostic) -> Companion {
        let found = try file.found(in: scenario, variables)
        if !file.name.isConstant {
            state.withLock { if !$0.found.contains(found) { $0.found.append(found) } }
        }
        return Companion(found.name, of: found.source, root: settings.root)
    }

    /// From here on somebody acts of several who do so at the same time.
    func turn(to course: Int) {
        let last = lab.store.lastSequence
        state.withLock { $0.turns.append(Turn(after: last, course: course)) }
    }

    /// Who acts now.
    var course: Int { state.withLock { $0.turns.last?.course ?? 0 } }

    /// The first of so many numbers that nobody has had.
    func newCourses(_ count: Int) -> Int {
        state.withLock { state in
            defer { state.courses += count }
            return state.courses + 1
        }
    }

    func begin(_ record: StepRecord) -> Int {
        state.withLock { state in
            var record = record
            record.course = state.turns.last?.course ?? 0
            state.records.append(record)
            return state.records.count - 1
        }
    }

    func end(_ place: Int, held: Bool) {
        let last = lab.store.lastSequence
        state.withLock { state in
            state.records[place].last = last
            state.records[place].held = held
            // A step that goes back is not gone itself; what it was part of neither.
            state.records[place].isUndone = false
            state.records[place].after = min(state.records[place].after, last)
        }
    }

    /// Secrets that came where they do not belong, in what is and in what was undone.
    func leaks() -> [Failure] {
        let journal = lab.store.journal()
        let (earlier, known) = state.withLock { ($0.leaks, $0.lineage) }
        let rows = known?.sequence == journal.last?.sequence ? known?.rows : nil
        return earlier + LeakCheck.failures(in: journal, lineage: rows)
    }

    /// The table of the tokens, made once for as long as nothing more happens.
    func lineage(of journal: [JournalEntry]) -> [TokenRow] {
        let end = journal.last?.sequence ?? 0
        if let (known, rows) = state.withLock({ $0.lineage }), known == end { return rows }
        let rows = TokenLineage.table(of: journal)
        state.withLock { $0.lineage = (end, rows) }
        return rows
    }
}

// Going back.
extension ScenarioRun {
    /// What people know and hold, apart from the lab.
    struct Knowledge: Sendable {
        fileprivate let variables: Variables
        fileprivate let clients: [String: AgentClient]
        fileprivate let signedIn: [String: String]
        fileprivate let messages: Int64
    }

    var knowledge: Knowledge {
        state.withLock {
            Knowledge(
                variables: $0.variables, clients: $0.clients, signedIn: $0.signedIn, messages: $0.messages)
        }
    }

    func restore(_ knowledge: Knowledge) {
        state.withLock { state in
            state.variables = knowledge.variables
            state.clients = knowledge.clients
            state.signedIn = knowledge.signedIn
            state.messages = knowledge.messages
        }
    }

    /// The lab as it was, how many steps had begun and which of them were undone, which faults were set, and whose turn
    /// had been when.
    struct Moment: Sendable {
        fileprivate let lab: LabSnapshot
        fileprivate let records: Int
        fileprivate let undone: Set<Int>
        fileprivate let faults: Set<Int>
        fileprivate let turns: [Turn]
    }

    var moment: Moment {
        let lab = lab.snapshot()
        return state.withLock { state in
            Moment(
                lab: lab, records: state.records.count,
                undone: Set(state.records.indices.filter { state.records[$0].isUndone }), faults: state.faults.open,
                turns: state.turns)
        }
    }

    func keepSnapshot(_ name: String) {
        let moment = moment
        state.withLock { $0.snapshots[name] = moment }
    }

    func snapshot(_ name: String) -> Moment? { state.withLock { $0.snapshots[name] } }

    /// The lab as it was; what happened since is kept as a chapter of its own.
    func restore(_ moment: Moment) throws {
        let journal = lab.store.journal()
        let leaks = LeakCheck.failures(in: journal)
        state.withLock { state in
            state.chapters.append(journal)
            state.faults.look(at: journal)
            state.lineage = nil
            state.turns = moment.turns
            // A moment may be later than the one before: what was undone since is there again.
            for place in state.records.indices {
                state.records[place].isUndone = place >= moment.records || moment.undone.contains(place)
            }
            state.faults.goBack(to: moment.faults)
            for leak in leaks where !state.leaks.contains(where: { $0.actual == leak.actual }) {
                state.leaks.append(leak)
            }
        }
        try lab.restore(moment.lab)
    }

    func watchFaults<Result>(_ look: (inout FaultWatch) -> Result) -> Result { state.withLock { look(&$0.faults) } }
}

extension ScenarioRun.State {
    fileprivate mutating func set(_ name: String, _ value: JSONValue, _ secretNames: Set<String>) {
        variables[name] = value
        if secretNames.contains(name) { secrets += value.secretLeaves(of: "secret \(name)") }
    }

    fileprivate mutating func set(_ name: String, given settings: RunSettings, _ secretNames: Set<String>) {
        if let text = settings.variables[name] { set(name, .string(text), secretNames) }
    }

    /// The variables of a file: those of the environment, of its matrix, its own, its secrets. `--var` has the last
    /// word.
    fileprivate mutating func open(
        _ file: ScenarioFile, _ settings: RunSettings, _ secretNames: Set<String>
    ) throws(Diagnostic) {
        if !file.environment.isEmpty {
            var environment = JSONObject()
            for item in file.environment {
                if let text = settings.environment[item.name] {
                    environment[item.name] = .string(text)
                } else if let standard = item.standard {
                    environment[item.name] = try standard.value(variables)
                } else {
                    throw Diagnostic(
                        item.place, "the environment has no \(item.name)",
                        hint: "set it, or give it a value here: environment: {\(item.name): …}")
                }
            }
            variables["env"] = .object(environment)
        }
        for cell in file.cell {
            let given = settings.variables[cell.name]
            // The command that repeats a cell names its value, which keeps its type.
            if given == nil || given == cell.value.string ?? cell.value.text { variables[cell.name] = cell.value }
        }
        for setting in file.settings {
            guard let given = settings.variables[setting.name] else {
                set(setting.name, try setting.value.value(variables), secretNames)
                continue
            }
            if setting.value.isConstant, let typed = Self.value(given, like: setting.value.node.json) {
                set(setting.name, typed, secretNames)
            }
        }
        for secret in file.secrets where settings.variables[secret.name] == nil {
            if let value = secret.value { set(secret.name, try value.value(variables), secretNames) }
        }
    }
}

extension ScenarioRun.State {
    /// What `--var` gave, as a value of the type that the file's own has; nil if it is a text.
    fileprivate static func value(_ given: String, like own: JSONValue) -> JSONValue? {
        guard own.string == nil, let value = try? JSONValue(parsing: given) else { return nil }
        switch (own, value) {
        case (.int, .int), (.int, .double), (.double, .int), (.double, .double), (.bool, .bool): return value
        case (.array, .array), (.object, .object): return value
        default: return nil
        }
    }
}

extension Reading {
    /// Everybody who can send a request.
    var people: [String] {
        vocabulary.users.isEmpty
            ? [] : vocabulary.users + vocabulary.parties + [PartyName.attacker, Party.outside.rawValue]
    }
}
