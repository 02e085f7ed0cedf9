import Kernel
import Scenario
import Synchronization

/// Golden traces of several runs, written when all have ended: one file serves several seeds only where they leave the
/// same trace. Otherwise none is written, whoever came last.
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
        let byRun = trace.name != other.name
        return Failure(
            trace.place, "golden", expected: "one trace of all runs that \(trace.shown) is for",
            actual: byRun ? "several; nothing was written" : "several, one for each seed; nothing was written",
            hint: byRun
                ? "a golden trace serves one run: \(other.name) needs another name"
                : "a golden trace serves one run: let its name have the seed, such as \"${seed}.trace\"")
    }
}

extension ScenarioFile {
    /// Golden traces that several runs or ends of the file would share, as far as their names are known: in each cell
    /// of its matrix, in each round of a loop, at the end of each way of a fork.
    func sharedGoldenTraces(_ cells: [ScenarioFile]) -> [Diagnostic] {
        let all = given.map(\.fragment.steps) + [steps, finally]
        let ends = (then.flatMap(\.check.reads) + all.flatMap(\.endsOfRuns)).filter(\.isOfTheRun)
        guard !ends.isEmpty else { return [] }
        let open = Set(all.flatMap(\.names))
        let variables = cells.map { $0.variables(but: open) }
        var mistakes: [Diagnostic] = []
        var known: Set<String> = []
        for file in ends {
            let names = variables.compactMap { try? file.name.text($0) }
            let place = file.name.place
            if let double = names.first(where: { name in names.count { $0 == name } > 1 }) {
                let values = cells[0].cell.map { "${\($0.name)}" }.joined(separator: "-")
                mistakes.append(
                    Diagnostic(
                        place, "\"\(double)\" would be the golden trace of several cells of the matrix",
                        hint: "let its name have the values that tell them apart, such as \"\(values).trace\""))
            } else if !names.allSatisfy({ known.insert($0).inserted }) {
                mistakes.append(
                    Diagnostic(
                        place, "\"\(names[0])\" would be the golden trace of several ends",
                        hint: "give each end a name of its own"))
            }
        }
        return mistakes
    }

    /// What a run of this cell begins with, but for names that steps give other values.
    private func variables(but open: Set<String>) -> Variables {
        var values = JSONObject()
        for (name, value) in cell where !open.contains(name) { values[name] = value }
        for (name, template) in settings where !open.contains(name) {
            if let value = try? template.value(Variables(values)) { values[name] = value }
        }
        return Variables(values)
    }
}

extension [PlacedStep] {
    /// Variables that they, or steps inside them, give a value.
    fileprivate var names: [String] {
        flatMap { placed in
            placed.step.defines + placed.step.blocks.flatMap { $0.settings.map(\.name) + $0.steps.names }
        }
    }

    /// What the checks at the ends of ways read, one for each time that an end is come to.
    fileprivate var endsOfRuns: [NamedFile] {
        flatMap { placed in
            let inner = placed.step.reads + placed.step.blocks.flatMap(\.steps.endsOfRuns)
            guard let loop = placed.step as? ForEachStep, loop.isSeveralRounds else { return inner }
            return inner + inner
        }
    }
}
