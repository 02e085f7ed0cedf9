package import Kernel
package import Scenario

/// `fault: {name: slow-token, party: github, operation: POST /login/oauth/access_token, answer: {status: 503}, first:
/// 2}` makes something go wrong from here on; `fault: {remove: slow-token}` ends it. As `/_local/faults` reads it.
package struct FaultStep: LabStep {
    package static let keyword = "fault"
    private static let answer = ["status", "headers", "body"]
    private static let parts: [ShapeMember] = [
        ShapeMember("name", .text), ShapeMember("party", .name(.parties), "Who fails."),
        ShapeMember("operation", .text, "A path, or a method and a path."),
        ShapeMember("first", .either([.whole, .text]), "How many requests it strikes; all if it is not said."),
        ShapeMember("answer", .mapping(answer.map { ShapeMember($0, .anything) }), "Is answered instead."),
        ShapeMember("throttle", .flag, "A call is one too many: 429 of the party aws."),
        ShapeMember("delay", .either([.span, .text]), "The answer is late."),
        ShapeMember("drop", .flag, "No answer comes, and the party sees nothing."),
        ShapeMember("duplicate", .flag, "The party sees the request twice."),
        ShapeMember("truncate", .flag, "The party acts, its answer is lost."),
        ShapeMember("remove", .text, "Ends the fault of this name."),
    ]
    package static let shape = StepShape("Makes something go wrong from here on.", value: .mapping(parts))
    private let action: Action
    package let expectations: Expectations
    package let saves: Saves
    package var keeps: [KeptName] {
        guard case .put(let template) = action, let name = template.node["name"] else { return [] }
        return [KeptName(.fault, name.scalarText ?? "", at: name.place)]
    }
    package var takes: [KeptName] {
        guard case .remove(let name, let place) = action else { return [] }
        return [KeptName(.fault, name, at: place, ends: true)]
    }

    private enum Action: Sendable {
        case remove(String, Place)
        case put(Template)
    }

    package init?(_ node: StepNode, _ reading: inout Reading) {
        _ = node.members(of: Self.self, &reading)
        expectations = Expectations(nil, roots: [], &reading)
        saves = Saves(nil, roots: [], &reading)
        guard let members = node.value.members("fault", known: Self.parts.map(\.name), &reading) else { return nil }
        if let remove = members["remove"] {
            guard let name = remove.text(&reading, as: "remove") else { return nil }
            action = .remove(name, remove.place)
            return
        }
        if let party = members["party"], let name = party.scalarText {
            reading.expectName(name, of: "party", among: reading.vocabulary.parties, at: party.place)
        }
        if let answer = members["answer"] {
            _ = answer.members("answer", known: Self.answer, &reading)
        }
        action = .put(Template(node.value, &reading))
        // What names a variable is known only when it happens.
        guard Template.holes(in: node.value).isEmpty else { return }
        do throws(FaultMistake) {
            _ = try Self.fault(node.value.json)
        } catch {
            reading.report(node.value.place, error.description)
        }
    }

    package func perform(in run: ScenarioRun) async throws -> JSONValue {
        let board = run.lab.network.faults
        switch action {
        case .remove(let name, let place):
            let known = board.all.map(\.name)
            guard known.contains(name) else {
                let hint = Suggestion.hint(for: name, among: known) ?? "no fault is set"
                throw Diagnostic(place, "there is no fault \"\(name)\" to remove", hint: hint)
            }
            board.remove(name)
        case .put(let template):
            do {
                board.put(try Self.fault(template.value(run.variables), run.lab.switches))
            } catch let mistake as FaultMistake {
                throw Diagnostic(template.place, mistake.description)
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
