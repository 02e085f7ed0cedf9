import Kernel
import Scenario

/// A scenario from its first step to its last check.
struct Performance: Sendable {
    let file: ScenarioFile
    let run: ScenarioRun
    /// How deep inside other steps.
    var depth = 0
    /// Whether nothing is to be done after these steps but `finally`.
    var isLast = false

    /// What came of a scenario.
    struct Ending {
        var failures: [Failure] = []
        /// What kept it from going on.
        var mistake: Failure?
        /// Whether that ended the steps: what is wrong after them may come of it.
        var isCause = false

        /// All of it, what others come of before them.
        var told: [Failure] {
            let mistakes = [mistake].compactMap(\.self)
            return isCause ? mistakes + failures : failures + mistakes
        }
    }

    /// Everything: what is given, the steps, what is done at the end in any case, and the checks, which see all of it.
    func perform() async -> Ending {
        var ending = Ending()
        do {
            ending.failures = try await begin()
        } catch {
            ending.mistake = mistake(error)
            ending.isCause = true
        }
        let held = ending.failures.isEmpty && ending.mistake == nil
        await finish(&ending)
        do {
            // What comes after a failing step has no meaning, but a leak is one whatever else happened.
            ending.failures += held ? try await judgeAll() : run.leaks()
        } catch {
            if ending.mistake == nil { ending.mistake = mistake(error) }
        }
        return ending
    }

    /// The whole run against what the file says of it. Ways of a fork at its end were judged one by one.
    private func judgeAll() async throws -> [Failure] {
        try await judge(file.steps.endsInWays ? [] : file.then) + run.missedFaults()
    }

    private func begin() async throws -> [Failure] {
        for item in file.given {
            let failures = try await include(item)
            if !failures.isEmpty { return failures.map { $0.told(in: "given \(item.name)") } }
        }
        var main = self
        main.isLast = true
        var failures = try await main.perform(file.steps)
        if failures.isEmpty, let afterSteps = run.settings.afterSteps { failures = await afterSteps(run) }
        guard failures.isEmpty, let timeout = file.timeout else { return failures }
        return try overdue(timeout, since: run.lab.options.start, file.timeoutPlace ?? file.place, "timeout")
    }

    /// Each step of `finally`, whatever became of the one before.
    private func finish(_ ending: inout Ending) async {
        for step in file.finally {
            do {
                ending.failures += try await perform([step])
            } catch {
                if ending.mistake == nil { ending.mistake = mistake(error) }
            }
        }
    }

    /// One end of several, to which the steps come by a way of a fork: what is done at the end in any case, and the
    /// checks, which see all of it.
    func judgeEnd() async throws -> [Failure] {
        guard !file.then.isEmpty else { return [] }
        var last = self
        (last.depth, last.isLast) = (0, false)
        var failures: [Failure] = []
        for step in file.finally { failures += try await last.perform([step]) }
        return failures.isEmpty ? try await judge(file.then) : failures
    }

    private func mistake(_ error: any Error) -> Failure {
        if let error = error as? Diagnostic { return Failure(error, run.mask) }
        return Failure(file.place, "the run", expected: "an end", actual: "\(error)")
    }

    /// A fragment with its variables.
    func include(_ item: GivenFragment) async throws -> [Failure] {
        for setting in item.settings { run.set(setting.name, try setting.value.value(run.variables)) }
        return try await perform(item.fragment.steps)
    }

    /// What a `then` block has against the journal as it is now.
    func judge(_ checks: [PlacedCheck]) async throws -> [Failure] {
        guard !checks.isEmpty else { return run.leaks() }
        let evidence = Evidence(run: run, file: file)
        var failures: [Failure] = []
        for placed in checks {
            guard let check = placed.check as? any JournalCheck else {
                throw Diagnostic(placed.place, "the harness cannot judge \"\(placed.keyword)\"")
            }
            failures += try await check.judge(evidence)
        }
        return failures + run.leaks()
    }

