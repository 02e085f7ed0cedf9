import Harness
import Kernel
import Scenario

/// Plays an attack in a lab and tells it as steps of a file.
struct AttackPlay {
    let lab: Lab
    let user: String
    let number: Int
    private var names: Names
    private(set) var lines: [String] = []
    /// What was served that had to be refused.
    private(set) var served: String?

    init(_ lab: Lab, user: String, number: Int, gatewayURL: String) {
        (self.lab, self.user, self.number) = (lab, user, number)
        names = Names(lab, ["gatewayUrl": gatewayURL])
    }

    /// Ends early where a deed brought nothing to go on with: a fault, or a person who denied.
    mutating func play(_ attack: Attack) async {
        for deed in attack.deeds {
            await lab.advance(by: .seconds(1))
            let outcome = await perform(deed.act)
            let isRefused = deed.refusal?.holds(outcome) ?? true
            var step = told(deed.act)
            if let refusal = deed.refusal {
                step.append("expect: {\(refusal.expected)}")
            } else if let status = outcome["status"]?.int {
                step.append("expect: {status: \(status)}")
            }
            var saved: [String] = []
            for name in deed.saves.keys.sorted() {
                guard let path = deed.saves[name], let expression = try? PathExpression(path),
                    let value = expression.value(in: outcome)?.string
                else {
                    lines = []
                    return
                }
                names[numbered(name)] = value
                saved.append("\(numbered(name)): \"\(path)\"")
            }
            if !saved.isEmpty { step.append("save: {\(saved.joined(separator: ", "))}") }
            lines += step.enumerated().map { $0.offset == 0 ? "  - \($0.element)" : "    \($0.element)" }
            if !isRefused {
                served = attack.name
                return
            }
        }
    }

    private func numbered(_ text: String) -> String { text.replacing("#", by: "\(number)") }

    private func filled(_ text: String) -> String { names.filled(numbered(text)) }

    private func perform(_ act: Attack.Act) async -> JSONValue {
        switch act {
        case .wait(let minutes):
            await lab.advance(by: .minutes(Int64(minutes)))
            return [:]
        case .visit(let url):
            let walk = await lab.consent(url: filled(url), user: user, complete: false)
            var outcome: JSONObject = ["landed": .string(walk.landed)]
            if let status = walk.status { outcome["status"] = .int(Int64(status)) }
            if let code = Form(parsing: URLParts(walk.landed)?.query ?? "")["code"] {
                outcome["query"] = ["code": .string(code)]
            }
            return .object(outcome)
        case .ask(let ask):
            guard let answer = try? await lab.network.send(ask.numbered(number).request(names), from: Party("attacker"))
            else { return [:] }
            var outcome: JSONObject = ["status": .int(Int64(answer.status))]
            if let body = answer.json { outcome["body"] = body }
            return .object(outcome)
        }
    }

    // MARK: - As a file has it

    private func told(_ act: Attack.Act) -> [String] {
        switch act {
        case .wait(let minutes): ["clock: {advance: \(minutes)m}"]
        case .visit(let url): ["browser: \"\(numbered(url))\"", "as: \(user)", "complete: false"]
        case .ask(let ask): ask.numbered(number).told(as: "attacker")
        }
    }
}
