import ArgumentParser
import Foundation
import Harness
import Kernel
import Serve

/// Puts a CloudFormation template into a served lab.
struct DeployCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deploy", abstract: "Put a CloudFormation template into a served lab.",
        discussion: """
            TEMPLATE is JSON or YAML as cdk synth writes it. Events go to stderr, outputs to stdout as JSON. \
            Everything that can be found wrong is told before anything is created.
            """)

    @Argument(help: ArgumentHelp("CloudFormation template, JSON or YAML.", valueName: "template"))
    var template: String

    @OptionGroup var root: RootOption
    @OptionGroup var place: LabPlace

    @Option(help: ArgumentHelp("Console origin of the served lab.", valueName: "origin"))
    var endpoint: String?

    @Flag(help: "Only say what would be created.")
    var check = false

    @Flag(help: "Delete what was created if a resource fails.")
    var rollback = false

    @Option(help: ArgumentHelp("Value of a parameter of the template (repeatable).", valueName: "name=value"))
    var parameter: [String] = []

    @Option(help: ArgumentHelp("Name of the stack (default: the file's).", valueName: "name"))
    var stackName: String?

    @Option(help: ArgumentHelp("Account: an access key id of twelve digits.", valueName: "id"))
    var account: String?

    func run() async throws {
        var order = try TemplateOrder(path: template)
        order.parameters = try Self.parameters(parameter)
        order.rollsBack = rollback
        order.isCheck = check
        if let stackName { order.stack = stackName }
        let own = ProcessInfo.processInfo.environment["AWS_ACCESS_KEY_ID"]
        if let account = account ?? own, Self.isAccount(account) { order.account = account }
        let isOffline = check && endpoint == nil && place.endpointsFile == nil
        let answer = isOffline ? try await checked(order) : try order.post(to: try console())
        try leave(TemplateOrder.tell(answer))
    }

    func validate() throws {
        _ = try Self.parameters(parameter)
        if let account, !Self.isAccount(account) { throw ValidationError("--account must have twelve digits.") }
    }

    /// Whatever is found wrong without a served lab is found here: the same engine reads the template.
    private func checked(_ order: TemplateOrder) async throws -> JSONValue {
        let lab = try Lab(try LabLoading.definition("default", root: try root.folder()))
        var request = DeploymentRequest(template: order.text)
        request.name = order.path
        request.stack = order.stack
        request.parameters = Dictionary(order.parameters) { $1 }
        request.isCheck = true
        do {
            return try await lab.deploy(request)
        } catch {
            return ["error": ["message": .string(error.description), "rendered": .strings(error.rendered)]]
        }
    }

    private func console() throws -> String {
        if let endpoint { return endpoint }
        return try place.endpoints()["console"]?.string ?? ""
    }

    private static func isAccount(_ text: String) -> Bool {
        text.utf8.count == 12 && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    private static func parameters(_ given: [String]) throws -> [(String, String)] {
        var result: [(String, String)] = []
        for pair in given {
            guard let equals = pair.place(of: "="), equals != pair.startIndex else {
                throw ValidationError("--parameter \(pair): NAME=VALUE expected.")
            }
            result.append((String(pair[..<equals]), String(pair[pair.index(after: equals)...])))
        }
        return result
    }
}

/// A template on its way to a served lab's console.
struct TemplateOrder {
    let path: String
    let text: String
    var stack: String
    var account: String?
    var parameters: [(String, String)] = []
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
            "parameters": .object(JSONObject(parameters.map { .init($0.0, .string($0.1)) })),
        ]
        if let account { body.append("account", .string(account)) }
        do {
            return try ConsoleClient.post(console, "/_local/deployments", .object(body)).body
        } catch let failure as ConsoleClient.Failure {
            throw CommandFailure(.stuck, failure.description)
        }
    }

    /// Events and mistakes to stderr, outputs to stdout.
    static func tell(_ answer: JSONValue) -> Outcome {
        if let error = answer["error"] {
            let words = error["rendered"]?.strings ?? [error["message"]?.string ?? "the lab refused"]
            for line in words { Terminal.say(line) }
            return .unparsed
        }
        for event in answer["events"]?.array ?? [] {
            let words = ["status", "type", "logicalId", "physicalId"].compactMap { event[$0]?.string }
            let reason = event["reason"]?.string.map { "  \($0)" } ?? ""
            Terminal.say("\(words.filter { !$0.isEmpty }.joined(separator: "  "))\(reason)")
        }
        if let creates = answer["creates"] {
            Terminal.write(creates.pretty)
            return .held
        }
        let status = answer["status"]?.string ?? ""
        guard status == "CREATE_COMPLETE" else {
            Terminal.say("agentcore-local: \(status): \(answer["failure"]?.string ?? "")")
            return .stuck
        }
        Terminal.write((answer["outputs"] ?? [:]).pretty)
        return .held
    }
}