    /// Steps in their order, up to the first that does not hold.
    func perform(_ steps: [PlacedStep]) async throws -> [Failure] {
        for (index, placed) in steps.enumerated() {
            try await run.laneTurns.step()
            try await run.lab.advance(to: run.lab.clock.now + file.pace.value(run.variables))
            let (begun, sequence) = (run.lab.clock.now, run.lab.store.lastSequence)
            let record = run.begin(
                StepRecord(
                    step: placed, label: try placed.label?.text(run.variables), depth: depth, at: begun,
                    after: sequence, last: sequence, held: false))
            var failures = try await failures(
                of: placed, after: sequence, isLast: isLast && index == steps.count - 1)
            if let timeout = placed.timeout, failures.isEmpty {
                let place = placed.node["timeout"]?.place ?? placed.place
                failures = try overdue(timeout, since: begun, place, placed.title)
            }
            run.end(record, held: failures.isEmpty)
            if !failures.isEmpty { return failures }
        }
        return []
    }

    private func overdue(
        _ timeout: Settled<Span>, since begin: Instant, _ place: Place, _ what: String
    ) throws -> [Failure] {
        let timeout = try timeout.value(run.variables)
        let took = run.lab.clock.now - begin
        guard took > timeout else { return [] }
        return [
            Failure(
                place, what, expected: "an end within \(timeout.text) of world time",
                actual: "\(took.text) passed")
        ]
    }

    private func failures(of placed: PlacedStep, after sequence: Int, isLast: Bool) async throws -> [Failure] {
        if let block = placed.step as? any BlockStep {
            var inner = self
            inner.depth += 1
            inner.isLast = isLast
            return try await block.play(placed, in: inner)
        }
        guard let step = placed.step as? any LabStep else {
            throw Diagnostic(placed.place, "the harness cannot do \"\(placed.keyword)\"")
        }
        return try await failures(of: step, placed, after: sequence)
    }

    private func failures(of step: any LabStep, _ placed: PlacedStep, after sequence: Int) async throws -> [Failure] {
        let outcome: JSONValue
        do {
            outcome = try await step.perform(in: run)
        } catch let failure as SignInFailure {
            return [
                try Failure(
                    placed.place, placed.keyword, expected: "a sign-in", actual: "\(failure)",
                    exchange: exchange(after: sequence), step: name(of: placed))
            ]
        }
        let misses = try step.misses(in: outcome, run.variables)
        if !misses.isEmpty {
            let (exchange, mask, name) = (exchange(after: sequence), run.mask, try name(of: placed))
            return misses.map { miss in
                Failure(
                    miss.place, miss.path, expected: mask.text(miss.expected), actual: mask.text(miss.actual),
                    hint: miss.hint.map { mask.text($0) }, exchange: exchange, step: name)
            }
        }
        if let reason = step.unexpectedFailure(in: outcome) {
            return [
                try Failure(
                    placed.place, placed.keyword, expected: "a success", actual: run.mask.text(reason),
                    hint: "say what you expect instead", exchange: exchange(after: sequence), step: name(of: placed))
            ]
        }
        do throws(Diagnostic) {
            try run.keep(step.saves, from: outcome)
        } catch {
            // What is saved is expected to be there.
            return [
                try Failure(
                    error.place, error.message, expected: "a value", actual: "nothing",
                    hint: error.hint.map { run.mask.text($0) }, exchange: exchange(after: sequence),
                    step: name(of: placed))
            ]
        }
        return []
    }

    /// What a step does, and what people call it.
    private func name(of placed: PlacedStep) throws -> String {
        try placed.label.map { "\(try $0.text(run.variables)) (\(placed.title))" } ?? placed.title
    }

    /// The last exchange that somebody outside the parties began in this step: the one the outcome was made of.
    private func exchange(after sequence: Int) -> String? {
        let journal = run.lab.store.journal(after: sequence)
        let last = journal.last { entry in
            guard case .exchange(let exchange) = entry.event else { return false }
            return !Party.served.contains(exchange.from)
        }
        guard let last, case .exchange(let exchange) = last.event else { return nil }
        return TraceText(run.lab.store.journal(), secrets: run.secrets).long(exchange)
    }
}
