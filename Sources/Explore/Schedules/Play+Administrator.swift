import Harness
import Kernel

// What the administrator does to the gateway and its target.
extension Play {
    static let gateway: JSONObject = ["gatewayIdentifier": "${gateway}"]
    static let target: JSONObject = ["gatewayIdentifier": "${gateway}", "targetId": "${target}"]
    static let targets: JSONObject = ["gatewayIdentifier": "${gateway}", "targetIdList": ["${target}"]]

    mutating func takePendingConsent() async {
        guard stage.kind.asksAdministrator else { return }
        let (_, body) = await lab.call("GetGatewayTarget", stage.names.filled(Self.target))
        if let url = body["authorizationData"]?["oauth2"]?["authorizationUrl"]?.string {
            links["admin"] = [Link(url: url, name: "adminConsent")]
        }
        _ = audit()
    }

    /// Asks how a target or a gateway is.
    func poll(_ operation: String, _ input: JSONObject) async -> Told {
        let (status, body) = await lab.call(operation, stage.names.filled(input))
        let state = body["status"]?.string.map { ", body.status: \($0)" } ?? ""
        return Told(
            head: ["aws: \(operation)"] + YAMLText.lines("with", .object(input)),
            observed: "\(Self.observed(status))\(state)", safe: "status: 404")
    }

    mutating func update(_ givesTools: Bool) async -> Told? {
        var input = Stage.target(stage.kind, givesTools: givesTools)
        input["targetId"] = "${target}"
        return await change("UpdateGatewayTarget", input, path: "body.authorizationData.oauth2.authorizationUrl")
    }

    /// `input` is written as a file has it. What it lets the administrator consent to is at `path` of the answer.
    mutating func change(_ operation: String, _ input: JSONObject, path: String = "") async -> Told {
        let (status, body) = await lab.call(operation, stage.names.filled(input))
        var told = Told(
            head: ["aws: \(operation)"] + YAMLText.lines("with", .object(input)), observed: Self.observed(status),
            safe: "status: {at-least: 400}")
        let data = body["authorizationData"] ?? body["targets"]?[0]?["authorizationData"]
        if let url = data?["oauth2"]?["authorizationUrl"]?.string, !path.isEmpty {
            told.save = "\(keep(url, of: "admin")): \"\(path)\""
        }
        return told
    }

    /// A full replacement: all that the gateway was made with, and who is let in now.
    mutating func updateGateway(_ letsUsersIn: Bool) async -> Told {
        var input = Stage.gateway(letsIn: letsUsersIn ? "web" : "exchange")
        input["gatewayIdentifier"] = "${gateway}"
        return await change("UpdateGateway", input)
    }
}
