package import Kernel
package import Scenario

/// `browser: ${consent}`: a user opens an address; the robot signs in, decides, and walks to the end.
package struct BrowserStep: LabStep {
    package static let keyword = "browser"
    private static let roots = ["landed", "status", "query", "hops", "page", "decided"]
    package static let shape = StepShape(
        "A user opens an address; the robot signs in, decides, and walks to the end.", value: .text, outcome: roots,
        [
            .asUser,
            ShapeMember("decide", .word(Decision.allCases.map(\.rawValue)), "What is done on the page that asks."),
            ShapeMember("complete", .flag, "Whether the application is told who started the session; true by default."),
        ])
    private let url: Template
    private let user: Who
    private let decision: Decision
    private let completes: Bool
    package let expectations: Expectations
    package let saves: Saves

    package init?(_ node: StepNode, _ reading: inout Reading) {
        let members = node.members(of: Self.self, &reading)
        url = Template(node.value, &reading)
        if url.isConstant, let text = node.value.scalarText, URLParts(text) == nil {
            reading.report(node.value.place, "this is no URL", hint: "such as ${consent}, or https://github.com/login")
        }
        user = Who(members.require("as", &reading), standard: "", "user", among: reading.userNames, &reading)
        let name = members["decide"]?.text(&reading, as: "decide") ?? Decision.approve.rawValue
        if let decide = members["decide"] {
            reading.expectName(
                name, of: "decision", among: Decision.allCases.map(\.rawValue), at: decide.place)
        }
        decision = Decision(rawValue: name) ?? .approve
        completes = members["complete"]?.flag(&reading, as: "complete") ?? true
        expectations = Expectations(members["expect"], roots: Self.roots, &reading)
        saves = Saves(members["save"], roots: Self.roots, &reading)
    }

    package func perform(in run: ScenarioRun) async throws -> JSONValue {
        let address = try url.text(run.variables)
        guard URLParts(address) != nil else { throw Diagnostic(url.place, "this is no URL: \(address)") }
        let user = try user.name(run.variables)
        let walk = await run.lab.consent(url: address, user: user, decision: decision, complete: completes)
        var outcome: JSONObject = [
            "landed": .string(walk.landed), "query": Self.query(of: walk.landed), "decided": .bool(walk.decided),
        ]
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

    /// A person who was asked nothing has denied nothing.
    package func unexpectedFailure(in outcome: JSONValue) -> String? {
        let needsPage: [Decision] = [.deny, .abandon, .expire, .narrowScopes, .revoke]
        if needsPage.contains(decision), outcome["decided"] == false, !speaks(of: "decided") {
            let wanted = decision == .revoke ? "page of a grant" : "consent page"
            return "no \(wanted) was shown on which to \(decision.rawValue); it ended at \(landing(in: outcome))"
        }
        guard !speaks(of: "status"), let status = outcome["status"]?.int, !(200..<400).contains(status) else {
            return nil
        }
        return "the answer was \(status)"
    }

    private func landing(in outcome: JSONValue) -> String {
        String((outcome["landed"]?.string ?? "").prefix { $0 != "?" && $0 != "#" })
    }

    private static func query(of url: String) -> JSONValue {
        let form = Form(parsing: URLParts(url)?.query ?? "")
        var query = JSONObject()
        for pair in form.pairs where query[pair.name] == nil { query.append(pair.name, .string(pair.value)) }
        return .object(query)
    }
}
