package import Kernel
package import Scenario

/// `wait: {until: {aws: GetGatewayTarget, …, expect: …}, within: 5m}` repeats a step on world time until its
/// expectations hold. Nobody really waits.
package struct WaitStep: LabStep {
    package static let keyword = "wait"
    private let inner: any LabStep
    private let within: Span
    private let every: Span
    package let expectations: Expectations
    package var saves: Saves { inner.saves }
    /// A wait that would ask more often than this is a slip of the pen.
    private static let mostTries = 10_000

    package init?(_ node: StepNode, _ reading: inout Reading) {
        _ = node.members([], &reading)
        expectations = Expectations(nil, roots: [], &reading)
        guard let members = node.value.members("wait", known: ["until", "within", "every"], &reading) else {
            return nil
        }
        within = members["within"]?.span(&reading, as: "within") ?? .minutes(5)
        every = members["every"]?.span(&reading, as: "every") ?? .seconds(1)
        if every <= .zero, let place = members["every"]?.place {
            reading.report(place, "every must be longer than nothing")
        }
        guard let until = members.require("until", &reading),
            let placed = reading.vocabulary.step(until, &reading)
        else { return nil }
        guard let step = placed.step as? any LabStep, !(step is WaitStep) else {
            reading.report(until.place, "a wait cannot wait for a wait")
            return nil
        }
        if step.expectations.isEmpty {
            reading.report(until.place, "a wait needs a step with \"expect\": what is it to wait for?")
        }
        inner = step
    }

    package func perform(in run: ScenarioRun) async throws -> JSONValue {
        let end = run.lab.clock.now + within
        var outcome = try await inner.perform(in: run)
        for _ in 0..<Self.mostTries {
            let misses = try inner.expectations.misses(in: outcome, run.variables)
            if misses.isEmpty { return outcome }
            guard every > .zero, run.lab.clock.now < end else { break }
            await run.lab.advance(to: min(end, run.lab.clock.now + every))
            outcome = try await inner.perform(in: run)
        }
        return outcome
    }

    /// The last answer is judged as if the step had stood there alone.
    package func misses(in outcome: JSONValue, _ variables: Variables) throws(Diagnostic) -> [Expectations.Miss] {
        try inner.expectations.misses(in: outcome, variables)
    }

    package func unexpectedFailure(in outcome: JSONValue) -> String? { inner.unexpectedFailure(in: outcome) }
}
