import HTTPTypes
import Kernel
import Scenario

/// The faults that steps set, and whether a request met each of them: trouble that nobody had proves nothing.
struct FaultWatch: Sendable {
    private struct Watched {
        let fault: Fault
        let place: Place
        let mayMiss: Bool
        /// Entries with a greater sequence number came while it was set.
        let after: Int
        var isMet = false
        /// It was removed, replaced or undone.
        var isOver = false
    }
    private var watched: [Watched] = []

    var isEmpty: Bool { watched.isEmpty }

    /// From here on there is this fault, in place of one of the same name.
    mutating func begin(_ fault: Fault, at place: Place, mayMiss: Bool, after journal: [JournalEntry]) {
        end(fault.name, journal)
        let last = journal.last?.sequence ?? 0
        watched.append(Watched(fault: fault, place: place, mayMiss: mayMiss, after: last))
    }

    mutating func end(_ name: String, _ journal: [JournalEntry]) {
        look(at: journal)
        for index in watched.indices where watched[index].fault.name == name { watched[index].isOver = true }
    }

    /// The journal is about to be undone.
    mutating func look(at journal: [JournalEntry]) {
        for index in watched.indices where !watched[index].isOver && !watched[index].isMet {
            let one = watched[index]
            watched[index].isMet = journal.reversed().lazy.prefix { $0.sequence > one.after }.contains { entry in
                guard case .fault(let name, _) = entry.event else { return false }
                return name == one.fault.name
            }
        }
    }

    /// Those that are set, by their places in the order in which they were set.
    var open: Set<Int> { Set(watched.indices.filter { !watched[$0].isOver }) }

    /// What was set at an earlier moment is set again, also what was over since; all that came later is over.
    mutating func goBack(to open: Set<Int>) {
        for index in watched.indices { watched[index].isOver = !open.contains(index) }
    }

    /// Those that no request met; `journals` are all there were.
    func failures(_ journals: [[JournalEntry]]) -> [Failure] {
        watched.filter { !$0.isMet && !$0.mayMiss }.map { Self.failure(of: $0, journals) }
    }

    private static func failure(of one: Watched, _ journals: [[JournalEntry]]) -> Failure {
        let party = one.fault.party
        var asked: [String] = []
        for entry in journals.joined() {
            guard case .exchange(let exchange) = entry.event, exchange.to == party else { continue }
            let operation = "\(exchange.request.method.rawValue) \(exchange.request.path)"
            if !asked.contains(operation) { asked.append(operation) }
        }
        let wanted = one.fault.operation ?? "request"
        let near = one.fault.operation.flatMap { operation in
            Suggestion.nearest(to: operation, among: asked.filter { $0 != operation }).map { "did you mean \"\($0)\"?" }
        }
        let others =
            asked.isEmpty
            ? "nothing was asked of it"
            : asked.contains(wanted)
                ? "it came only before or after" : "it was asked: \(asked.prefix(6).joined(separator: ", "))"
        return Failure(
            one.place, "fault \"\(one.fault.name)\"", expected: "a request that meets it",
            actual: "none did: no \(wanted) came to \(party) while it was set",
            hint: "\(near ?? others); where that is well, say may-miss: true")
    }
}

extension ScenarioRun {
    func beginFault(_ fault: Fault, at place: Place, mayMiss: Bool) {
        let journal = lab.store.journal()
        watchFaults { $0.begin(fault, at: place, mayMiss: mayMiss, after: journal) }
    }

    func endFault(_ name: String) {
        let journal = lab.store.journal()
        watchFaults { $0.end(name, journal) }
    }

    /// Faults that steps set and that nothing met, in all that happened.
    func missedFaults() -> [Failure] {
        guard watchFaults({ !$0.isEmpty }) else { return [] }
        let journal = lab.store.journal()
        let chapters = chapters
        return watchFaults { watch in
            watch.look(at: journal)
            return watch.failures(chapters + [journal])
        }
    }
}
