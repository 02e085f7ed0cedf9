package import Kernel
package import Scenario

/// Something that was not as the file says, with everything a person needs to see why.
package struct Failure: Sendable {
    /// Where the file says it; nil for what no line speaks of, such as a leak.
    package let place: Place?
    /// `body.status`, `transitions of target K7Q2M9XPLD`.
    package let what: String
    package let expected: String
    package let actual: String
    package let hint: String?
    /// The exchange it came from, without secrets.
    package let exchange: String?
    /// The step it came from, as people call it; nil for what the whole run is judged by.
    package let step: String?
    /// The line of the file without what nobody may read; nil if it may be shown as it is.
    private var masked: String?

    package init(
        _ place: Place?, _ what: String, expected: String, actual: String, hint: String? = nil,
        exchange: String? = nil, step: String? = nil
    ) {
        self.place = place
        self.what = what
        self.expected = expected
        self.actual = actual
        self.hint = hint
        self.exchange = exchange
        self.step = step
    }

    /// What another machine told, where the file may be another one: with the line as it was there.
    package func showing(_ excerpt: String) -> Failure {
        var failure = self
        failure.masked = excerpt
        return failure
    }

    /// A mistake of the author that showed only while the scenario ran: its message says what is to be said.
    init(_ diagnostic: Diagnostic, _ mask: SecretMask = SecretMask([])) {
        self.init(
            diagnostic.place, mask.text(diagnostic.message), expected: "", actual: "",
            hint: diagnostic.hint.map { mask.text($0) })
    }

    /// On one line: `status: expected 200, got 404`.
    package var sentence: String { expected.isEmpty ? what : "\(what): expected \(expected), got \(actual)" }

    /// The same with where in a loop, a branch or a fragment it happened.
    func told(in part: String) -> Failure {
        Failure(
            place, "\(what) (\(part))", expected: expected, actual: actual, hint: hint, exchange: exchange, step: step)
    }

    /// The same without what nobody may read, wherever it came from.
    func masked(by mask: SecretMask) -> Failure {
        var failure = Failure(
            place, mask.text(what), expected: mask.text(expected), actual: mask.text(actual),
            hint: hint.map { mask.text($0) }, exchange: exchange.map { mask.text($0) }, step: step.map { mask.text($0) }
        )
        // The whole line before a part of it is cut out: a part of a secret is one that nobody knows.
        failure.masked = masked.map { mask.text($0) } ?? place?.excerpt(nil) { mask.text($0) }
        return failure
    }

    /// The line of the file with a caret.
    package var excerpt: String? { masked ?? place?.excerpt(nil) }
}

