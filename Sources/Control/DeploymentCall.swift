import Harness
import Kernel

// Templates.
extension CallContext {
    /// Deploys a template, or says what it would create. 400 with every mistake before anything is created.
    func deploy() async throws -> Response {
        let body = try body("template", "name", "stack", "account", "parameters", "rollback", "check")
        var request = DeploymentRequest(template: try body.requiredText("template"))
        request.name = try body.text("name") ?? request.name
        request.stack = try body.text("stack") ?? request.stack
        request.account = try body.text("account") ?? request.account
        request.rollsBack = try body.flag("rollback") ?? false
        request.isCheck = try body.flag("check") ?? false
        for member in body["parameters"]?.object?.members ?? [] {
            guard let text = member.value.string else {
                throw ControlError(400, "Parameter \"\(member.name)\" must be a text.")
            }
            request.parameters[member.name] = text
        }
        do {
            return .json(200, try await lab.deploy(request))
        } catch {
            var mistake: JSONObject = [
                "message": .string(error.description), "problems": .strings(error.problems),
                "rendered": .strings(error.rendered),
            ]
            if let code = error.code { mistake.append("code", .string(code)) }
            return .json(400, ["error": .object(mistake)])
        }
    }
}
