import Kernel
package import Scenario

/// Runs scenarios, each in a lab of its own.
package struct Runner: Sendable {
    private let definitions: [String: LabDefinition]
    private let variables: [String: String]

    /// - Parameters:
    ///   - definitions: by the names that scenarios give in `lab`.
    ///   - variables: what `--var` set.
    package init(definitions: [String: LabDefinition], variables: [String: String] = [:]) {
        self.definitions = definitions
        self.variables = variables
    }

    package init(definition: LabDefinition, variables: [String: String] = [:]) {
        self.init(definitions: [definition.name: definition], variables: variables)
    }

    /// Runs many, at most `jobs` at a time, and gives the results in the order of the files. After a failure with
    /// `failFast` none is begun, so there may be fewer results than files.
    package func run(
        _ files: [ScenarioFile], jobs: Int = 1, seed: UInt64 = 1, failFast: Bool = false
    ) async -> [ScenarioResult] {
        var results: [Int: ScenarioResult] = [:]
        await withTaskGroup(of: (Int, ScenarioResult).self) { group in
            var next = 0
            var isStopped = false
            func begin() {
                guard next < files.count, !isStopped else { return }
                let (index, file) = (next, files[next])
                next += 1
                group.addTask { (index, await run(file, seed: seed)) }
            }
            for _ in 0..<max(1, jobs) { begin() }
            for await (index, result) in group {
                results[index] = result
                if failFast, result.verdict != .held { isStopped = true }
                begin()
            }
        }
        return results.keys.sorted().compactMap { results[$0] }
    }

    package static func run(_ file: ScenarioFile, definition: LabDefinition, seed: UInt64) async -> ScenarioResult {
        await Runner(definitions: [file.lab.name: definition]).run(file, seed: seed)
    }

    /// `rulesOff` are rules that do not hold beyond what the file says, to see that it notices.
    package func run(_ file: ScenarioFile, seed: UInt64 = 1, rulesOff: [String] = []) async -> ScenarioResult {
        let off = file.lab.rulesOff + rulesOff
        func ended(_ verdict: ScenarioResult.Verdict, _ failures: [Failure], _ lab: Lab?) -> ScenarioResult {
            ScenarioResult(
                file: file, seed: seed, verdict: verdict, failures: failures, journal: lab?.store.journal() ?? [],
                rulesOff: off, transactionCount: lab?.store.transactionCount ?? 0)
        }
        guard let definition = definitions[file.lab.name] else {
            let known = definitions.keys.sorted().joined(separator: ", ")
            return ended(
                .error, [Failure(file.place, "lab", expected: "one of \(known)", actual: file.lab.name)], nil)
        }
        var options = LabOptions()
        options.seed = seed
        options.rulesOff = Set(off)
        options.unknowns = file.lab.unknowns
        let lab: Lab
        do {
            lab = try Lab(definition, options)
        } catch {
            return ended(.error, [Failure(file.place, "the lab", expected: "a lab", actual: "\(error)")], nil)
        }
        let run = ScenarioRun(lab: lab, variables: variables)
        do {
            let failures = try await Performance(file: file, run: run).perform()
            return ended(failures.isEmpty ? .held : .failed, failures, lab)
        } catch let error as Diagnostic {
            return ended(.error, [Failure(error)], lab)
        } catch {
            return ended(.error, [Failure(file.place, "the run", expected: "an end", actual: "\(error)")], lab)
        }
    }
}

extension Failure {
    /// A mistake of the author that showed only while the scenario ran.
    init(_ diagnostic: Diagnostic) {
        self.init(
            diagnostic.place, diagnostic.message, expected: "a value", actual: "none", hint: diagnostic.hint)
    }
}
