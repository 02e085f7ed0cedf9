package import Kernel
package import Scenario

/// `wait: {until: {aws: GetGatewayTarget, …, expect: …}, within: 5m}` repeats a step on world time until its
/// expectations hold. Nobody really waits.
///
/// Polling hides nothing: an answer that is a failure by itself ends the wait at once unless `expect` speaks of the
/// status, and what `meanwhile` says must hold of every answer, the last one included.
package struct WaitStep: LabStep {
    package static let keyword = "wait"
    private static let parts: [ShapeMember] = [
        ShapeMember("until", .step, "A step with expect.", required: true),
        ShapeMember("meanwhile", .expectations([]), "What must be true of every answer on the way."),
        ShapeMember("within", .span, "How much world time may pass; 5m by default."),
        ShapeMember("every", .span, "How much world time passes between two attempts; 1s by default."),
    ]
    package static let shape = StepShape(
        "Repeats a step on world time until its expectations hold.", value: .mapping(parts))
    private let inner: any LabStep
    private let meanwhile: Expectations
    private let within: Settled<Span>
    private let every: Settled<Span>
    private let place: Place
    package let expectations: Expectations
    package var saves: Saves { inner.saves }
    package var needs: [NeededVariable] { inner.needs }
    package var keeps: [KeptName] { inner.keeps }
    package var takes: [KeptName] { inner.takes }
    package var signsInBy: PlacedName? { inner.signsInBy }
    package var signsIn: [String] { inner.signsIn }
    /// A wait that would ask more often than this is a slip of the pen.
    private static let mostTries = 10_000
    private static let noTime = "every must be longer than nothing"
    /// Where the count of attempts stands in the outcome, for the message.
    private static let tries = "tries"
    /// The same for the world time that passed where that count was the end.
    private static let passed = "passed"

    package init?(_ node: StepNode, _ reading: inout Reading) {
        _ = node.members(of: Self.self, &reading)
        expectations = Expectations(nil, roots: [], &reading)
        guard let members = node.value.members("wait", known: Self.parts.map(\.name), &reading) else { return nil }
        within = members["within"]?.settledSpan(&reading, as: "within") ?? Settled(.minutes(5))
        every = members["every"]?.settledSpan(&reading, as: "every", backwards: true) ?? Settled(.seconds(1))
        place = members["every"]?.place ?? node.place
        if let every = members["every"]?.scalarText.flatMap({ Span($0) }), every <= .zero {
            reading.report(place, Self.noTime)
        }
        guard let until = members.require("until", &reading),
            let placed = reading.vocabulary.step(until, &reading)
        else { return nil }
        guard let step = placed.step as? any LabStep, !(step is WaitStep) else {
            reading.report(until.place, "a wait cannot wait for \(placed.keyword)")
            return nil
        }
        for name in StepShape.common.map(\.name) {
            guard let node = until[name] else { continue }
            reading.report(
                node.place, "the step that a wait repeats has no \(name) of its own",
                hint: name == "timeout" ? "say within: beside until" : "it stands beside wait")
        }
        if step.expectations.isEmpty {
            reading.report(until.place, "a wait needs a step with \"expect\": what is it to wait for?")
        }
        inner = step
        meanwhile = Expectations(
            members["meanwhile"], roots: type(of: step).shape.roots, statusIsWord: step is DeployStep, &reading)
    }

    package var reads: [NamedFile] { inner.reads }

    package func perform(in run: ScenarioRun) async throws -> JSONValue {
        let (within, every) = (try within.value(run.variables), try every.value(run.variables))
        guard every > .zero else { throw Diagnostic(place, Self.noTime) }
        let start = run.lab.clock.now
        let end = start + within
        var tries = 0
        while true {
            tries += 1
            var outcome = try await inner.perform(in: run)
            let variables = run.variables
            let isOver =
                try inner.expectations.misses(in: outcome, variables).isEmpty
                || inner.unexpectedFailure(in: outcome) != nil
                || !meanwhile.misses(in: outcome, variables).isEmpty
            if isOver { return outcome }
            guard run.lab.clock.now < end, tries < Self.mostTries else {
                if var object = outcome.object {
                    object[Self.tries] = .int(Int64(tries))
                    let now = run.lab.clock.now
                    if now < end { object[Self.passed] = .string((now - start).text) }
                    outcome = .object(object)
                }
                return outcome
            }
            try run.laneTurns.expectTime()
            await run.lab.advance(to: min(end, run.lab.clock.now + every))
        }
    }

    package func misses(in outcome: JSONValue, _ variables: Variables) throws(Diagnostic) -> [Expectations.Miss] {
        let broken = try meanwhile.misses(in: outcome, variables)
        guard broken.isEmpty else { return broken }
        // A failure by itself says more than what it lacks.
        guard inner.unexpectedFailure(in: outcome) == nil else { return [] }
        let misses = try inner.misses(in: outcome, variables)
        guard let tries = outcome[Self.tries]?.int else { return misses }
        let told: String
        if let passed = outcome[Self.passed]?.string {
            told = "not in \(passed) of world time: a wait asks \(tries) times at most; say a longer every"
        } else {
            told = try "not within \(within.value(variables).text) of world time, asked \(tries) times"
        }
        return misses.map { miss in
            Expectations.Miss(
                path: miss.path, place: miss.place, expected: miss.expected, actual: miss.actual,
                hint: miss.hint.map { "\($0); \(told)" } ?? told)
        }
    }

    package func unexpectedFailure(in outcome: JSONValue) -> String? { inner.unexpectedFailure(in: outcome) }
}
