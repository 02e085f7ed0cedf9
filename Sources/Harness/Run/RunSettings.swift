package import Kernel

/// What a run is given beyond its files and its seed.
package struct RunSettings: Sendable {
    /// What `--var` set.
    package var variables: [String: String] = [:]
    /// The variables of the process, of which a scenario reads those that it names.
    package var environment: [String: String] = [:]
    /// Rules that do not hold, and choices for unknowns, beyond what the files say.
    package var rulesOff: [String] = []
    package var unknowns: [String: String] = [:]
    /// Ends a scenario that takes too long of the host's own time.
    package var guardian: Guardian?
    /// Writes golden traces instead of comparing with them.
    package var updatesGolden = false
    /// Where they wait until all runs have ended; without it each is written as soon as it is judged.
    package var goldenTraces: GoldenTraces?
    /// The folder that holds `scenarios/`.
    package var root = "."
    /// What the repeating command says of that folder; empty if it finds it by itself.
    package var rootFlag = ""
    /// The program that is run after the steps, for the repeating command; nil if there is none.
    package var client: String?
    /// What a result still has when the next one is begun.
    package var keeps = Keeping.journals

    package enum Keeping: Sendable {
        case journals
        /// Counts and the seal of the trace: a hundred thousand results fit into memory.
        case seals
        case counts
    }

    /// Makes the lab of a run; without it each has one that nobody reaches from outside.
    package var makeLab: (@Sendable (LabDefinition, LabOptions) throws -> Lab)?
    /// What comes once all steps have held and before anything is checked; what it gives is against the run.
    package var afterSteps: (@Sendable (ScenarioRun) async -> [Failure])?

    package init() {}

    /// Looks at the host's clock, which nothing in a lab does.
    package struct Guardian: Sendable {
        let limit: Span
        let now: @Sendable () -> Instant
        /// Where somebody sees from outside what does not end.
        let runs: RunsUnderWay?

        package init(limit: Span, runs: RunsUnderWay? = nil, now: @escaping @Sendable () -> Instant) {
            self.limit = limit
            self.runs = runs
            self.now = now
        }
    }
}

/// A scenario took more of the host's time than it may.
struct Overtime: Error, CustomStringConvertible {
    let limit: Span
    var description: String { "it took longer than \(limit.text) of real time" }
}

extension Span {
    /// `5m`, `90s`, `1500ms`: the largest unit that tells it without a remainder.
    package var text: String {
        for (unit, size) in [("d", Int64(86_400_000)), ("h", 3_600_000), ("m", 60_000), ("s", 1000)]
        where milliseconds != 0 && milliseconds % size == 0 {
            return "\(milliseconds / size)\(unit)"
        }
        return "\(milliseconds)ms"
    }
}
