import Foundation
import Harness
import Kernel
import Serve

/// What `serve` is to do. What is not said is as it stands here.
struct ServeOrders: Equatable {
    var lab = "default"
    /// Folder that holds mocks/; nil is found.
    var root: String?
    /// First of the seven ports; 0 takes free ones.
    var portBase = 4580
    var data: String?
    /// The newest entries of the journal that are kept; 0 keeps all.
    var journalKeep = 100_000
    var endpointsFile: String?
    var seed: UInt64 = 1
    var logFormat = LogFormat.text
    var quiet = false
    var score = false
    var map: [String: Party] = [:]
    var hosts = false
    var freshKeys = false
    /// CloudFormation templates, in the order in which they are deployed.
    var deploy: [String] = []
    var bind: String?
    var advertise: String?

    static let usual = ServeOrders()

    /// What cannot be done, in words; nil where all of it can.
    var mistake: String? {
        if !(0...65_529).contains(portBase) { return "--port-base must be 0 to 65529." }
        if endpointsFile == "" { return "--endpoints-file needs a name: it is empty." }
        if journalKeep < 0 { return "--journal-keep must be 0 or more." }
        if bind != nil, advertise == nil {
            return "--bind needs --advertise HOST: the name under which others reach this machine."
        }
        if hosts, advertise != nil { return "--hosts and --advertise exclude each other." }
        if let advertise, URLParts("http://\(advertise)")?.host != advertise.lowercased() {
            return "--advertise takes a host name or address, without port: \(advertise)"
        }
        return nil
    }

    /// Serves until a signal ends it.
    ///
    /// - Throws: `ServeFailure` when a port cannot be had, `StoreFailure` for a data file, `CommandFailure` for a lab,
    ///   a template, or MCP clients that broke a rule.
    func serve() async throws {
        let log = ServeLog(format: logFormat, isQuiet: quiet)
        if let bind {
            log.warn("listening on \(bind): whoever reaches this machine can act as anybody in this lab")
        }
        if let endpointsFile { try EndpointsFile.makeRoom(at: endpointsFile) }
        var session = ServedSession(lab: lab, root: try RootOption.folder(root), plan: plan, log: log)
        session.seed = seed
        session.data = data
        session.journalKeep = journalKeep == 0 ? nil : journalKeep
        session.map = map
        session.freshKeys = freshKeys
        let templates = try deploy.map { try TemplateOrder(path: $0) }
        // Before any port answers: whoever heard that it is ready may stop it at once.
        let stop = score ? StopSignals(within: nil) : StopSignals()
        try await session.run { origins, endpoints in
            try Self.deploy(templates, endpoints, keepsStacks: data != nil)
            StartText.letGo()
            if let endpointsFile { try OutputFile.endpoints.write(endpoints.pretty, to: endpointsFile) }
            defer { if let endpointsFile { EndpointsFile.remove(endpoints, at: endpointsFile) } }
            log.ready(lab, origins)
            await stop.first()
            log.stopped()
            guard score else { return }
            // The grace is for clients; a long journal's score takes longer.
            do {
                try Self.tellScore(endpoints)
            } catch {
                Host.endAfterGrace(Outcome.failed.rawValue)
                throw error
            }
            Host.endAfterGrace()
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
    private static func deploy(_ templates: [TemplateOrder], _ endpoints: JSONValue, keepsStacks: Bool) throws {
        for template in templates {
            let answer = try template.post(to: endpoints["console"]?.string ?? "")
            // A data file brings its stacks along.
            if keepsStacks, TemplateOrder.isThere(answer) {
                Terminal.say("stack \(template.stack) is there already and stays as it is")
                continue
            }
            let outcome = TemplateOrder.tell(answer)
            guard outcome == .held else { throw CommandFailure(outcome, "\(template.path) was not deployed") }
        }
    }

    private var plan: PortPlan {
        let naming: PortPlan.Naming =
            if let advertise { .advertised(advertise.lowercased()) } else if hosts { .partyHosts } else { .loopback }
        return PortPlan(bindAddress: bind ?? "127.0.0.1", base: portBase, naming: naming)
    }
}
