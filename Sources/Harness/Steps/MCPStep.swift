package import Kernel
import MCPCore
package import Scenario

/// `mcp: tools/call`: one JSON-RPC message from a user's MCP client to a gateway.
package struct MCPStep: LabStep {
    package static let keyword = "mcp"
    private static let roots = ["status", "headers", "body", "result", "error", "id", "failure"]
    package static let shape = StepShape(
        "One JSON-RPC message from a user's MCP client to a gateway.", value: .text, outcome: roots,
        [
            .asUser, .values("with", "The parameters of the method."),
            ShapeMember("gateway", .text, "A gateway's id or any URL; ${gateway} by default."),
            ShapeMember("token", .text, "The bearer token, none for no token; the user's own by default."),
            ShapeMember("protocol", .text, "The MCP-Protocol-Version header, none for no header."),
            ShapeMember("session", .text, "The Mcp-Session-Id header."),
            ShapeMember("id", .anything, "The id of the message."),
        ])
    private let method: String
    private let user: Who
    private let params: Template?
    private let gateway: Template?
    private let token: Template?
    private let revision: Template?
    private let session: Template?
    private let id: Template?
    private let place: Place
    package let expectations: Expectations
    package let saves: Saves

    package init?(_ node: StepNode, _ reading: inout Reading) {
        let members = node.members(of: Self.self, &reading)
        place = node.value.place
        user = Who(members.require("as", &reading), standard: "", "user", among: reading.userNames, &reading)
        params = members["with"].map { Template($0, &reading) }
        gateway = members["gateway"].map { Template($0, &reading) }
        token = members["token"].map { Template($0, &reading) }
        revision = members["protocol"].map { Template($0, &reading) }
        session = members["session"].map { Template($0, &reading) }
        id = members["id"].map { Template($0, &reading) }
        expectations = Expectations(members["expect"], roots: Self.roots, &reading)
        saves = Saves(members["save"], roots: Self.roots, &reading)
        guard let method = node.value.text(&reading, as: "a method") else { return nil }
        self.method = method
    }

    package func perform(in run: ScenarioRun) async throws -> JSONValue {
        let variables = run.variables
        let user = try user.name(variables)
        let bearer: String?
        if let token {
            let text = try token.text(variables)
            bearer = text == "none" ? nil : text
        } else {
            bearer = try await run.accessToken(of: user)
        }
        let given = try params?.value(variables) ?? Self.standardParams(of: method)
        guard let object = given.object else { throw Diagnostic(params?.place ?? place, "with must be a mapping") }
        let version = try revision?.text(variables) ?? Revision.november2025.rawValue
        let number = try id?.value(variables) ?? .int(run.nextMessageID())
        let isNotification = method.hasPrefix("notifications/")
        var message: JSONObject = ["jsonrpc": "2.0"]
        if !isNotification { message["id"] = number }
        message["method"] = .string(method)
        if !object.isEmpty { message["params"] = .object(object) }
        let endpoint = try endpoint(in: run)
        let session = try session?.text(variables)
        do throws(NetworkFailure) {
            let answer = try await run.client(of: user).post(
                JSONValue.object(message).bytes, to: endpoint, token: bearer,
                revision: version == "none" ? nil : Revision(rawValue: version), session: session)
            return Self.outcome(of: answer)
        } catch {
            return .outcome(of: error)
        }
    }

    /// The gateway by its id (`${gateway}` unless said otherwise), or any URL.
    private func endpoint(in run: ScenarioRun) throws(Diagnostic) -> String {
        let name: String
        if let gateway {
            name = try gateway.text(run.variables)
        } else if let standard = run.variables["gateway"]?.string {
            name = standard
        } else {
            throw Diagnostic(place, "there is no variable \"gateway\" to send this to", hint: "say gateway: ${…}")
        }
        return name.contains("://") ? name : "\(run.lab.addresses.gatewayBase(name))/mcp"
    }

    private static func standardParams(of method: String) -> JSONValue {
        guard method == "initialize" else { return [:] }
        return [
            "protocolVersion": .string(Revision.november2025.rawValue), "capabilities": ["elicitation": ["url": [:]]],
            "clientInfo": ["name": "agentcore-local", "version": "1"],
        ]
    }

    private static func outcome(of answer: AgentClient.Answer) -> JSONValue {
        guard var outcome = JSONValue.outcome(of: answer.response).object else { return .null }
        for name in ["id", "result", "error"] { outcome[name] = answer.message?[name] }
        return .object(outcome)
    }

    /// A call that expects nothing of the error expects none.
    package func unexpectedFailure(in outcome: JSONValue) -> String? {
        if let failure = outcome["failure"]?.string, !speaks(of: "failure") { return "no answer came: \(failure)" }
        guard !speaks(of: "error", "status") else { return nil }
        if let error = outcome["error"] {
            return "the answer was error \(error["code"]?.text ?? "") \(error["message"]?.string ?? "")"
        }
        guard let status = outcome["status"]?.int, !(200..<300).contains(status) else { return nil }
        return "the answer was \(status)"
    }
}
