package import Kernel
package import Scenario

/// `fault: {name: slow-token, party: github, operation: POST /login/oauth/access_token, answer: {status: 503}, first:
/// 2}` makes something go wrong from here on; `fault: {remove: slow-token}` ends it. As `/_local/faults` reads it.
package struct FaultStep: LabStep {
    package static let keyword = "fault"
    private let action: Action
    package let expectations: Expectations
    package let saves: Saves

    private enum Action: Sendable {
        case remove(String)
        case put(Template)
    }

    package init?(_ node: StepNode, _ reading: inout Reading) {
        _ = node.members([], &reading)
        expectations = Expectations(nil, roots: [], &reading)
        saves = Saves(nil, roots: [], &reading)
        let known = [
            "name", "party", "operation", "first", "answer", "delay", "drop", "duplicate", "truncate", "remove",
        ]
        guard let members = node.value.members("fault", known: known, &reading) else { return nil }
        if let remove = members["remove"] {
            guard let name = remove.text(&reading, as: "remove") else { return nil }
            action = .remove(name)
            return
        }
        if let party = members["party"], let name = party.scalarText {
            reading.expectName(name, of: "party", among: reading.vocabulary.parties, at: party.place)
        }
        if let answer = members["answer"] {
            _ = answer.members("answer", known: ["status", "headers", "body"], &reading)
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
        case .remove(let name): board.remove(name)
        case .put(let template):
            do {
                board.put(try Self.fault(template.value(run.variables)))
            } catch let mistake as FaultMistake {
                throw Diagnostic(template.place, mistake.description)
            }
        }
        return [:]
    }

    private static func fault(_ json: JSONValue) throws(FaultMistake) -> Fault {
        var object = json.object ?? [:]
        if let party = object["party"]?.string { object["party"] = .string(PartyName.party(party).rawValue) }
        return try Fault(json: object)
    }
}
