// The command line: reads arguments, calls the harness or the servers, prints. It decides nothing about any party.

import ArgumentParser
import Foundation
import Harness

@main
struct AgentcoreLocal: AsyncParsableCommand {
    static let name = "agentcore-local"
    static let configuration = CommandConfiguration(
        commandName: name,
        abstract: "The OAuth flow of Amazon Bedrock AgentCore Gateway, every party of it, on one machine.",
        discussion: """
            Every flag is also an environment variable: --port-base 5000 is AGENTCORE_LOCAL_PORT_BASE=5000, \
            a flag without value is 1 or 0, a repeatable one takes several values between commas. \
            What stands on the command line wins.

            Exit codes: 0 all held, 1 wrong usage, 2 a file does not parse, \
            3 the run could not go on, or its output not be written, 4 an expectation failed, or nothing was found, \
            5 a baseline is stale, or the service model has drifted.
            """,
        version: Version.current,
        subcommands: [
            RunCommand.self, ServeCommand.self, CheckCommand.self, SchemaCommand.self, ListCommand.self,
            NewCommand.self, ReportCommand.self, MutateCommand.self, ExploreCommand.self, RecordCommand.self,
            ReplayCommand.self,
            WhyCommand.self, DemoCommand.self, LearnCommand.self, DoctorCommand.self,
            DeployCommand.self, EnvCommand.self, ExecCommand.self, WaitCommand.self, BrowseCommand.self,
        ])

    /// Off the main thread: from there every call into an actor would be a thread switch.
    @concurrent
    static func main() async {
        let given = Array(CommandLine.arguments.dropFirst())
        // Those that play runs by the thousand.
        if let command = given.first, ["run", "mutate", "explore"].contains(command) { RoomyHeap.begin() }
        do {
            let arguments = try EnvironmentFlags.applied(to: given)
            if let orders = ServeOrders(plain: arguments) {
                try await orders.serve()
            } else {
                try Misspelling.check(given)
                var command = try parseAsRoot(arguments)
                if var command = command as? any AsyncParsableCommand {
                    try await command.run()
                } else {
                    try command.run()
                }
            }
        } catch {
            leave(for: error, given)
        }
        if Terminal.failure != nil { end(.held) }
    }

    /// What could not be told makes no success.
    private static func end(_ code: Outcome) -> Never { end(code.rawValue) }

    private static func end(_ code: Int32) -> Never {
        guard let failure = Terminal.failure else { Foundation.exit(code) }
        Terminal.say(failure.description)
        Foundation.exit(code == Outcome.held.rawValue ? failure.code.rawValue : code)
    }

    /// The parser's own exit codes (64 for wrong usage) give way to the documented ones.
    private static func leave(for error: any Error, _ given: [String]) -> Never {
        if let failure = CommandFailure(error) {
            Terminal.say(EnvironmentFlags.hinted(failure.description, for: given))
            end(failure.code)
        }
        let code = exitCode(for: error)
        let message = fullMessage(for: error)
        if code == .success {
            if !message.isEmpty { Terminal.write(asItIs: message) }
            end(.held)
        }
        guard code == .validationFailure else { end(code.rawValue) }
        Terminal.say(EnvironmentFlags.hinted(Misspelling.hinted(message, for: given), for: given))
        Foundation.exit(Outcome.usage.rawValue)
    }
}
