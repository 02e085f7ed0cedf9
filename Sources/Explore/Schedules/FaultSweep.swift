import HTTPTypes
package import Harness
import Kernel
package import Scenario

/// Plays a scenario again with one thing going wrong at one edge each time: every exchange between parties, with every
/// kind of trouble in the dialect of the party that answers. The scenario's own expectations may fail then; the
/// invariants may not.
package struct FaultSweep: Sendable {
    private let runner: Runner
    private let root: String
    private let jobs: Int
    private let seed: UInt64

    /// What became of one file.
    package struct Result: Sendable {
        package let file: ScenarioFile
        /// How many variants were played.
        package let variants: Int
        /// Why there are none.
        package let remark: String?
        /// Invariants that do not hold in the file as it is: an attack that the file shows on purpose.
        package let already: [Invariant]
        package let findings: [Finding]
        package let edges: Set<Edge>
    }

    private struct Variant: Sendable {
        let file: ScenarioFile
        let trouble: Trouble
        let source: Source
    }

    package init(_ runner: Runner, root: String, jobs: Int, seed: UInt64) {
        self.runner = runner
        self.root = root
        self.jobs = max(1, jobs)
        self.seed = seed
    }

    package func run(_ file: ScenarioFile, in definition: LabDefinition) async throws -> Result {
        func nothing(_ remark: String, _ edges: Set<Edge> = []) -> Result {
            Result(file: file, variants: 0, remark: remark, already: [], findings: [], edges: edges)
        }
        guard file.skip == nil else { return nothing("it is skipped") }
        let base = await runner.run(file, seed: seed)
        guard base.verdict == .held else { return nothing("it does not hold as it is") }
        let (known, knownEdges) = try audit(base, definition)
        let wanted = troubles(base)
        guard !wanted.isEmpty else { return nothing("no party answers anybody in its steps", knownEdges) }
        let sources = wanted.compactMap { trouble in
            Self.insert(trouble, into: file.source).map { (trouble, $0) }
        }
        let (files, mistakes) = Library.load(sources: sources.map(\.1), root: root)
        let cells = file.cells.count
        guard mistakes.isEmpty, sources.count == wanted.count, files.count == wanted.count * cells else {
            return nothing("no fault can be put before its first step", knownEdges)
        }
        let variants = sources.enumerated().map { index, source in
            // Of a matrix, the cell that the file is: its values may be such as the file itself does not have.
            let cell = (0..<cells).first { files[index * cells + $0].lab == file.lab } ?? 0
            return Variant(file: files[index * cells + cell].inCell(file.cell), trouble: source.0, source: source.1)
        }
        let already = Set(known.map(\.invariant))
        var (findings, edges): ([Int: Finding], Set<Edge>) = ([:], knownEdges)
        try await Lanes(jobs).work(variants.count) { index in
            try audit(await runner.run(variants[index].file, seed: seed), definition)
        } onEach: { index, audited in
            edges.formUnion(audited.1)
            if let new = audited.0.first(where: { !already.contains($0.invariant) }) {
                findings[index] = Finding(
                    seed: seed, violation: new, moves: [.fault(variants[index].trouble)],
                    scenario: variants[index].source.text)
            }
        }
        return Result(
            file: file, variants: variants.count, remark: nil, already: already.sorted { $0.rawValue < $1.rawValue },
            findings: findings.keys.sorted().compactMap { findings[$0] }, edges: edges)
    }

    /// A result of a file that says `faults: all`, with what the faults brought to light. One that cannot be swept is a
    /// check that could not be exercised: it fails.
    /// `tell` is given how many faults there were.
    package func judged(
        _ result: ScenarioResult, in definition: LabDefinition, tell: (Int) -> Void = { _ in }
    ) async throws -> ScenarioResult {
        guard result.file.sweepsFaults, result.verdict == .held else { return result }
        let swept = try await run(result.file, in: definition)
        tell(swept.variants)
        if let remark = swept.remark {
            return result.failing([
                Failure(nil, "faults: all", expected: "a fault at every edge", actual: "none was played, \(remark)")
            ])
        }
        return result.failing(
            swept.findings.map { finding in
                let faults = finding.moves.compactMap { move -> String? in
                    if case .fault(let trouble) = move { JSONValue.object(trouble.json).text } else { nil }
                }
                let first = "to see it, begin the steps with - fault: \(faults.joined(separator: ", "))"
                return Failure(
                    nil, "faults: all", expected: finding.violation.invariant.sentence,
                    actual: finding.violation.text,
                    hint: first)
            })
    }

    /// What a run did against the invariants, and against the check that every run makes of secrets.
    private func audit(_ result: ScenarioResult, _ definition: LabDefinition) throws -> ([Violation], Set<Edge>) {
        var options = LabOptions()
        options.unknowns = result.file.lab.unknowns
        var (found, edges): ([Violation], Set<Edge>) = ([], [])
        for journal in Self.journals(of: result) {
            var auditor = Auditor(lab: try Lab(definition, options))
            found += auditor.read(journal)
            found += LeakCheck.failures(in: journal).map {
                Violation(invariant: .noLeak, sequence: 0, text: $0.actual)
            }
            edges.formUnion(auditor.edges)
        }
        return (found, edges)
    }

    /// Each from the beginning of the run: those that a way of a fork or a step back in time ended, and the last one.
    private static func journals(of result: ScenarioResult) -> [[JournalEntry]] { result.chapters + [result.journal] }

    /// Every kind of trouble at every exchange of its steps that a party made or answered for another.
    private func troubles(_ result: ScenarioResult) -> [Trouble] {
        let first = result.file.steps.first?.place
        let begin = result.records.first { $0.step.place == first }?.after ?? 0
        var (seen, troubles): (Set<String>, [Trouble]) = ([], [])
        for entry in Self.journals(of: result).joined() where entry.sequence > begin {
            guard case .exchange(let exchange) = entry.event, Self.parties.contains(exchange.to) else { continue }
            let operation = "\(exchange.request.method.rawValue) \(exchange.request.path)"
            if seen.insert("\(exchange.to) \(operation)").inserted { troubles += Trouble.of(exchange.to, operation) }
        }
        return troubles
    }

    private static let parties = Set(Party.served + Party.inner)

    /// The file with a fault before its first step; nil where its steps do not begin on a line of their own.
    private static func insert(_ trouble: Trouble, into source: Source) -> Source? {
        var lines = source.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard let steps = lines.firstIndex(of: "steps:"),
            let item = lines[(steps + 1)...].first(where: { $0.contains("- ") && !$0.contains("#") })
        else { return nil }
        let indent = item.prefix { $0 == " " }
        lines.insert("\(indent)- fault: \(JSONValue.object(trouble.json).text)", at: steps + 1)
        return Source(name: source.name, text: lines.joined(separator: "\n"))
    }
}
