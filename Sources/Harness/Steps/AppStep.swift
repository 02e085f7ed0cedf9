import HTTPTypes
package import Kernel
package import Scenario

/// `app: {user_token: …}` or `app: {session_id: …, user_id: …}`: the application is told who started a session,
/// as AWS's samples do it, so that its return URL completes the session.
package struct AppStep: LabStep {
    package static let keyword = "app"
    private static let identity: [ShapeMember] = [
        ShapeMember("user_token", .text, "The user's JWT."),
        ShapeMember("session_id", .text, "The session that is completed."),
        ShapeMember("user_id", .text, "Who started it, where no JWT says so."),
    ]
    package static let shape = StepShape(
        "Tells the application who started a session, so that its return URL completes it.",
        value: .mapping(identity), outcome: answerRoots, [.asAnybody(Party.outside.rawValue)])
    private let body: Template
    private let path: String
    private let sender: Who
    package let expectations: Expectations
    package let saves: Saves

    package init?(_ node: StepNode, _ reading: inout Reading) {
        let members = node.members(of: Self.self, &reading)
        _ = node.value.members("app", known: Self.identity.map(\.name), &reading)
        path = node.value["user_id"] == nil ? "token" : "id"
        if node.value["user_id"] == nil, node.value["user_token"] == nil, node.value.isMapping {
            reading.report(node.value.place, "app needs \"user_token\", or \"session_id\" and \"user_id\"")
        }
        body = Template(node.value, &reading)
        sender = Who(
            members["as"], standard: Party.outside.rawValue, "user or party", among: reading.people, &reading)
        expectations = Expectations(members["expect"], roots: answerRoots, &reading)
        saves = Saves(members["save"], roots: answerRoots, &reading)
    }

    package func perform(in run: ScenarioRun) async throws -> JSONValue {
        let request = Request(
            .post, "\(run.lab.addresses.origin(of: .app))/userIdentifier/\(path)",
            headers: [.contentType: "application/json"], body: try body.value(run.variables).bytes)
        let party = run.party(of: try sender.name(run.variables), with: "browser")
        return await run.send(request, from: party)
    }
}
