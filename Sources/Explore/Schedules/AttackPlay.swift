import HTTPTypes
import Harness
import Kernel
import OAuthCore
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
            guard let answer = try? await lab.network.send(request(ask), from: Party("attacker")) else { return [:] }
            var outcome: JSONObject = ["status": .int(Int64(answer.status))]
            if let body = answer.json { outcome["body"] = body }
            return .object(outcome)
        }
    }

    private func request(_ ask: Attack.Ask) -> Request {
        let words = filled(ask.line).split(separator: " ", maxSplits: 1).map(String.init)
        var fields = HTTPFields()
        for (name, value) in ask.headers.sorted(by: { $0.key < $1.key }) {
            if let field = HTTPField.Name(name) { fields[field] = value }
        }
        if !ask.token.isEmpty { fields[.authorization] = "Bearer \(filled(ask.token))" }
        if ask.basic.count == 2 {
            fields[.authorization] = ClientAuthentication.basic(id: ask.basic[0], secret: ask.basic[1])
        }
        var body = ""
        if !ask.form.isEmpty {
            fields[.contentType] = Form.mediaType
            body = Form(ask.form.sorted { $0.key < $1.key }.map { Form.Pair($0.key, filled($0.value)) }).encoded
        } else if !ask.json.isEmpty {
            fields[.contentType] = "application/json"
            body = filled(ask.json)
        }
        return Request(
            HTTPRequest.Method(words.first ?? "") ?? .get, words.last ?? "", headers: fields, body: Array(body.utf8))
    }

    // MARK: - As a file has it

    private func told(_ act: Attack.Act) -> [String] {
        switch act {
        case .wait(let minutes): return ["clock: {advance: \(minutes)m}"]
        case .visit(let url): return ["browser: \"\(numbered(url))\"", "as: \(user)", "complete: false"]
        case .ask(let ask):
            var lines = ["http: \"\(numbered(ask.line))\"", "as: attacker"]
            if !ask.token.isEmpty { lines.append("token: \"\(numbered(ask.token))\"") }
            if ask.basic.count == 2 { lines.append("basic: {user: \(ask.basic[0]), password: \(ask.basic[1])}") }
            lines += Self.mapping("headers", ask.headers)
            lines += Self.mapping("form", ask.form.mapValues(numbered))
            if !ask.json.isEmpty { lines.append("json: \(numbered(ask.json))") }
            return lines
        }
    }

    private static func mapping(_ name: String, _ values: [String: String]) -> [String] {
        guard !values.isEmpty else { return [] }
        return ["\(name):"]
            + values.sorted { $0.key < $1.key }.map { "  \($0.key): \(JSONValue.string($0.value).text)" }
    }
}
