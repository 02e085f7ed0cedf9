import ArgumentParser
import Foundation
import Kernel
import Serve

/// Prints what a shell must export so that unmodified AWS clients talk to a served lab.
struct EnvCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "env",
        abstract: "Print the environment in which AWS clients talk to a served lab.",
        discussion: "For a shell: eval \"$(agentcore-local env)\"")

    @OptionGroup var place: LabPlace

    func run() throws {
        for (name, value) in ClientEnvironment.variables(for: try place.endpoints()) {
            Terminal.write(asItIs: "export \(name)=\(Self.quoted(value))")
        }
        for name in ClientEnvironment.removed { Terminal.write("unset \(name)") }
    }

    /// Safe in a POSIX shell, whatever the endpoints file says.
    private static func quoted(_ value: String) -> String {
        "'\(value.replacing("'", by: "'\\''"))'"
    }
}

/// The variables by which unmodified AWS clients find a served lab.
enum ClientEnvironment {
    /// Credentials of a session would be sent along.
    static let removed = ["AWS_SESSION_TOKEN"]

    static func variables(for endpoints: JSONValue) -> [(name: String, value: String)] {
        // Never a bare AWS_ENDPOINT_URL: it would send every other AWS service here too.
        let aws = endpoints["aws"]?.string ?? ""
        let region = endpoints["region"]?.string ?? ""
        var lines = [
            ("AWS_ENDPOINT_URL_BEDROCK_AGENTCORE_CONTROL", aws),
            ("AWS_ENDPOINT_URL_BEDROCK_AGENTCORE", aws),
            ("AWS_REGION", region),
            ("AWS_DEFAULT_REGION", region),
            // A 12-digit key id is the account; real credentials have no business in a lab.
            ("AWS_ACCESS_KEY_ID", endpoints["accountId"]?.string ?? ""),
            ("AWS_SECRET_ACCESS_KEY", "agentcore-local-secret"),
        ]
        for party in Party.served {
            guard let origin = endpoints[party.rawValue]?.string else { continue }
            lines.append(("\(EnvironmentFlags.prefix)\(party.rawValue.uppercased())_ORIGIN", origin))
        }
        return lines.map { (name: $0.0, value: $0.1) }
    }

    /// This process's environment, turned to a lab whose endpoints stand in `file`.
    static func ofChild(_ endpoints: JSONValue, file: String) -> [String: String] {
        var environment = ProcessInfo.processInfo.environment
        for name in removed { environment[name] = nil }
        for (name, value) in variables(for: endpoints) { environment[name] = value }
        environment["\(EnvironmentFlags.prefix)ENDPOINTS_FILE"] = file
        return environment
    }
}
