import ArgumentParser
import Foundation
import Harness
import Kernel
import Serve

/// Serves a lab: every party on a port of its own, until a signal ends it.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", _superCommandName: AgentcoreLocal.name, abstract: "Serve a lab on this machine.",
        discussion: """
            Parties listen on seven ports from --port-base on: aws, gateway, idp, github, mcp, app, console. \
            Point AWS clients at them with: eval "$(agentcore-local env)"
            """,
        version: Version.current)

    static let usualLab = "default"

    @OptionGroup var root: RootOption

    @Option(help: ArgumentHelp("Lab to serve: a file in mocks/labs.", valueName: "name"))
    var lab = ServeCommand.usualLab

    @Option(help: ArgumentHelp("First of the seven ports; 0 takes free ones.", valueName: "n"))
    var portBase = 4580

    @Option(help: ArgumentHelp("Keep state in this SQLite file (default: in memory).", valueName: "file"))
    var data: String?

    @Option(help: ArgumentHelp("Entries of the journal to keep, the newest; 0 keeps all.", valueName: "n"))
    var journalKeep = 100_000

    @Option(
        help: ArgumentHelp(
            "Write the origins to this JSON file when every port answers; it goes with the lab.", valueName: "file"))
    var endpointsFile: String?

    @Option(help: ArgumentHelp("Seed of every random value.", valueName: "n"))
    var seed: UInt64 = 1

    @Option(help: "Form of the log on stderr: text or json.")
    var logFormat = LogFormat.text

    @Flag(help: "Log no requests.")
    var quiet = false

    @Flag(help: "In the end tell, rule by rule, how the MCP clients behaved; a broken rule is exit code 4.")
    var score = false

    @Option(help: ArgumentHelp("Requests to this host reach this party (repeatable).", valueName: "host=party"))
    var map: [String] = []

    @Flag(help: "Call parties <party>.localhost instead of 127.0.0.1, so that browsers keep their cookies apart.")
    var hosts = false

    @Option(
        help: ArgumentHelp("Deploy this CloudFormation template before it is ready (repeatable).", valueName: "file"))
    var deploy: [String] = []

    @Option(help: ArgumentHelp("Listen on this address instead of loopback; needs --advertise.", valueName: "address"))
    var bind: String?

    @Option(help: ArgumentHelp("Host name by which others reach this machine.", valueName: "host"))
    var advertise: String?

    func validate() throws {
        guard (0...65_529).contains(portBase) else { throw ValidationError("--port-base must be 0 to 65529.") }
        guard journalKeep >= 0 else { throw ValidationError("--journal-keep must be 0 or more.") }
        if bind != nil, advertise == nil {
            throw ValidationError("--bind needs --advertise HOST: the name under which others reach this machine.")
        }
        if hosts, advertise != nil { throw ValidationError("--hosts and --advertise exclude each other.") }
        if let advertise, URLParts("http://\(advertise)")?.host != advertise.lowercased() {
            throw ValidationError("--advertise takes a host name or address, without port: \(advertise)")
        }
        _ = try hostMap()
    }

    func run() async throws {
        let log = ServeLog(format: logFormat, isQuiet: quiet)
        if let bind {
            log.warn("listening on \(bind): whoever reaches this machine can act as anybody in this lab")
        }
        if let endpointsFile { try? FileManager.default.removeItem(atPath: endpointsFile) }
        var session = ServedSession(lab: lab, root: try root.folder(), plan: plan, log: log)
        session.seed = seed
        session.data = data
        session.journalKeep = journalKeep == 0 ? nil : journalKeep
        session.map = try hostMap()
        let orders = try deploy.map { try TemplateOrder(path: $0) }
        // Before any port answers: whoever heard that it is ready may stop it at once.
        let stop = StopSignals()
        try await session.run { origins, endpoints in
            try Self.deploy(orders, endpoints)
            if let endpointsFile { try EndpointsFile.write(endpoints, to: endpointsFile) }
            defer { if let endpointsFile { EndpointsFile.remove(endpoints, at: endpointsFile) } }
            log.ready(lab, origins)
            await stop.first()
            log.stopped()
            if score { try Self.tellScore(endpoints) }
        }
    }

    private static func tellScore(_ endpoints: JSONValue) throws {
        let rows: [JSONValue]
        do {
            rows = try ConsoleClient.get(endpoints["console"]?.string ?? "", "/_local/score").body.array ?? []
        } catch let failure as ConsoleClient.Failure {
            throw CommandFailure(.stuck, failure.description)
        }
        for row in rows {
            Terminal.write("\(row["verdict"]?.string?.uppercased() ?? ""): \(row["rule"]?.string ?? "")")
            for line in row["exchanges"]?.strings ?? [] { Terminal.write("  \(line)") }
        }
        let broken = rows.filter { $0["verdict"] == "broken" }.count
        if broken > 0 { throw CommandFailure(.failed, "the MCP clients broke \(broken) of \(rows.count) rules") }
    }

    /// A lab with half a stack is not ready.
    private static func deploy(_ orders: [TemplateOrder], _ endpoints: JSONValue) throws {
        for order in orders {
            let outcome = TemplateOrder.tell(try order.post(to: endpoints["console"]?.string ?? ""))
            guard outcome == .held else { throw CommandFailure(outcome, "\(order.path) was not deployed") }
        }
    }

    private var plan: PortPlan {
        let naming: PortPlan.Naming =
            if let advertise { .advertised(advertise.lowercased()) } else if hosts { .partyHosts } else { .loopback }
        return PortPlan(bindAddress: bind ?? "127.0.0.1", base: portBase, naming: naming)
    }

    private func hostMap() throws -> [String: Party] {
        var result: [String: Party] = [:]
        for pair in map {
            let parts = pair.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, !parts[0].isEmpty, Party.served.contains(Party(parts[1])) else {
                let parties = Party.served.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("--map \(pair): HOST=PARTY expected; parties are \(parties).")
            }
            result[parts[0].lowercased()] = Party(parts[1])
        }
        return result
    }
}

/// How `serve` writes its log.
enum LogFormat: String, ExpressibleByArgument {
    case text
    case json
}
