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

    package init(
        _ place: Place?, _ what: String, expected: String, actual: String, hint: String? = nil,
        exchange: String? = nil
    ) {
        self.place = place
        self.what = what
        self.expected = expected
        self.actual = actual
        self.hint = hint
        self.exchange = exchange
    }
}

/// What became of one scenario. Everything here is a function of the files and the seed.
package struct ScenarioResult: Sendable {
    package enum Verdict: String, Sendable {
        case held
        /// An expectation did not hold.
        case failed
        /// The run could not go on: a mistake in the file that shows only while it runs, or a fault of ours.
        case error
    }

    package let file: ScenarioFile
    package let seed: UInt64
    package let verdict: Verdict
    package let failures: [Failure]
    package let journal: [JournalEntry]
    /// Rules that were turned off for this run.
    package let rulesOff: [String]
    /// Transactions the store committed.
    package let transactionCount: Int

    package var exchangeCount: Int {
        journal.count { if case .exchange = $0.event { true } else { false } }
    }
    package var transitionCount: Int {
        journal.count { if case .transition = $0.event { true } else { false } }
    }
    package var tokenCount: Int {
        journal.count { if case .token(.issued) = $0.event { true } else { false } }
    }

    /// A hash of the whole trace: two runs with the same one did the same in the same order.
    package var traceSeal: String { String(hash64(TraceText(journal).rendered), radix: 16) }

    /// One command that repeats the run.
    package var command: String { "agentcore-local run \(file.path) --seed \(seed)" }
}
