package import Kernel
package import Scenario

/// `fault: {name: slow-token, party: github, operation: POST /login/oauth/access_token, answer: {status: 503}, first:
/// 2}` makes something go wrong from here on; `fault: {remove: slow-token}` ends it. As `/_local/faults` reads it.
///
/// A fault that no request met fails the run: what was to go wrong never did, and nothing was shown.
package struct FaultStep: LabStep {
    package static let keyword = "fault"
    private static let mayMiss = "may-miss"
    private static let answer = [
        ShapeMember("status", .either([.whole, .text]), "From 100 to 599.", required: true),
        ShapeMember("headers", .names(.text), "Header fields."), ShapeMember("body", .anything, "Text, or JSON."),
    ]
    private static let parts: [ShapeMember] = [
        ShapeMember("name", .text, "By which it is ended."), ShapeMember("party", .name(.parties), "Who fails."),
        ShapeMember("operation", .text, "A path, or a method and a path."),
        ShapeMember("first", .either([.whole, .text]), "How many requests it strikes; all if it is not said."),
        ShapeMember("answer", .mapping(answer), "Is answered instead."),
        ShapeMember("throttle", .flag, "A call is one too many: 429 of the party aws."),
        ShapeMember("delay", .either([.span, .text]), "The answer is late: world time moves, and nobody waits."),
        ShapeMember("drop", .flag, "No answer comes, and the party sees nothing."),
        ShapeMember("duplicate", .flag, "The party sees the request twice."),
        ShapeMember("truncate", .flag, "The party acts, its answer is lost."),
        ShapeMember("may-miss", .flag, "Whether all is well if no request meets it; false by default."),
        ShapeMember("remove", .text, "Ends the fault of this name."),
    ]
    private static let kinds = ["answer", "throttle", "delay", "drop", "duplicate", "truncate"]
    private static let needed = [["remove"]] + kinds.map { ["name", "party", $0] }
    package static let shape = StepShape(
        "Makes something go wrong from here on.", value: .having(needed, .mapping(parts)))
    private let action: Action
    package let expectations: Expectations
    package let saves: Saves
    package var keeps: [KeptName] {
        guard case .put(let template, _) = action, let name = template.node["name"] else { return [] }
        return [KeptName(.fault, name.scalarText ?? "", at: name.place)]
    }
    package var takes: [KeptName] {
        guard case .remove(let name) = action else { return [] }
        return [KeptName(.fault, name.node.scalarText ?? "", at: name.place, ends: true)]
    }

    private enum Action: Sendable {
        case remove(Template)
        case put(Template, mayMiss: Settled<Bool>)
    }

    package init?(_ node: StepNode, _ reading: inout Reading) {
        _ = node.members(of: Self.self, &reading)
        expectations = Expectations(nil, roots: [], &reading)
        saves = Saves(nil, roots: [], &reading)
        let before = reading.diagnostics.count
        guard let members = node.value.members("fault", known: Self.parts.map(\.name), &reading) else { return nil }
        if let remove = members["remove"] {
            guard remove.text(&reading, as: "remove") != nil else { return nil }
            for member in node.value.members where member.name != "remove" {
                reading.report(member.key.place, "remove ends a fault: \"\(member.name)\" has no use beside it")
            }
            action = .remove(Template(remove, &reading))
            return
        }
        if let party = members["party"], let name = party.scalarText {
            reading.expectName(name, of: "party", among: reading.vocabulary.parties, at: party.place)
        }
        if let operation = members["operation"] {
            reading.expectNoSlip(ofPath: operation, party: members["party"])
        }
        if let answer = members["answer"] {
            _ = answer.members("answer", known: Self.answer.map(\.name), &reading)
        }
        let mayMiss = members[Self.mayMiss]?.settledFlag(&reading, as: Self.mayMiss) ?? Settled(false)
        action = .put(Template(node.value, &reading), mayMiss: mayMiss)
        // What names a variable is known only when it happens, and a misspelt member is told already.
        guard Template.holes(in: node.value).isEmpty, reading.diagnostics.count == before else { return }
        do throws(FaultMistake) {
            _ = try Self.fault(node.value.json)
        } catch {
            reading.report(Self.place(of: error, in: node.value), error.description)
        }
    }

    /// As near to what is wrong as the file says something.
    private static func place(of mistake: FaultMistake, in node: DocumentNode) -> Place {
        var node = node
        for name in mistake.path { node = node[name] ?? node }
        return node.place
    }

    package func perform(in run: ScenarioRun) async throws -> JSONValue {
        let board = run.lab.network.faults
        switch action {
        case .remove(let template):
            let name = try template.text(run.variables)
            let known = board.all.map(\.name)
            guard known.contains(name) else {
                let hint = Suggestion.hint(for: name, among: known) ?? "no fault is set"
                throw Diagnostic(template.place, "there is no fault \"\(name)\" to remove", hint: hint)
            }
            run.endFault(name)
            board.remove(name)
        case .put(let template, let mayMiss):
            do {
                let value = try template.value(run.variables)
                let fault = try Self.fault(value, run.lab.switches)
                run.beginFault(fault, at: template.place, mayMiss: try mayMiss.value(run.variables))
                board.put(fault)
            } catch let mistake as FaultMistake {
                throw Diagnostic(Self.place(of: mistake, in: template.node), mistake.description)
            }
        }
        return [:]
    }

    private static func fault(
        _ json: JSONValue, _ switches: Switches = Switches()
    ) throws(FaultMistake) -> Fault {
        var object = json.object ?? [:]
        if let party = object["party"]?.string { object["party"] = .string(PartyName.party(party).rawValue) }
        return try Fault(json: object, switches)
    }
}
