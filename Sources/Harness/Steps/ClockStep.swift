package import Kernel
package import Scenario

/// `clock: {advance: 11m}` lets world time pass; `clock: {skew: {github: -90s}}` puts one party's clock wrong.
package struct ClockStep: LabStep {
    package static let keyword = "clock"
    private static let parts: [ShapeMember] = [
        ShapeMember("advance", .span, "How much world time passes."),
        ShapeMember("skew", .names(.span), "How far a party's clock is off."),
    ]
    package static let shape = StepShape(
        "Lets world time pass, or puts a party's clock wrong.", value: .mapping(parts))
    private let advance: Span?
    private let skews: [(party: Party, span: Span)]
    package let expectations: Expectations
    package let saves: Saves

    package init?(_ node: StepNode, _ reading: inout Reading) {
        _ = node.members(of: Self.self, &reading)
        expectations = Expectations(nil, roots: [], &reading)
        saves = Saves(nil, roots: [], &reading)
        guard let members = node.value.members("clock", known: Self.parts.map(\.name), &reading) else { return nil }
        advance = members["advance"]?.span(&reading, as: "advance")
        if let advance, advance < .zero {
            reading.report(members["advance"]?.place ?? node.place, "world time never runs backwards")
        }
        if node.value.members.isEmpty { reading.report(node.value.place, "clock needs \"advance\" or \"skew\"") }
        var skews: [(Party, Span)] = []
        for member in members["skew"]?.members ?? [] {
            reading.expectName(
                member.name, of: "party", among: reading.vocabulary.parties, at: member.key.place)
            if let span = member.value.span(&reading, as: "a skew") {
                skews.append((PartyName.party(member.name), span))
            }
        }
        self.skews = skews
    }

    package func perform(in run: ScenarioRun) async throws -> JSONValue {
        for skew in skews { run.lab.clock.setSkew(skew.span, of: skew.party) }
        if let advance { await run.lab.advance(to: run.lab.clock.now + advance) }
        return ["now": .string(run.lab.clock.now.iso8601)]
    }
}
