import HTTPTypes
import Harness
import Kernel

// Reading errors off a journal.
extension ErrorSearch {
    static func errors(of result: ScenarioResult) -> [KnownError] {
        var found: [KnownError] = []
        var exchanges = 0
        var isCalled = false
        var rule: (party: Party, name: String)?
        let mask = SecretMask(result.journal)
        let visited = visited(in: result)
        for entry in result.journal {
            switch entry.event {
            case .note(let note):
                if let name = note.rule { rule = (note.party, name) }
            case .exchange(let exchange):
                exchanges += 1
                if exchange.to == .gateway { isCalled = true }
                // What a party said on the way to an answer is about that answer and no later one.
                defer { if rule?.party == exchange.to { rule = nil } }
                guard case .answered(let response) = exchange.outcome,
                    let (form, lead, sentence) = refusal(in: response)
                else { continue }
                found.append(
                    KnownError(
                        message: mask.text("\(lead) \(sentence)"), sentence: mask.text(sentence), party: exchange.to,
                        form: form, receiver: redirect(in: response).flatMap { visited[URLParts($0)?.target ?? ""] },
                        isRedirect: redirect(in: response) != nil, followsCall: isCalled,
                        rule: rule.flatMap { $0.party == exchange.to ? $0.name : nil }, file: result.file,
                        distance: exchanges))
            default: break
            }
        }
        return found
    }

    /// Where an answer sends the browser with an error.
    private static func redirect(in response: Response) -> String? {
        guard (300..<400).contains(response.status), let location = response.header(.location),
            !AskedError.errors(inURL: location).isEmpty
        else { return nil }
        return location
    }

    /// Which party was asked for each path and query that bring an error.
    private static func visited(in result: ScenarioResult) -> [String: Party] {
        var visited: [String: Party] = [:]
        for entry in result.journal {
            guard case .exchange(let exchange) = entry.event, let target = exchange.request.head.path,
                target.range(of: "error=") != nil
            else { continue }
            visited[target] = exchange.to
        }
        return visited
    }

    /// What an answer says when it refuses, in any of the parties' dialects: a code, a type or a challenge before it.
    typealias Refusal = (form: String, lead: String, sentence: String)

    private static func refusal(in response: Response) -> Refusal? {
        let status = response.status
        if let location = redirect(in: response), let told = AskedError.errors(inURL: location).first {
            return ("HTTP \(status)", told.lead, told.sentence)
        }
        if let json = response.json, let told = refusal(in: json, status: status) {
            // The type of an AWS error is no member of its body.
            let type = response.header(fieldName("x-amzn-ErrorType"))
            return (told.form, type ?? told.lead, told.sentence)
        }
        guard status >= 400 else { return nil }
        let isPage = response.header(.contentType)?.hasPrefix("text/html") == true
        let body = isPage ? plain(response.body) : response.bodyText
        return ("HTTP \(status)", response.header(.wwwAuthenticate) ?? "", String(body.prefix(mostOfABody)))
    }

    /// Without a status it is a body alone, which somebody pasted.
    static func refusal(in json: JSONValue, status: Int?) -> Refusal? {
        if let error = json["error"]?.object {
            let code = error["code"]?.int.map { " \($0)" } ?? ""
            return ("JSON-RPC\(code)", code, error["message"]?.string ?? "")
        }
        let form = "HTTP \(status ?? 0)"
        // GitHub answers 200 where others answer 400.
        if let code = json["error"]?.string { return (form, code, json["error_description"]?.string ?? "") }
        if json["result"]?["isError"] == true {
            let texts = json["result"]?["content"]?.array?.compactMap { $0["text"]?.string } ?? []
            return ("tool error", "", texts.joined(separator: " "))
        }
        guard status ?? 400 >= 400, let message = json["message"]?.string else { return nil }
        return (form, "", message)
    }

    /// The words of a page.
    static func plain(_ page: [UInt8]) -> String {
        decodingEntities(SecretMask([]).body(page, mediaType: "text/html"))
    }
}
