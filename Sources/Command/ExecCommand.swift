import ArgumentParser
import Foundation
import Harness
import Kernel
import Serve
import Synchronization

/// Runs a program beside a lab of its own: lab up, environment set, program run, lab down.
struct ExecCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exec", abstract: "Run a command beside a lab, with the environment of env set.",
        discussion: """
            agentcore-local exec -- pytest -q

            The lab takes free ports unless --port-base names some, and is gone when the command ends. The exit code \
            is the command's own. AGENTCORE_LOCAL_ENDPOINTS_FILE names a file with every origin.
            """)

    @OptionGroup var root: RootOption

    @Option(help: ArgumentHelp("Lab to serve: a file in mocks/labs.", valueName: "name"))
    var lab = "default"

    @Option(help: ArgumentHelp("First of the seven ports; 0 takes free ones.", valueName: "n"))
    var portBase = 0

    @Option(help: ArgumentHelp("Seed of every random value.", valueName: "n"))
    var seed: UInt64 = 1

    @Flag(help: "Log the lab's requests on stderr.")
    var log = false

    @Argument(parsing: .postTerminator, help: "The command and its arguments.")
    var command: [String] = []

    func validate() throws {
        guard (0...65_529).contains(portBase) else { throw ValidationError("--port-base must be 0 to 65529.") }
        if command.isEmpty { throw ValidationError("which command? agentcore-local exec -- CMD ARG…") }
    }

    func run() async throws {
        let code = Mutex<Int32>(0)
        var session = ServedSession(
            lab: lab, root: try root.folder(), plan: PortPlan(base: portBase),
            log: ServeLog(format: .text, isQuiet: !log))
        session.seed = seed
        try await session.run { origins, endpoints in
            let folder = try PrivateFolder.make("exec")
            defer { PrivateFolder.remove(folder) }
            let file = "\(folder)/endpoints.json"
            try OutputFile.endpoints.write(endpoints.pretty, to: file)
            let child = try Child(command, environment: ClientEnvironment.ofChild(endpoints, file: file))
            let ended = await Self.wait(for: child)
            code.withLock { $0 = ended }
            Host.endAfterGrace(ended)
        }
        let ended = code.withLock { $0 }
        if ended != 0 { throw ExitCode(ended) }
    }

    /// A signal to this process is the child's to obey; the lab stays until the child is gone.
    private static func wait(for child: Child) async -> Int32 {
        await withTaskGroup(of: Int32?.self) { group in
            group.addTask { await child.ended() }
            group.addTask {
                await StopSignals(within: nil).first()
                guard !Task.isCancelled else { return nil }
                child.terminate()
                return nil
            }
            for await code in group {
                guard let code else { continue }
                group.cancelAll()
                return code
            }
            return 0
        }
    }
}
