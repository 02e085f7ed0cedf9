package import Kernel

/// Something of a run with what happened because of it. The journal has messages in the order in which they ended; here
/// each stands around what its receiver did before it answered, so that a cause comes before what followed from it.
///
/// The journal does not say which request a message was sent for: it is taken to be the next one that its sender
/// answered. Where several people act at the same time and the same party serves them, that may be another's.
package struct Happening: Sendable {
    package enum Event: Sendable {
        /// A step begins.
        case step(StepRecord)
        case entry(JournalEntry)
    }

    package let event: Event
    /// In the order in which it happened; empty unless the event is an exchange.
    package private(set) var inner: [Happening] = []

    private var exchange: Exchange? {
        if case .entry(let entry) = event, case .exchange(let exchange) = entry.event { exchange } else { nil }
    }

    package var isMessage: Bool { exchange != nil }

    /// Whether it may have happened between a request and the answer that comes next.
    private func isInside(_ exchange: Exchange) -> Bool {
        guard case .entry(let entry) = event else { return true }
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

    fileprivate init(_ event: Event) { self.event = event }

    /// Puts what comes next behind what came before, or around what came of it.
    fileprivate static func add(_ event: Event, to happenings: inout [Happening]) {
        var next = Happening(event)
        if let exchange = next.exchange {
            // What the receiver sent and what moved meanwhile ended before this answer did.
            while let last = happenings.last, last.isInside(exchange) {
                next.inner.append(last)
                happenings.removeLast()
            }
            next.inner.reverse()
        }
        happenings.append(next)
    }
}

extension ScenarioResult {
    /// What happened, causes before what followed; steps that were undone are left out, as the journal leaves out what
    /// they did. `depth` is how deep a step may stand inside others to be told.
    package func happenings(toDepth depth: Int = .max) -> [Happening] {
        let told = records.filter { $0.depth <= depth && !$0.isUndone }.sorted { $0.after < $1.after }
        var steps = told[...]
        var (ended, open): ([Happening], [Happening]) = ([], [])
        // Steps that the next one may stand in, or beside which it is done at the same time.
        var begun: [StepRecord] = []
        func begin(_ step: StepRecord) {
            begun.removeAll { $0.last <= step.after }
            if begun.contains(where: { $0.depth >= step.depth }) {
                Happening.add(.step(step), to: &open)
            } else {
                // What came before a step is no consequence of what is done in it.
                ended += open + [Happening(.step(step))]
                open = []
            }
            begun.append(step)
        }
        for entry in journal {
            while let step = steps.first, step.after < entry.sequence {
                begin(step)
                steps.removeFirst()
            }
            Happening.add(.entry(entry), to: &open)
        }
        return ended + open + steps.map { Happening(.step($0)) }
    }
}
