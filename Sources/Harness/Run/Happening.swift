package import Kernel

/// Something of a run with what happened because of it. The journal has messages in the order in which they ended; here
/// each stands around what its receiver did before it answered, so that a cause comes before what followed from it.
///
/// The journal does not say which request a message was sent for: it is the next one that its sender answered. Where
/// several people act at the same time, that is so for each of them, and the run's turns tell whose an entry is.
package struct Happening: Sendable {
    package enum Event: Sendable {
        /// A step begins.
        case step(StepRecord)
        case entry(JournalEntry)
    }

    package let event: Event
    /// In the order in which it happened; empty unless the event is an exchange.
    package private(set) var inner: [Happening] = []

    /// Whose it is of several who act at the same time.
    private let course: Int

    private var exchange: Exchange? {
        if case .entry(let entry) = event, case .exchange(let exchange) = entry.event { exchange } else { nil }
    }

    package var isMessage: Bool { exchange != nil }

    /// Whether it may have happened between a request and the answer that comes next.
    private func isInside(_ exchange: Exchange) -> Bool {
        // Nobody begins a step with a request of their own under way.
        guard case .entry(let entry) = event else { return false }
        switch entry.event {
        case .exchange(let own):
            // What a party asks of itself it asks one after the other.
            return own.from == exchange.to && (exchange.from != exchange.to || own.to != own.from)
        case .streamed(let stream): return stream.from == exchange.to
        // It woke the sender, who then asked.
        case .alarm(let alarm): return alarm.party != exchange.from
        case .transition, .fault, .token, .note: return true
        }
    }

    /// Number of the journal's entry before which it began: of a step, of what it caused first, or its own.
    package var sequence: Int {
        if let first = inner.first { return first.sequence }
        switch event {
        case .step(let record): return record.after
        case .entry(let entry): return entry.sequence
        }
    }

    /// Where it stands among others: a step that begins after an entry comes after what that entry ended.
    fileprivate var rank: Int {
        if case .step(let record) = event { 2 * record.after + 1 } else { 2 * sequence }
    }

    fileprivate init(_ event: Event, of course: Int) { (self.event, self.course) = (event, course) }

    /// Puts what comes next behind what came before, or around what came of it.
    fileprivate static func add(_ event: Event, of course: Int, to happenings: inout [Happening]) {
        var next = Happening(event, of: course)
        if let exchange = next.exchange {
            // What the receiver sent and what moved meanwhile ended before this answer did; what others do goes on
            // beside it.
            for place in happenings.indices.reversed() where happenings[place].course == course {
                guard happenings[place].isInside(exchange) else { break }
                next.inner.append(happenings.remove(at: place))
            }
            next.inner.reverse()
        }
        happenings.append(next)
    }
}

extension ScenarioResult {
    /// What happened, causes before what followed; steps that were undone are left out, as the journal leaves out what
    /// they did. What several people did at the same time stands in the order in which it began. `depth` is how deep a
    /// step may stand inside others to be told.
    package func happenings(toDepth depth: Int = .max) -> [Happening] {
        let told = records.filter { $0.depth <= depth && !$0.isUndone }.sorted { $0.after < $1.after }
        var (steps, turns) = (told[...], turns[...])
        var (ended, open): ([Happening], [Happening]) = ([], [])
        var course = 0
        func close() {
            let order = open.indices.sorted { (open[$0].rank, $0) < (open[$1].rank, $1) }
            ended += order.map { open[$0] }
            open = []
        }
        func begin(_ step: StepRecord) {
            // What came before a step that somebody does alone is no consequence of what is done in it.
            if step.course == 0 { close() }
            Happening.add(.step(step), of: step.course, to: &open)
        }
        for entry in journal {
            while let step = steps.first, step.after < entry.sequence {
                begin(step)
                steps.removeFirst()
            }
            while let turn = turns.first, turn.after < entry.sequence {
                course = turn.course
                turns.removeFirst()
            }
            Happening.add(.entry(entry), of: course, to: &open)
        }
        for step in steps { begin(step) }
        close()
        return ended
    }
}
