import Foundation
import Harness
import Kernel
import Scenario
import Serve
import Synchronization

/// Watches the user's own MCP client in situations that scenarios set up: each is played in a lab behind sockets, then
/// the client is run, and what it sent is judged rule by rule.
///
/// A scenario says what the client needs in its variable `client`: each member becomes a variable of the environment
/// (`url` is AGENTCORE_LOCAL_CLIENT_URL); `user` is who sits in front of the browser, `rules` have to be seen.
struct ClientTrial: Sendable {
    let command: String
    let limit: Span
    let definitions: [String: LabDefinition]
    let settings: RunSettings

    /// - Throws: `ServeFailure` when a port cannot be had.
    func run(
        _ work: [(file: Shared<ScenarioFile>, seed: UInt64)], failFast: Bool,
        isKnown: @escaping @Sendable (ScenarioResult) -> Bool
    ) async throws -> [ScenarioResult] {
        let stage = Stage()
        let results = Mutex<[ScenarioResult]>([])
        try await ServerGroup(PortPlan(base: 0), whileStreaming: { await stage.beat() }).run {
        } assemble: { _, _ in
            { request, party in try await stage.answer(request, party) }
        } while: { _, origins in
            var settings = self.settings
            settings.makeLab = { definition, options in
                var options = options
                options.start = Host.now
                options.addressing = .served(origins: origins.byParty)
                let lab = try Lab(definition, options)
                stage.enter(ServedLab(lab, log: ServeLog(format: .text, isQuiet: true)))
                return lab
            }
            settings.afterSteps = { run in await trial(run, origins) }
            let found = await Runner(definitions: definitions, settings: settings)
                .run(work, failFast: failFast, isKnown: isKnown)
            results.withLock { $0 = found }
        }
        return results.withLock { $0 }
    }

    /// The lab that the sockets belong to at the moment.
    private final class Stage: Sendable {
        private let lab = Mutex<ServedLab?>(nil)

        func enter(_ served: ServedLab) { lab.withLock { $0 = served } }
        func beat() async { await lab.withLock { $0 }?.beat() }

        func answer(_ request: Request, _ party: Party) async throws -> Response {
            guard let lab = lab.withLock({ $0 }) else { return .plain(503, "No scenario has begun.\n") }
            return try await lab.answer(request, party)
        }
    }

    private func trial(_ run: ScenarioRun, _ origins: ServedOrigins) async -> [Failure] {
        guard let client = run.variables["client"]?.object else {
            return [
                Failure(
                    nil, "--client", expected: "a variable client that says what the client needs",
                    actual: run.variables["client"].map { "one that is \($0.typeName)" } ?? "none",
                    hint: """
                        the last step of a scenario for clients is such as - set: {client: {url: "${gatewayUrl}", \
                        token: "${alice.accessToken}", tool: github___get_me, user: alice, rules: [does not loop]}}; \
                        each member becomes AGENTCORE_LOCAL_CLIENT_URL and the like; see scenarios/clients
                        """)
            ]
        }
        do {
            let folder = try PrivateFolder.make("client")
            defer { PrivateFolder.remove(folder) }
            let region = run.variables["lab"]?["region"]?.string ?? ""
            let endpoints = origins.endpoints(region: region, account: LabPlace.standardAccount)
            let browser = try Browser(folder: folder, endpoints: endpoints, user: client["user"]?.string ?? "alice")
            let child = try Child(
                ["/bin/sh", "-c", command], environment: environment(client, endpoints, browser))
            let code = await child.ended(within: limit)
            let score = ClientScore(of: run.lab.store.journal(), opened: browser.opened)
            for row in score.rows {
                Terminal.write("\(row.verdict.rawValue.uppercased()): \(row.rule)")
                for line in score.proof(of: row) { Terminal.write("  \(line)") }
            }
            return judge(score, code, client["rules"]?.strings ?? [])
        } catch {
            return [Failure(nil, "the client", expected: "a program that runs", actual: "\(error)")]
        }
    }

    private func judge(_ score: ClientScore, _ code: Int32, _ wanted: [String]) -> [Failure] {
        var failures: [Failure] = []
        if code != 0 { failures.append(Failure(nil, "the client", expected: "exit code 0", actual: "\(code)")) }
        for row in score.rows where row.verdict == .broken || (row.verdict == .notSeen && wanted.contains(row.rule)) {
            let proof = score.proof(of: row).joined(separator: "\n")
            failures.append(
                Failure(
                    nil, row.rule, expected: row.about, actual: row.verdict.rawValue,
                    exchange: proof.isEmpty ? nil : proof))
        }
        for name in wanted where !score.rows.contains(where: { $0.rule == name }) {
            failures.append(Failure(nil, "client.rules", expected: "rules that there are", actual: name))
        }
        return failures
    }

    private func environment(
        _ client: JSONObject, _ endpoints: JSONValue, _ browser: Browser
    ) -> [String: String] {
        var environment = ClientEnvironment.ofChild(endpoints, file: browser.endpointsFile)
        for member in client.members {
            environment["\(EnvironmentFlags.prefix)CLIENT_\(member.name.uppercased())"] =
                member.value.string ?? member.value.text
        }
        environment["BROWSER"] = browser.program
        return environment
    }

    /// What BROWSER names while the client runs: it writes down each link and lets a person open it.
    private struct Browser {
        let program: String
        let endpointsFile: String
        private let list: String

        init(folder: String, endpoints: JSONValue, user: String) throws {
            program = "\(folder)/browser"
            endpointsFile = "\(folder)/endpoints.json"
            list = "\(folder)/opened"
            try OutputFile.endpoints.write(endpoints.pretty, to: endpointsFile)
            let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
            // It returns when the person is done, but what goes back to the client does so by itself: the client may
            // listen only after its browser has returned.
            let words = [own, "browse", "--endpoints-file", endpointsFile, "--user", user].map(ScenarioResult.quoted)
            let browse = words.joined(separator: " ")
            let script = """
                #!/bin/sh
                printf '%s\\n' "$1" >> \(ScenarioResult.quoted(list))
                landed=$(\(browse) -- "$1" 2>/dev/null)
                if [ -n "$landed" ]; then \(browse) --back -- "$landed" >/dev/null 2>&1 & fi

                """
            try OutputFile.program.write(script, to: program)
        }

        var opened: [String] {
            let data = FileManager.default.contents(atPath: list) ?? Data()
            return String(decoding: data, as: UTF8.self).pieces(by: "\n").map(String.init).filter { !$0.isEmpty }
        }
    }
}
