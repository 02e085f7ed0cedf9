import Scenario
import Synchronization

/// Golden traces of several runs, written when all have ended: one file serves several cells of a matrix, or several
/// seeds, only where they leave the same trace. Otherwise none is written, whoever came last.
package final class GoldenTraces: Sendable {
    struct Trace: Sendable {
        let path: String
        /// As reports show the path.
        let shown: String
        let text: String
        let place: Place
        /// The run that left it.
        let name: String
        let seed: UInt64

        func write() throws(OutputFile.Failure) { try OutputFile.golden.of(.trace).write(text, to: path) }
    }

    private let traces = Mutex<[Trace]>([])

    package init() {}

    func add(_ trace: Trace) { traces.withLock { $0.append(trace) } }

    /// Writes them, and says of which results a trace could not be written. Traces of other runs are forgotten.
    package func written(_ results: [ScenarioResult]) -> [ScenarioResult] {
        let found = traces.withLock { traces in
            defer { traces = [] }
            return traces
        }
        var places: [String: Int] = [:]
        for (place, result) in results.enumerated() { places["\(result.name) \(result.seed)"] = place }
        func place(of trace: Trace) -> Int? { places["\(trace.name) \(trace.seed)"] }
        var results = results
        // In the order of the runs, whichever ended first.
        let known = found.enumerated().compactMap { number, trace in
            place(of: trace).map { (place: $0, number: number, trace: trace) }
        }
        let order = known.sorted { ($0.place, $0.number) < ($1.place, $1.number) }.map(\.trace)
        for (_, traces) in Dictionary(grouping: order, by: \.path).sorted(by: { $0.key < $1.key }) {
            guard let first = traces.first else { continue }
            var reason: String?
            if traces.allSatisfy({ $0.text == first.text }) {
                do throws(OutputFile.Failure) { try first.write() } catch { reason = error.reason }
            }
            for trace in traces {
                guard let place = place(of: trace) else { continue }
                if let reason {
                    let failure = Failure(
                        trace.place, "golden", expected: "a trace in \(trace.shown)", actual: reason)
                    results[place] = results[place].failing([failure])
                } else if let other = traces.first(where: { $0.text != trace.text }) {
                    results[place] = results[place].failing([Self.conflict(trace, other)])
                }
            }
        }
        return results
    }

    private static func conflict(_ trace: Trace, _ other: Trace) -> Failure {
        let byCell = trace.name != other.name
        let value = byCell ? "a value of the matrix" : "the seed"
        return Failure(
            trace.place, "golden", expected: "one trace of all runs that \(trace.shown) is for",
            actual: byCell ? "several; nothing was written" : "several, one for each seed; nothing was written",
            hint: "a golden trace serves one run: let its name have \(value), such as "
                + (byCell ? "\"${user}.trace\"" : "\"${seed}.trace\""))
    }
}
