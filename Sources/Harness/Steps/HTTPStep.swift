import HTTPTypes
package import Kernel
import OAuthCore
package import Scenario

/// `http: "GET https://…"`: one request, exactly as written; redirects are not followed.
///
/// Beside status, headers and body its outcome has `cookies`, and `form`: the members of a form-encoded answer, or the
/// fields of a page's first form.
package struct HTTPStep: LabStep {
    package static let keyword = "http"
    private static let roots = answerRoots + ["form", "cookies"]
    private static let basicMembers = [
        ShapeMember("user", .text, "The user, or the client's id."), ShapeMember("password", .text, "Its secret."),
    ]
    package static let shape = StepShape(
        "One request, METHOD URL, exactly as written; a URL alone is a GET. Redirects are not followed.", value: .text,
        outcome: roots,
        [
            .asAnybody(Party.outside.rawValue), .values("headers", "Header fields; ~ takes one away."),
            ShapeMember("token", .text, "A bearer token."),
            ShapeMember(
                "basic", .either([.mapping(basicMembers), .text]), "HTTP Basic credentials."),
            .values("form", "A form as body; a list stands for a parameter that is sent several times."),
            ShapeMember("json", .anything, "JSON as body."), ShapeMember("body", .text, "Text as body."),
        ]
    ).keepingApart(bodies)
    private static let bodies = ["form", "json", "body"]
    private let line: Template
    private let sender: Who
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
        let members = node.members(of: Self.self, &reading)
        line = Template(node.value, &reading)
        if node.value.scalarText == nil {
            reading.report(node.value.place, "http must be a method and a URL, this is \(node.value.typeName)")
        }
        if let text = node.value.scalarText {
            let words = text.pieces(by: " ", keepingEmpty: true)
            if words.contains(where: \.isEmpty) || line.isConstant && Self.target(text) == nil {
                reading.report(node.value.place, Self.noTarget, hint: Self.example)
            } else if words.count > 1 {
                reading.expectMethod(String(words[0]), at: node.value.place)
            }
        }
        if let name = members["as"] { reading.expectNoSlip(name) }
        sender = Who(members["as"], standard: Party.outside.rawValue, "sender", among: [], &reading)
        headers = Template.mapping("headers", members, &reading)
        token = members["token"].map { Template($0, &reading) }
        basic = Template.mapping("basic", members, &reading)
        if let basic = members["basic"], basic.isMapping {
            _ = basic.members("basic", known: Self.basicMembers.map(\.name), &reading)
        }
        let contents = Self.bodies.filter { members[$0] != nil }
        if contents.count > 1, let second = members[contents[1]] {
            reading.report(second.place, "a request has one body: \(contents.joined(separator: " and ")) are too many")
        }
        if let form = Template.mapping("form", members, &reading) {
            content = .form(form)
        } else if let json = members["json"] {
            content = .json(Template(json, &reading))
        } else {
            content = members["body"].map { .text(Template($0, &reading)) }
        }
        expectations = Expectations(members["expect"], roots: Self.roots, &reading)
        saves = Saves(members["save"], roots: Self.roots, &reading)
    }

    package func perform(in run: ScenarioRun) async throws -> JSONValue {
        let request = try request(run.variables)
        let party = run.party(of: try sender.name(run.variables), with: "browser")
        do throws(NetworkFailure) {
            return Self.outcome(of: try await run.lab.network.send(request, from: party))
        } catch {
            return .outcome(of: error)
        }
    }

    private static func outcome(of answer: Response) -> JSONValue {
        guard var outcome = JSONValue.outcome(of: answer).object else { return .null }
        if let form = form(in: answer) { outcome.append("form", .object(form)) }
        var cookies = JSONObject()
        for line in answer.head.headerFields[values: .setCookie] {
            let pair = line.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1)
            if let name = pair.first { cookies[String(name)] = .string(pair.count > 1 ? String(pair[1]) : "") }
        }
        outcome.append("cookies", .object(cookies))
        return .object(outcome)
    }

    private static func form(in answer: Response) -> JSONObject? {
        let type = answer.header(.contentType)?.lowercased() ?? ""
        if type.hasPrefix(Form.mediaType) { return Form(parsing: answer.bodyText).values }
        guard type.hasPrefix("text/html"),
            let form = Page(url: "", status: answer.status, html: answer.bodyText).forms.first
        else { return nil }
        return Form(form.fields.map { Form.Pair($0.name, $0.value) }).values
    }

    private static let noTarget = "this is no method and URL"
    private static let example = "such as GET https://github.com/login"

    /// `GET https://…`; without a method it is GET.
    private static func target(_ text: String) -> (method: HTTPRequest.Method, url: String)? {
        let words = text.pieces(by: " ", keepingEmpty: true).map { String($0) }
        guard let url = words.last, words.count < 3,
            let method = HTTPRequest.Method(words.count > 1 ? words[0] : "GET"), URLParts(url) != nil
        else { return nil }
        return (method, url)
    }

    private func request(_ variables: Variables) throws -> Request {
        let text = try line.text(variables)
        guard let (method, url) = Self.target(text) else {
            throw Diagnostic(line.place, "\(Self.noTarget): \(text)", hint: Self.example)
        }
        var fields = HTTPFields()
        if let token { fields[.authorization] = "Bearer \(try token.text(variables))" }
        if let basic {
            let pair = try basic.members(variables)
            fields[.authorization] = ClientAuthentication.basic(
                id: Self.plain(pair["user"]), secret: Self.plain(pair["password"]))
        }
        var body: [UInt8] = []
        switch content {
        case .form(let template):
            fields[.contentType] = Form.mediaType
            body = Array(try Self.form(template.members(variables)).encoded.utf8)
        case .json(let template):
            fields[.contentType] = "application/json"
            body = try template.value(variables).bytes
        case .text(let template): body = Array(try template.text(variables).utf8)
        case nil: break
        }
        for member in try headers?.members(variables).members ?? [] {
            guard let name = HTTPField.Name(member.name) else {
                throw Diagnostic(line.place, "\"\(member.name)\" is no header's name")
            }
            fields[name] = member.value.isNull ? nil : member.value.string ?? member.value.text
        }
        return Request(method, url, headers: fields, body: body)
    }

    /// Digits without quotes are a number in YAML, and characters in a password.
    private static func plain(_ value: JSONValue?) -> String { value.map { $0.string ?? $0.text } ?? "" }

    /// A list as value stands for a parameter that is sent several times.
    private static func form(_ values: JSONObject) -> Form {
        var form = Form()
        for member in values.members {
            for item in member.value.array ?? [member.value] { form.append(member.name, item.string ?? item.text) }
        }
        return form
    }
}
