import HTTPTypes
package import Kernel
import OAuthCore
package import Scenario

/// `http: "GET https://…"`: one request, exactly as written; redirects are not followed.
package struct HTTPStep: LabStep {
    package static let keyword = "http"
    private let line: Template
    private let sender: String
    private let headers: Template?
    private let token: Template?
    private let basic: Template?
    private let content: Content?
    package let expectations: Expectations
    package let saves: Saves

    private enum Content: Sendable {
        case form(Template)
        case json(Template)
        case text(Template)
    }

    package init?(_ node: StepNode, _ reading: inout Reading) {
        let members = node.members(
            ["as", "headers", "token", "basic", "form", "json", "body", "expect", "save"], &reading)
        line = Template(node.value, &reading)
        if node.value.scalarText == nil {
            reading.report(node.value.place, "http must be a method and a URL, this is \(node.value.typeName)")
        }
        sender = members["as"]?.text(&reading, as: "as") ?? Party.outside.rawValue
        headers = Self.mapping("headers", members, &reading)
        token = members["token"].map { Template($0, &reading) }
        basic = Self.mapping("basic", members, &reading)
        if let basic = members["basic"] { _ = basic.members("basic", known: ["user", "password"], &reading) }
        let contents = ["form", "json", "body"].filter { members[$0] != nil }
        if contents.count > 1, let second = members[contents[1]] {
            reading.report(second.place, "a request has one body: \(contents.joined(separator: " and ")) are too many")
        }
        if let form = Self.mapping("form", members, &reading) {
            content = .form(form)
        } else if let json = members["json"] {
            content = .json(Template(json, &reading))
        } else {
            content = members["body"].map { .text(Template($0, &reading)) }
        }
        expectations = Expectations(members["expect"], roots: answerRoots, &reading)
        saves = Saves(members["save"], roots: answerRoots, &reading)
    }

    private static func mapping(_ name: String, _ members: Members, _ reading: inout Reading) -> Template? {
        guard let node = members[name] else { return nil }
        if !node.isMapping { reading.report(node.place, "\(name) must be a mapping, this is \(node.typeName)") }
        return Template(node, &reading)
    }

    package func perform(in run: ScenarioRun) async throws -> JSONValue {
        await run.send(try request(run.variables), from: run.party(of: sender, with: "browser"))
    }

    private func request(_ variables: Variables) throws -> Request {
        let words = try line.text(variables).split(separator: " ", maxSplits: 1).map(String.init)
        let url = words.last ?? ""
        guard let method = HTTPRequest.Method(words.count > 1 ? words[0] : "GET"), URLParts(url) != nil else {
            throw Diagnostic(line.place, "this is no method and URL", hint: "such as GET https://github.com/login")
        }
        var fields = HTTPFields()
        if let token { fields[.authorization] = "Bearer \(try token.text(variables))" }
        if let basic {
            let pair = try basic.value(variables)
            fields[.authorization] = ClientAuthentication.basic(
                id: pair["user"]?.string ?? "", secret: pair["password"]?.string ?? "")
        }
        var body: [UInt8] = []
        switch content {
        case .form(let template):
            fields[.contentType] = "application/x-www-form-urlencoded"
            body = Array(try Self.form(template.value(variables)).encoded.utf8)
        case .json(let template):
            fields[.contentType] = "application/json"
            body = try template.value(variables).bytes
        case .text(let template): body = Array(try template.text(variables).utf8)
        case nil: break
        }
        for member in try headers?.value(variables).object?.members ?? [] {
            guard let name = HTTPField.Name(member.name) else {
                throw Diagnostic(line.place, "\"\(member.name)\" is no header's name")
            }
            fields[name] = member.value.isNull ? nil : member.value.string ?? member.value.text
        }
        return Request(method, url, headers: fields, body: body)
    }

    /// A list as value stands for a parameter that is sent several times.
    private static func form(_ value: JSONValue) -> Form {
        var form = Form()
        for member in value.object?.members ?? [] {
            for item in member.value.array ?? [member.value] { form.append(member.name, item.string ?? item.text) }
        }
        return form
    }
}
