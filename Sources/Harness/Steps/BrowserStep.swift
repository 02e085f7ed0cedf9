package import Kernel
package import Scenario

/// `browser: ${consent}`: a user opens an address; the robot signs in, decides, and walks to the end.
package struct BrowserStep: LabStep {
    package static let keyword = "browser"
    private static let decisions = Decision.allCases.map(\.rawValue)
    private static let roots = ["landed", "status", "query", "hops", "page", "decided"]
    package static let shape = StepShape(
        "A user opens an address; the robot signs in, decides, and walks to the end.", value: .text, outcome: roots,
        [
            .asUser,
            ShapeMember("decide", .word(decisions), "What is done on the page that asks."),
            ShapeMember("complete", .flag, "Whether the application is told who started the session; true by default."),
        ])
    private let url: Template
    private let user: Who
    /// Nil for an approval; a variable is known only when it happens.
    private let decision: Template?
    private let completes: Settled<Bool>
    package let expectations: Expectations
    package let saves: Saves

    package init?(_ node: StepNode, _ reading: inout Reading) {
        let members = node.members(of: Self.self, &reading)
        url = Template(node.value, &reading)
        if url.isConstant, let text = node.value.scalarText, URLParts(text) == nil {
            reading.report(node.value.place, "this is no URL", hint: "such as ${consent}, or https://github.com/login")
        }
        user = Who(members.require("as", &reading), standard: "", "user", among: reading.userNames, &reading)
        if let decide = members["decide"], let name = decide.text(&reading, as: "decide") {
            reading.expectName(name, of: "decision", among: Self.decisions, at: decide.place)
        }
        decision = members["decide"].map { Template($0, &reading) }
        completes = members["complete"]?.settledFlag(&reading, as: "complete") ?? Settled(true)
        expectations = Expectations(members["expect"], roots: Self.roots, &reading)
        saves = Saves(members["save"], roots: Self.roots, &reading)
    }

    package func perform(in run: ScenarioRun) async throws -> JSONValue {
        let address = try url.text(run.variables)
        guard URLParts(address) != nil else { throw Diagnostic(url.place, "this is no URL: \(address)") }
        let user = try user.name(run.variables)
        let decision = try decision(run.variables)
        let completes = try completes.value(run.variables)
        let walk = await run.lab.consent(url: address, user: user, decision: decision, complete: completes)
        var outcome: JSONObject = [
            "landed": .string(walk.landed), "query": Self.query(of: walk.landed), "decided": .bool(walk.decided),
        ]
        if walk.missed(decision, isSaid: self.decision != nil) { outcome[Self.unasked] = .string(decision.rawValue) }
        if walk.status == nil, walk.hops.count == 1 {
            outcome[Self.unopened] = .string(run.lab.whyUnopened(address))
        }
        // Every address taken apart: only if somebody wants to see them.
        if speaks(of: "hops") || saves.roots.contains("hops") {
            outcome["hops"] = .array(
                walk.hops.map { hop in
                    [
                        "method": .string(hop.method), "url": .string(hop.url),
                        "path": .string(URLParts(hop.url)?.path ?? ""), "query": Self.query(of: hop.url),
                        "status": hop.status.map { .int(Int64($0)) } ?? .null,
                    ]
                })
        }
        // A place outside the lab is not opened: it has no status and no page.
        if let status = walk.status {
            outcome["status"] = .int(Int64(status))
            outcome["page"] = .string(run.lastAnswer(to: Party("\(user)'s browser"))?.bodyText ?? "")
        }
        return .object(outcome)
    }

    private func decision(_ variables: Variables) throws(Diagnostic) -> Decision {
        guard let decision else { return .approve }
        let name = try decision.text(variables)
        if let known = Decision(rawValue: name) { return known }
        throw Diagnostic(
            decision.place, "there is no decision \"\(name)\"",
            hint: Suggestion.hint(for: name, among: Self.decisions))
    }

    /// Where it stands in the outcome, for the message, that no page was there for a decision.
    private static let unasked = "unasked"
    /// The same where the first address was not opened.
    private static let unopened = "unopened"

    package func unexpectedFailure(in outcome: JSONValue) -> String? {
        if let reason = outcome[Self.unopened]?.string, !speaks(of: "status", "hops") { return reason }
        let status = outcome["status"]?.int
        let isRefusal = status.map { !(200..<400).contains($0) } ?? false
        if let decision = outcome[Self.unasked]?.string, !speaks(of: "decided"),
            // Whoever expects to be refused wanted to approve in vain.
            decision != Decision.approve.rawValue || !isRefusal || !speaks(of: "status")
        {
            let wanted = decision == Decision.revoke.rawValue ? "page of a grant" : "consent page"
            return "no \(wanted) was shown on which to \(decision); it ended at \(landing(in: outcome))"
        }
        guard isRefusal, !speaks(of: "status"), let status else { return nil }
        return "the answer was \(status)"
    }

    private func landing(in outcome: JSONValue) -> String {
        String((outcome["landed"]?.string ?? "").prefix { $0 != "?" && $0 != "#" })
    }

    private static func query(of url: String) -> JSONValue {
        .object(Form(parsing: URLParts(url)?.query ?? "").values)
    }
}
