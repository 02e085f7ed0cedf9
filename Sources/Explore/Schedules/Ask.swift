import HTTPTypes
import Kernel
import OAuthCore

/// One HTTP request of a schedule: sent, and told as a step of a file.
struct Ask: Hashable, Sendable {
    /// Method and URL.
    let line: String
    var token = ""
    /// User and password.
    var basic: [String] = []
    var form: [String: String] = [:]
    var json = ""
    var headers: [String: String] = [:]

    /// With a number for each `#` in a name.
    func numbered(_ number: Int) -> Ask {
        func numbered(_ text: String) -> String { text.replacing("#", by: "\(number)") }
        return Ask(
            line: numbered(line), token: numbered(token), basic: basic, form: form.mapValues(numbered),
            json: numbered(json), headers: headers)
    }

    func request(_ names: Names) -> Request {
        let words = names.filled(line).split(separator: " ", maxSplits: 1).map(String.init)
        var fields = HTTPFields()
        for (name, value) in headers.sorted(by: { $0.key < $1.key }) {
            if let field = HTTPField.Name(name) { fields[field] = value }
        }
        if !token.isEmpty { fields[.authorization] = "Bearer \(names.filled(token))" }
        if basic.count == 2 { fields[.authorization] = ClientAuthentication.basic(id: basic[0], secret: basic[1]) }
        var body = ""
        if !form.isEmpty {
            fields[.contentType] = Form.mediaType
            let pairs = form.sorted { $0.key < $1.key }
            body = Form(pairs.map { Form.Pair($0.key, names.filled($0.value)) }).encoded
        } else if !json.isEmpty {
            fields[.contentType] = "application/json"
            body = names.filled(json)
        }
        return Request(
            HTTPRequest.Method(words.first ?? "") ?? .get, words.last ?? "", headers: fields, body: Array(body.utf8))
    }

    /// The step, without what is expected of it.
    func told(as sender: String) -> [String] {
        var lines = ["http: \"\(line)\"", "as: \(sender)"]
        if !token.isEmpty { lines.append("token: \"\(token)\"") }
        if basic.count == 2 { lines.append("basic: {user: \(basic[0]), password: \(basic[1])}") }
        lines += Self.mapping("headers", headers)
        lines += Self.mapping("form", form)
        if !json.isEmpty { lines.append("json: \(json)") }
        return lines
    }

    private static func mapping(_ name: String, _ values: [String: String]) -> [String] {
        guard !values.isEmpty else { return [] }
        return ["\(name):"]
            + values.sorted { $0.key < $1.key }.map { "  \($0.key): \(JSONValue.string($0.value).text)" }
    }
}
