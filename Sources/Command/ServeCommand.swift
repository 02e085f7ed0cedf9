import ArgumentParser
import Kernel

/// The command line of `serve`, as it is told and explained; `ServeOrders` does what it says.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Serve a lab on this machine.",
        discussion: """
            Parties listen on seven ports from --port-base on: aws, gateway, idp, github, mcp, app, console. \
            Point AWS clients at them with: eval "$(agentcore-local env)"
            """)

    @OptionGroup var root: RootOption

    @Option(help: ArgumentHelp("Lab to serve: a file in mocks/labs.", valueName: "name"))
    var lab = ServeOrders.usual.lab

    @Option(help: ArgumentHelp("First of the seven ports; 0 takes free ones.", valueName: "n"))
    var portBase = ServeOrders.usual.portBase

    @Option(help: ArgumentHelp("Keep state in this SQLite file (default: in memory).", valueName: "file"))
    var data: String?

    @Option(help: ArgumentHelp("Entries of the journal to keep at least, the newest; 0 keeps all.", valueName: "n"))
    var journalKeep = ServeOrders.usual.journalKeep

    @Option(
        help: ArgumentHelp(
            "Write the origins to this JSON file when every port answers; it goes with the lab.", valueName: "file"))
    var endpointsFile: String?

    @Option(help: ArgumentHelp("Seed of every random value.", valueName: "n"))
    var seed = ServeOrders.usual.seed

    @Option(help: "Form of the log on stderr: text or json.")
    var logFormat = ServeOrders.usual.logFormat

    @Flag(help: "Log no requests.")
    var quiet = false

    @Flag(help: "In the end tell, rule by rule, how the MCP clients behaved; a broken rule is exit code 4.")
    var score = false

    @Option(help: ArgumentHelp("Requests to this host reach this party (repeatable).", valueName: "host=party"))
    var map: [String] = []

    @Flag(help: "Call parties <party>.localhost instead of 127.0.0.1, so that browsers keep their cookies apart.")
    var hosts = false

    @Flag(
        help: """
            Sign the tokens of users with new keys instead of those in mocks/keys, which everybody can read; with \
            --data they stay.
            """)
    var freshKeys = false

    @Option(
        help: ArgumentHelp(
            "Deploy this CloudFormation template before it is ready (repeatable); with --data the first time only, as "
                + "what it makes is there again after a restart.", valueName: "file"))
    var deploy: [String] = []

    @Option(help: ArgumentHelp("Listen on this address instead of loopback; needs --advertise.", valueName: "address"))
    var bind: String?

    @Option(help: ArgumentHelp("Host name by which others reach this machine.", valueName: "host"))
    var advertise: String?

    func validate() throws {
        let orders = try orders()
        if let mistake = orders.mistake { throw ValidationError(mistake) }
    }

    func run() async throws { try await orders().serve() }

    func orders() throws -> ServeOrders {
        ServeOrders(
            lab: lab, root: root.root, portBase: portBase, data: data, journalKeep: journalKeep,
            endpointsFile: endpointsFile, seed: seed, logFormat: logFormat, quiet: quiet, score: score,
            map: try HostPairs.read(map), hosts: hosts, freshKeys: freshKeys, deploy: deploy, bind: bind,
            advertise: advertise)
    }
}

/// How `serve` writes its log.
enum LogFormat: String, ExpressibleByArgument {
    case text
    case json
}
