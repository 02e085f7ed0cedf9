// Explore asks what the scenario library is worth: it breaks rules, searches what runs produced, and lets chance order
// events. It runs labs through the harness and holds no rule of any party.

package import Harness
package import Kernel
package import Scenario

/// What became of a library with one rule off.
package struct Mutation: Sendable {
    package let rule: Rule
    /// Scenarios that hold with the rule and not without it.
    package let noticedBy: [ScenarioFile]
    /// Scenarios that say `breaks:` of this rule and held without it all the same.
    package let deaf: [ScenarioFile]
    /// How many were asked: those that hold with the rule on.
    package let asked: Int

    /// Nobody noticed, or somebody who said so did not.
    package var survived: Bool { noticedBy.isEmpty || !deaf.isEmpty }
}

/// Turns every rule off, one at a time, and plays the library each time.
///
/// A rule that nobody misses is either without effect or without a test: both are worth knowing.
package struct MutationRun: Sendable {
    private let runner: Runner
    private let files: [ScenarioFile]
    private let seed: UInt64
    private let jobs: Int

    /// Skipped files are left out; `jobs` are played at a time, at least one.
    package init(_ files: [ScenarioFile], with runner: Runner, seed: UInt64, jobs: Int) {
        self.files = files.filter { $0.skip == nil }
        self.runner = runner
        self.seed = seed
        self.jobs = max(1, jobs)
    }

    /// Scenarios that do not hold as they are: nothing can be learned from their failing.
    package func brokenAlready() async -> [ScenarioResult] {
        await runner.run(files, jobs: jobs, seed: seed).filter { $0.verdict != .held }
    }

    /// One result for each of `rules`, in their order; `onResult` hears of each as it is done. With `quick` only the
    /// scenarios that say they break a rule are asked, where there are any.
    package func run(
        _ rules: [Rule], quick: Bool = false, onResult: (Mutation) -> Void = { _ in }
    ) async -> [Mutation] {
        var mutations: [Mutation] = []
        for rule in rules {
            let mutation = await mutation(rule, quick: quick)
            onResult(mutation)
            mutations.append(mutation)
        }
        return mutations
    }

    private func mutation(_ rule: Rule, quick: Bool) async -> Mutation {
        // A scenario whose own lab has the rule off says nothing about it.
        let able = files.filter { !$0.lab.rulesOff.contains(rule.name) }
        let bound = able.filter { $0.breaks.contains { $0.name == rule.name } }
        let asked = quick && !bound.isEmpty ? bound : able
        let results = await verdicts(of: asked, without: rule)
        let noticing = zip(asked, results).filter { $1 != .held }.map(\.0)
        return Mutation(
            rule: rule, noticedBy: noticing,
            deaf: zip(asked, results).filter { file, verdict in
                verdict == .held && file.breaks.contains { $0.name == rule.name }
            }.map(\.0),
            asked: asked.count)
    }

    private func verdicts(of asked: [ScenarioFile], without rule: Rule) async -> [ScenarioResult.Verdict] {
        var verdicts = [ScenarioResult.Verdict](repeating: .held, count: asked.count)
        // Nothing in it throws.
        try? await Lanes(jobs).work(asked.count) { index in
            await runner.run(asked[index], seed: seed, rulesOff: [rule.name]).verdict
        } onEach: { index, verdict in
            verdicts[index] = verdict
        }
        return verdicts
    }
}

extension Mutation {
    package var json: JSONValue {
        [
            "rule": .string(rule.name), "statement": .string(rule.statement), "asked": .int(Int64(asked)),
            "noticedBy": .strings(noticedBy.map(\.name)), "deaf": .strings(deaf.map(\.name)),
            "survived": .bool(survived),
        ]
    }

    /// One line of the table: the rule, how many noticed, and the first of them.
    package func line(width: Int) -> String {
        let name = rule.name + String(repeating: " ", count: max(0, width - rule.name.utf8.count))
        let count = "\(noticedBy.count)"
        let padded = String(repeating: " ", count: max(0, 4 - count.utf8.count)) + count
        let first = noticedBy.first { $0.breaks.contains { $0.name == rule.name } } ?? noticedBy.first
        let shown = first.map { $0.name } ?? "nobody noticed"
        return "\(survived ? "SURVIVED" : "caught  ") \(name) \(padded) of \(asked)  \(shown)"
    }
}
