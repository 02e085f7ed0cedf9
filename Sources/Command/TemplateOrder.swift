import Foundation
import Kernel
import Serve

/// A template on its way to a served lab's console.
struct TemplateOrder {
    let path: String
    let text: String
    var stack: String
    var account: String?
    var parameters: [String: String] = [:]
    var rollsBack = false
    var isCheck = false

    init(path: String) throws {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CommandFailure(.usage, "\(path): there is no such file")
        }
        guard let text = String(bytes: data, encoding: .utf8) else {
            throw CommandFailure(.unparsed, "\(path): the file is no UTF-8 text")
        }
        self.path = path
        self.text = text
        let name = path.split(separator: "/").last.map { $0.prefix { $0 != "." } } ?? ""
        stack = name.isEmpty ? "agentcore-local" : String(name)
    }

    /// - Throws: `CommandFailure` when the lab does not answer.
    func post(to console: String) throws -> JSONValue {
        var body: JSONObject = [
            "template": .string(text), "name": .string(path), "stack": .string(stack),
            "rollback": .bool(rollsBack), "check": .bool(isCheck),
            "parameters": .object(
                JSONObject(parameters.sorted { $0.key < $1.key }.map { .init($0.key, .string($0.value)) })),
        ]
        if let account { body.append("account", .string(account)) }
        do {
            return try ConsoleClient.post(console, "/_local/deployments", .object(body)).body
        } catch let failure as ConsoleClient.Failure {
            throw CommandFailure(.stuck, failure.description)
        }
    }

    /// Whether an answer says that a stack of this name is there already.
    static func isThere(_ answer: JSONValue) -> Bool { answer["error"]?["code"] == "AlreadyExistsException" }

    /// Events and mistakes to stderr, outputs to stdout.
    static func tell(_ answer: JSONValue) -> Outcome {
        if let error = answer["error"] {
            let words = error["rendered"]?.strings ?? [error["message"]?.string ?? "the lab refused"]
            for line in words { Terminal.say(line) }
            return isThere(answer) ? .stuck : .unparsed
        }
        for event in answer["events"]?.array ?? [] {
            let words = ["status", "type", "logicalId", "physicalId"].compactMap { event[$0]?.string }
            let reason = event["reason"]?.string.map { "  \($0)" } ?? ""
            Terminal.say("\(words.filter { !$0.isEmpty }.joined(separator: "  "))\(reason)")
        }
        if let creates = answer["creates"] {
            Terminal.write(json: creates)
            return .held
        }
        let status = answer["status"]?.string ?? ""
        guard status == "CREATE_COMPLETE" else {
            Terminal.say("agentcore-local: \(status): \(answer["failure"]?.string ?? "")")
            return .stuck
        }
        Terminal.write(json: answer["outputs"] ?? [:])
        return .held
    }
}
