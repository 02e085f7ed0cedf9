import Kernel
import Scenario

/// A scenario from its first step to its last check.
struct Performance {
    let file: ScenarioFile
    let run: ScenarioRun

    /// What did not hold; empty if all did.
    ///
    /// - Throws: what kept the run from going on.
    func perform() async throws -> [Failure] {
        for item in file.given {
            for setting in item.settings {
                var reading = Reading(Vocabulary())
                run.set(setting.name, try Template(setting.value, &reading).value(run.variables))
            }
            let failures = try await perform(item.fragment.steps)
            if !failures.isEmpty { return failures }
        }
        let failures = try await perform(file.steps)
        // What comes after a failing step has no meaning, but a leak is one whatever else happened.
        return try failures.isEmpty ? judge() : failures + LeakCheck.failures(in: run.lab.store.journal())
    }

    private func judge() throws -> [Failure] {
        let evidence = Evidence(lab: run.lab, variables: run.variables)
        var failures: [Failure] = []
        for placed in file.then {
            guard let check = placed.check as? any JournalCheck else {
                throw Diagnostic(placed.place, "the harness cannot judge \"\(placed.keyword)\"")
            }
            failures += try check.judge(evidence)
        }
        return failures + LeakCheck.failures(in: evidence.entries)
    }

    private func perform(_ steps: [PlacedStep]) async throws -> [Failure] {
        for placed in steps {
            guard let step = placed.step as? any LabStep else {
                throw Diagnostic(placed.place, "the harness cannot do \"\(placed.keyword)\"")
            }
            await run.lab.advance(to: run.lab.clock.now + file.pace)
            let before = run.lab.store.journal().last?.sequence ?? 0
            let failures = try await failures(of: step, placed, after: before)
            if !failures.isEmpty { return failures }
        }
        return []
    }

    private func failures(of step: any LabStep, _ placed: PlacedStep, after sequence: Int) async throws -> [Failure] {
        let outcome: JSONValue
        do {
            outcome = try await step.perform(in: run)
        } catch let failure as SignInFailure {
            let exchange = exchange(after: sequence)
            return [
                Failure(placed.place, placed.keyword, expected: "a sign-in", actual: "\(failure)", exchange: exchange)
            ]
        }
        let misses = try step.misses(in: outcome, run.variables)
        if !misses.isEmpty {
            let exchange = exchange(after: sequence)
            return misses.map { miss in
                Failure(
                    miss.place, miss.path, expected: miss.expected, actual: masked(miss.actual), hint: miss.hint,
                    exchange: exchange)
            }
        }
        if let reason = step.unexpectedFailure(in: outcome) {
            return [
                Failure(
                    placed.place, placed.keyword, expected: "a success", actual: reason,
                    hint: "say what you expect instead", exchange: exchange(after: sequence))
            ]
        }
        do throws(Diagnostic) {
            try run.keep(step.saves, from: outcome)
        } catch {
            // What is saved is expected to be there.
            return [
                Failure(
                    error.place, error.message, expected: "a value", actual: "nothing", hint: error.hint,
                    exchange: exchange(after: sequence))
            ]
        }
        return []
    }

    private func masked(_ text: String) -> String { SecretMask(run.lab.store.journal()).text(text) }

    /// The last exchange that somebody outside the parties began in this step: the one the outcome was made of.
    private func exchange(after sequence: Int) -> String? {
        let journal = run.lab.store.journal()
        let last = journal.last { entry in
            guard entry.sequence > sequence, case .exchange(let exchange) = entry.event else { return false }
            return !Party.served.contains(exchange.from)
        }
        guard let last, case .exchange(let exchange) = last.event else { return nil }
        return TraceText(journal).long(exchange)
    }
}
