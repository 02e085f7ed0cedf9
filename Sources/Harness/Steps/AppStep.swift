import HTTPTypes
package import Kernel
package import Scenario

/// `app: {user_token: …}` or `app: {session_id: …, user_id: …}`: the application is told who started a session,
/// as AWS's samples do it, so that its return URL completes the session.
package struct AppStep: LabStep {
    package static let keyword = "app"
    private let body: Template
    private let path: String
    private let sender: String
    package let expectations: Expectations
    package let saves: Saves

    package init?(_ node: StepNode, _ reading: inout Reading) {
        let members = node.members(["as", "expect", "save"], &reading)
        _ = node.value.members("app", known: ["user_token", "session_id", "user_id"], &reading)
        path = node.value["user_id"] == nil ? "token" : "id"
        if node.value["user_id"] == nil, node.value["user_token"] == nil, node.value.isMapping {
            reading.report(node.value.place, "app needs \"user_token\", or \"session_id\" and \"user_id\"")
        }
        body = Template(node.value, &reading)
        sender = members["as"]?.text(&reading, as: "as") ?? Party.outside.rawValue
        expectations = Expectations(members["expect"], roots: answerRoots, &reading)
        saves = Saves(members["save"], roots: answerRoots, &reading)
    }

    package func perform(in run: ScenarioRun) async throws -> JSONValue {
        let request = Request(
            .post, "\(run.lab.addresses.origin(of: .app))/userIdentifier/\(path)",
            headers: [.contentType: "application/json"], body: try body.value(run.variables).bytes)
        return await run.send(request, from: run.party(of: sender, with: "browser"))
    }
}
