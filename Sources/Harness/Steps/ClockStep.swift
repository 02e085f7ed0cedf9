package import Kernel
package import Scenario

/// `clock: {advance: 11m}` lets world time pass; `clock: {skew: {github: -90s}}` puts one party's clock wrong.
package struct ClockStep: LabStep {
    package static let keyword = "clock"
    private static let backwards = "world time never runs backwards"
    private static let parts: [ShapeMember] = [
        ShapeMember("advance", .span, "How much world time passes."),
        ShapeMember("skew", .each(.parties, .shift), "How far a party's clock is off."),
    ]
    package static let shape = StepShape(
        "Lets world time pass, or puts a party's clock wrong.", value: .mapping(parts))
    private let advance: Settled<Span>?
    private let place: Place
    private let skews: [(party: Party, span: Settled<Span>)]
    package let expectations: Expectations
    package let saves: Saves

    package init?(_ node: StepNode, _ reading: inout Reading) {
        _ = node.members(of: Self.self, &reading)
        expectations = Expectations(nil, roots: [], &reading)
        saves = Saves(nil, roots: [], &reading)
        guard let members = node.value.members("clock", known: Self.parts.map(\.name), &reading) else { return nil }
        place = members["advance"]?.place ?? node.place
        advance = members["advance"]?.settledSpan(&reading, as: "advance", backwards: true)
        if let span = members["advance"]?.scalarText.flatMap({ Span($0) }), span < .zero {
            reading.report(place, Self.backwards)
        }
        if node.value.members.isEmpty { reading.report(node.value.place, "clock needs \"advance\" or \"skew\"") }
        var skews: [(Party, Settled<Span>)] = []
        if let skew = members["skew"], !skew.isMapping {
            reading.report(
                skew.place, "skew must be a mapping of parties, this is \(skew.typeName)",
                hint: "such as {github: -90s}")
        }
        for member in members["skew"]?.members ?? [] {
            reading.expectName(
                member.name, of: "party", among: reading.vocabulary.parties, at: member.key.place)
            if let span = member.value.settledSpan(&reading, as: "a skew", backwards: true) {
                skews.append((PartyName.party(member.name), span))
            }
        }
        self.skews = skews
    }

    package func perform(in run: ScenarioRun) async throws -> JSONValue {
        for skew in skews { run.lab.clock.setSkew(try skew.span.value(run.variables), of: skew.party) }
        if let advance = try advance?.value(run.variables) {
            guard advance >= .zero else { throw Diagnostic(place, Self.backwards) }
            await run.lab.advance(to: run.lab.clock.now + advance)
        }
        return ["now": .string(run.lab.clock.now.iso8601)]
    }
}
