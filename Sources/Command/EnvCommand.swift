import ArgumentParser
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
        let endpoints = try place.endpoints()
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
        for (name, value) in lines { Terminal.write("export \(name)=\(Self.quoted(value))") }
        Terminal.write("unset AWS_SESSION_TOKEN")
    }

    /// Safe in a POSIX shell, whatever the endpoints file says.
    private static func quoted(_ value: String) -> String {
        "'\(value.replacing("'", by: "'\\''"))'"
    }
}
