import HTTPTypes
package import Kernel
import MCPCore
package import Scenario

/// `mcp: tools/call`: one JSON-RPC message from a user's MCP client to a gateway.
package struct MCPStep: LabStep {
    package static let keyword = "mcp"
    private static let roots = [
        "status", "headers", "body", "result", "error", "id", "failure", "events", "eventIds", "open",
    ]
    package static let shape = StepShape(
        "One message from a user's MCP client to a gateway or server.", value: .text, outcome: roots,
        [
            .asUser, .values("with", "The parameters of the method; of answer the result."),
            ShapeMember("gateway", .text, "A gateway's id or any URL; ${gateway} by default."),
            ShapeMember("token", .text, "The bearer token, none for no token; the user's own by default."),
            ShapeMember("account", .text, "Signs with this account or access key id, in place of a token."),
            ShapeMember("protocol", .text, "The MCP-Protocol-Version header, none for no header."),
            ShapeMember("session", .text, "The Mcp-Session-Id header."),
            ShapeMember("id", .anything, "The id of the message."),
            .values("headers", "Further header fields; ~ takes one away."),
            ShapeMember("stream", .text, "Name under which an answer that goes on is kept, or was."),
            ShapeMember("body", .anything, "A body of its own instead of a message: any JSON, or text as it stands."),
        ])
    private let method: Template
    private let user: Who
    private let texts: [String: Template]
    private let place: Place
    package let expectations: Expectations
    package let saves: Saves
    private let stream: KeptName
    package var keeps: [KeptName] { isAboutStream ? [] : [stream] }
    package var takes: [KeptName] { isAboutStream ? [stream] : [] }
    /// A client without a token gets one first.
    package var signsIn: [String] {
        texts["token"] == nil && texts["account"] == nil && !isAboutStream ? [stream.owner] : []
    }
    private var isAboutStream: Bool { Self.streamWords.contains(method.node.scalarText ?? "") }
    private static let streamWords = ["listen", "hang-up"]
    /// Members that speak of a message, and members that speak of a request.
    private static let ofMessage = ["with", "id", "body"]
    private static let ofRequest = ["gateway", "token", "account", "protocol", "session", "headers"]

    package init?(_ node: StepNode, _ reading: inout Reading) {
        let members = node.members(of: Self.self, &reading)
        place = node.value.place
        user = Who(members.require("as", &reading), standard: "", "user", among: reading.userNames, &reading)
        var texts: [String: Template] = [:]
        for name in ["gateway", "token", "account", "protocol", "session", "id", "stream", "body"] {
            texts[name] = members[name].map { Template($0, &reading) }
        }
        for name in ["with", "headers"] { texts[name] = Template.mapping(name, members, &reading) }
        self.texts = texts
        expectations = Expectations(members["expect"], roots: Self.roots, &reading)
        saves = Saves(members["save"], roots: Self.roots, &reading)
        guard let method = node.value.text(&reading, as: "a method") else { return nil }
        self.method = Template(node.value, &reading)
        Self.expectMeaning(of: members, for: method, &reading)
        if !Self.streamWords.contains(method), let doer = members["as"], doer.scalarText == PartyName.attacker,
            members["token"] == nil, members["account"] == nil
        {
            reading.report(
                doer.place, "the attacker cannot sign in: this message needs a \"token\"",
                hint: "token: none, or one that somebody else let out of hand")
        }
        let name = members["stream"]
        stream = KeptName(
            .stream, name?.scalarText ?? "", of: members["as"]?.scalarText ?? "", at: name?.place ?? place,
            ends: method == "hang-up")
    }

    /// Reports members that would be passed over: a request without a message has no parameters, and nothing is sent to
    /// hear what came.
    private static func expectMeaning(of members: Members, for method: String, _ reading: inout Reading) {
        let idle =
            streamWords.contains(method) ? ofMessage + ofRequest : ["GET", "DELETE"].contains(method) ? ofMessage : []
        for name in idle {
            guard let node = members[name] else { continue }
            reading.report(node.place, "\(method) has no use for \"\(name)\"")
        }
    }

    /// A message goes to `${gateway}` unless the step says where.
    package var needs: [NeededVariable] {
        guard texts["gateway"] == nil, !isAboutStream else { return [] }
        return [NeededVariable("gateway", at: place, hint: "begin with given: gateway, or say gateway: ${…}")]
    }

    /// Besides a method: `answer` to what was asked, `GET` for the standing stream, `DELETE` for the session's end,
    /// `listen` for what came on a stream since, `hang-up` to close it.
    package func perform(in run: ScenarioRun) async throws -> JSONValue {
        let variables = run.variables
        let name = try user.name(variables)
        let client = run.client(of: name)
        let stream = try texts["stream"]?.text(variables) ?? ""
        let method = try method.text(variables)
        switch method {
        case "listen":
            guard let answer = client.listen(to: stream) else { throw closed(stream, name) }
            return Self.outcome(of: answer)
        case "hang-up":
            guard client.hangUp(stream) else { throw closed(stream, name) }
            return ["status": 200, "open": false]
        default: break
        }
        var request = try await request(method, in: run, for: name)
        if let account = try texts["account"]?.text(variables) { request = AWSStep.signed(request, account, run.lab) }
        do throws(NetworkFailure) {
            return Self.outcome(of: try await client.exchange(request, keptAs: stream))
        } catch {
            return .outcome(of: error)
        }
    }

    private func closed(_ stream: String, _ name: String) -> Diagnostic {
        Diagnostic(self.stream.place, "no stream\(stream.isEmpty ? "" : " \"\(stream)\"") is open for \(name)")
    }

    private func request(_ method: String, in run: ScenarioRun, for name: String) async throws -> Request {
        let variables = run.variables
        let bearer: String?
        if let token = texts["token"] {
            let text = try token.text(variables)
            bearer = text == "none" ? nil : text
        } else if texts["account"] != nil {
            bearer = nil
        } else {
            bearer = try await run.accessToken(of: name)
        }
        let version = try texts["protocol"]?.text(variables) ?? Revision.november2025.rawValue
        var fields = AgentClient.headers(
            token: bearer, revision: version == "none" ? nil : Revision(rawValue: version),
            session: try texts["session"]?.text(variables))
        let verb: HTTPRequest.Method = method == "GET" ? .get : method == "DELETE" ? .delete : .post
        var body = JSONValue.null
        if verb == .post {
            body = try message(method, run, version)
            if version != "none", Revision(rawValue: version).isStateless { Self.mirror(body, in: &fields) }
            body = try texts["body"]?.value(variables) ?? body
        }
        for member in try texts["headers"]?.members(variables).members ?? [] {
            guard let field = HTTPField.Name(member.name) else {
                throw Diagnostic(place, "\(member.name) is no field name")
            }
            fields[field] = member.value.isNull ? nil : member.value.string ?? member.value.text
        }
        let url = try endpoint(in: run)
        guard verb == .post else { return Request(verb, url, headers: fields) }
        if let raw = body.string { return Request(verb, url, headers: fields, body: Array(raw.utf8)) }
        return Request(verb, url, headers: fields, json: body)
    }

    private func message(_ method: String, _ run: ScenarioRun, _ version: String) throws -> JSONValue {
        var params = try texts["with"]?.members(run.variables) ?? Self.standardParams(of: method)
        let number = try texts["id"]?.value(run.variables)
        var message: JSONObject = ["jsonrpc": "2.0"]
        if method == "answer" {
            message["id"] = number ?? .int(run.nextMessageID())
            message["result"] = .object(params)
            return .object(message)
        }
        if !method.hasPrefix("notifications/") { message["id"] = number ?? .int(run.nextMessageID()) }
        message["method"] = .string(method)
        if version != "none", Revision(rawValue: version).isStateless {
            params["_meta"] = Self.meta(version, params["_meta"])
        }
        if !params.isEmpty { message["params"] = .object(params) }
        return .object(message)
    }

    /// What each request of 2026-07-28 says of itself; the scenario's own words win.
    private static func meta(_ version: String, _ own: JSONValue?) -> JSONValue {
        let standard: JSONObject = [
            MCPName.versionMeta: .string(version),
            MCPName.clientMeta: ["name": "agentcore-local", "version": "1"],
            MCPName.capabilitiesMeta: ["elicitation": ["url": [:]]],
        ]
        return .object(JSONObject(standard.merging(own?.object ?? [:]).members.filter { !$0.value.isNull }))
    }

    private static func mirror(_ message: JSONValue, in fields: inout HTTPFields) {
        fields[MCPName.methodHeader] = message["method"]?.string
        let name = message["params"]?["name"] ?? message["params"]?["uri"]
        fields[MCPName.nameHeader] = name?.string.map(HeaderText.encoded)
    }

    /// The gateway by its id (`${gateway}` unless said otherwise), or any URL.
    private func endpoint(in run: ScenarioRun) throws(Diagnostic) -> String {
        let name: String
        if let gateway = texts["gateway"] {
            name = try gateway.text(run.variables)
        } else if let standard = run.variables["gateway"]?.string {
            name = standard
        } else {
            throw Diagnostic(place, "there is no variable \"gateway\" to send this to", hint: "say gateway: ${…}")
        }
        return name.range(of: "://") != nil ? name : "\(run.lab.addresses.gatewayBase(name))/mcp"
    }

    private static func standardParams(of method: String) -> JSONObject {
        guard method == "initialize" else { return [:] }
        return [
            "protocolVersion": .string(Revision.november2025.rawValue), "capabilities": ["elicitation": ["url": [:]]],
            "clientInfo": ["name": "agentcore-local", "version": "1"],
        ]
    }

    private static func outcome(of answer: AgentClient.Answer) -> JSONValue {
        guard var outcome = JSONValue.outcome(of: answer.response).object else { return .null }
        for name in ["id", "result", "error"] { outcome[name] = answer.message?[name] }
        outcome["events"] = .array(answer.messages)
        outcome["eventIds"] = .array(answer.eventIDs)
        outcome["open"] = .bool(answer.isOpen)
        return .object(outcome)
    }

    /// A call that expects nothing of the error expects none.
    package func unexpectedFailure(in outcome: JSONValue) -> String? {
        if let failure = outcome["failure"]?.string, !speaks(of: "failure") { return Self.noAnswer(failure) }
        guard !speaks(of: "error", "status") else { return nil }
        if let error = outcome["error"] {
            return "the answer was error \(error["code"]?.text ?? "") \(error["message"]?.string ?? "")"
        }
        guard let status = outcome["status"]?.int, !(200..<300).contains(status) else { return nil }
        return "the answer was \(status)"
    }
}
