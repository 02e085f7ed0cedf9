import Harness
import Kernel
import Scenario

/// Plays an attack in a lab and tells it as steps of a file.
struct AttackPlay {
    let lab: Lab
    let user: String
    let number: Int
    private var names: Names
    /// What was done, all of it: of a deed that brought nothing too, for it moved time and used up what it named.
    private(set) var lines: [String] = []
    /// What was served that had to be refused.
    private(set) var served: String?
    /// The last entry of the journal before it.
    private let beginning: Int

    init(on stage: Stage, user: String, number: Int) {
        (lab, self.user, self.number) = (stage.lab, user, number)
        names = stage.names
        names["gatewayUrl"] = stage.gatewayURL
        beginning = lab.store.lastSequence
    }

    /// Ends early where a deed brought nothing to go on with: a fault, or a person who denied.
    mutating func play(_ attack: Attack) async {
        for deed in attack.deeds {
            await lab.advance(by: .seconds(1))
            let outcome = await perform(deed.act)
            let isServed = deed.refusal.map { !$0.holds(outcome) } ?? false
            // What a fault answered, no party served: nothing is learned from it.
            if isServed, !isFaulted { served = attack.name }
            var step = told(deed.act)
            if let expected = expected(deed, outcome, asObserved: isServed && served == nil) {
                step.append("expect: {\(expected)}")
            }
            var saved: [String] = []
            var isLast = isServed
            for name in deed.saves.keys.sorted() {
                guard let path = deed.saves[name], let expression = try? PathExpression(path),
                    let value = expression.value(in: outcome)?.string
                else {
                    isLast = true
                    continue
                }
                names[numbered(name)] = value
                saved.append("\(numbered(name)): \"\(path)\"")
            }
            if !saved.isEmpty { step.append("save: {\(saved.joined(separator: ", "))}") }
            lines += step.enumerated().map { $0.offset == 0 ? "  - \($0.element)" : "    \($0.element)" }
            if isLast { return }
        }
    }

    /// As a file says what a deed leads to: the refusal that is due, else what came.
    private func expected(_ deed: Attack.Deed, _ outcome: JSONValue, asObserved: Bool) -> String? {
        if let failure = outcome["failure"]?.string { return "failure: \(failure)" }
        if let refusal = deed.refusal, !asObserved { return refusal.expected }
        return outcome["status"]?.int.map { "status: \($0)" }
    }

    private var isFaulted: Bool {
        lab.store.journal(after: beginning).contains { entry in
            if case .fault = entry.event { true } else { false }
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
            outcome["query"] = .object(Form(parsing: URLParts(walk.landed)?.query ?? "").values)
            return .object(outcome)
        case .ask(let ask):
            do throws(NetworkFailure) {
                let answer = try await lab.network.send(ask.numbered(number).request(names), from: Party("attacker"))
                var outcome: JSONObject = ["status": .int(Int64(answer.status))]
                if let body = answer.json { outcome["body"] = body }
                return .object(outcome)
            } catch {
                return ["failure": .string(error.reason.rawValue)]
            }
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
