import ArgumentParser
import Foundation
import Harness
import Kernel

/// Puts a CloudFormation template into a served lab.
struct DeployCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deploy", abstract: "Put a CloudFormation template into a served lab.",
        discussion: """
            TEMPLATE is JSON or YAML as cdk synth writes it. Events go to stderr, outputs to stdout as JSON. \
            Everything that can be found wrong is told before anything is created. Stacks are neither updated nor \
            deleted: a name that is taken is refused until the lab is reset.
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
        order.parameters = try RunConditions.pairs(parameter, of: "--parameter")
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
        _ = try RunConditions.pairs(parameter, of: "--parameter")
        if let account, !Self.isAccount(account) { throw ValidationError("--account must have twelve digits.") }
    }

    /// Whatever is found wrong without a served lab is found here: the same engine reads the template.
    private func checked(_ order: TemplateOrder) async throws -> JSONValue {
        let lab = try Lab(try LabLoading.definition("default", root: try root.folder()))
        var request = DeploymentRequest(template: order.text)
        request.name = order.path
        request.stack = order.stack
        request.parameters = order.parameters
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
}