/// What became of one scenario. Everything here is a function of the files and the seed.
package struct ScenarioResult: Sendable {
    package enum Verdict: String, Sendable {
        case held
        /// An expectation did not hold.
        case failed
        /// The run could not go on: a mistake in the file that shows only while it runs, or a fault of ours.
        case error
        /// It says itself why it is not run.
        case skipped
    }

    /// A hundred thousand results of one file hold it once.
    private let shared: (file: Shared<ScenarioFile>, settings: Shared<RunSettings>)
    package var file: ScenarioFile { shared.file.value }
    package var settings: RunSettings { shared.settings.value }
    package let seed: UInt64
    package private(set) var verdict: Verdict
    package private(set) var failures: [Failure]
    /// Why it was known to fail; nil for a failure that nobody expected.
    package private(set) var expectedFailure: String?
    package private(set) var journal: [JournalEntry]
    /// Rules that were turned off for this run.
    package let rulesOff: [String]
    /// Transactions the store committed.
    package let transactionCount: Int
    /// Steps that were begun, in their order.
    package private(set) var records: [StepRecord]
    /// Journals of what was undone by forks and restores.
    package private(set) var chapters: [[JournalEntry]]
    /// Whose turn it was when, where several acted at the same time.
    package private(set) var turns: [Turn]
    /// What the run read whose names variables gave.
    private let found: [NamedFile.Found]
    /// Values that stand in no report, with what to call them.
    package private(set) var secrets: [(value: String, name: String)]
    /// What is known of a journal that is gone.
    private var summary: Summary?

    private struct Summary: Sendable {
        let exchanges: Int
        let transitions: Int
        let tokens: Int
        let seal: String?
    }

    /// A run that was not begun, or one that has nothing to show.
    init(
        _ file: Shared<ScenarioFile>, seed: UInt64, _ verdict: Verdict, _ failures: [Failure],
        _ run: ScenarioRun? = nil, rulesOff: [String], settings: Shared<RunSettings>
    ) {
        shared = (file, settings)
        self.seed = seed
        self.verdict = verdict
        self.failures = failures
        self.rulesOff = rulesOff
        journal = run?.lab.store.journal() ?? []
        transactionCount = run?.lab.store.transactionCount ?? 0
        records = run?.records ?? []
        chapters = run?.chapters ?? []
        turns = run?.turns ?? []
        found = run?.found ?? []
        secrets = run?.secrets ?? []
        let hasLabels = records.contains { $0.step.label?.isConstant == false }
        guard !failures.isEmpty || hasLabels || !secrets.isEmpty else { return }
        // A label, the value of a loop and what an expectation names may be a secret of the file, or a token.
        let mask = run?.mask ?? SecretMask([])
        self.failures = failures.map { $0.masked(by: mask) }
        for place in records.indices { records[place].label = records[place].label.map { mask.text($0) } }
    }

    package var exchangeCount: Int {
        summary?.exchanges ?? journal.count { if case .exchange = $0.event { true } else { false } }
    }
    package var transitionCount: Int {
        summary?.transitions ?? journal.count { if case .transition = $0.event { true } else { false } }
    }
    package var tokenCount: Int {
        summary?.tokens ?? journal.count { if case .token(.issued) = $0.event { true } else { false } }
    }

    /// Its trace as text, without secrets.
    package var trace: TraceText { TraceText(journal, secrets: secrets) }

    /// A hash of the whole trace: two runs with the same one did the same in the same order.
    package var traceSeal: String {
        if let seal = summary?.seal { return seal }
        let undone = chapters.map { TraceText($0, secrets: secrets).rendered }.joined()
        return String(hash64(undone.isEmpty ? trace.rendered : undone + trace.rendered), radix: 16)
    }

    /// The same with what was found wrong after it had ended.
    package func failing(_ found: [Failure]) -> ScenarioResult {
        guard !found.isEmpty else { return self }
        var result = self
        result.failures += found
        if result.verdict == .held { result.verdict = .failed }
        return result
    }

    /// The same as a run that was known to fail, and why.
    package func expected(because reason: String) -> ScenarioResult {
        var result = self
        result.expectedFailure = reason
        return result
    }

    /// Without what nobody will ask for.
    func keeping(_ what: RunSettings.Keeping) -> ScenarioResult {
        guard what != .journals else { return self }
        var result = self
        result.summary = Summary(
            exchanges: exchangeCount, transitions: transitionCount, tokens: tokenCount,
            seal: what == .seals ? traceSeal : nil)
        (result.journal, result.records, result.chapters) = ([], [], [])
        (result.turns, result.secrets) = ([], [])
        return result
    }

    /// The files beside the scenario, or beside a fragment, that its steps and checks read: those that the files name,
    /// and those that variables named in this run.
    package var reads: [NamedFile.Found] {
        var reads: [NamedFile.Found] = []
        for named in file.reads where named.name.isConstant {
            if let found = try? named.found(in: file.path, Variables()) { reads.append(found) }
        }
        var known: Set<NamedFile.Found> = []
        return (reads + found).filter { known.insert($0).inserted }
    }

    /// One command that repeats the run on this machine.
    package var commandHere: String { command + settings.rootFlag }

    /// One command that repeats the run, wherever the files are.
    package var command: String {
        var words = ["agentcore-local run", Self.quoted(file.path), "--seed \(seed)"]
        var given = settings.variables
        for value in file.cell where given[value.name] == nil {
            given[value.name] = value.value.string ?? value.value.text
        }
        let secretNames = SecretSources(of: file).variables.union(file.secrets.map(\.name))
        for name in given.keys.sorted() {
            words.append("--var \(Self.quoted("\(name)=\(secretNames.contains(name) ? "…" : given[name] ?? "")"))")
        }
        for rule in rulesOff where !file.lab.rulesOff.contains(rule) {
            words.append("--rules-off \(Self.quoted(rule))")
        }
        for name in settings.unknowns.keys.sorted() {
            words.append("--unknown \(Self.quoted("\(name)=\(settings.unknowns[name] ?? "")"))")
        }
        if let client = settings.client { words.append("--client \(Self.quoted(client))") }
        return words.joined(separator: " ")
    }

    /// Whether results of one file can be told apart by their seeds only.
    package static func haveSeeds(_ results: [some ReportRow]) -> Bool {
        results.contains { $0.seed != results[0].seed }
    }

    /// A word as a shell takes it.
    package static func quoted(_ word: String) -> String {
        let isPlain = word.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "_-./=:,@%+".utf8.contains(byte)
            }
        }
        return isPlain && !word.isEmpty ? word : "'\(word.replacing("'", by: "'\\''"))'"
    }
}
