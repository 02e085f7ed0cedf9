import ArgumentParser
import Foundation
import Harness
import Kernel
import Scenario

/// Starts a scenario file that holds as it stands.
struct NewCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new", abstract: "Start a scenario file that holds as it stands.")

    @OptionGroup var root: RootOption

    @Argument(help: "The file to make, such as scenarios/consent/my-case.yaml.")
    var path: String

    func run() throws {
        let folder = try root.folder()
        guard path.hasSuffix(".yaml") else { throw CommandFailure(.usage, "\(path): the name must end in .yaml") }
        let name = path.split(separator: "/").last.map { String($0.dropLast(5)) } ?? "scenario"
        let title = name.split(separator: "-").joined(separator: " ")
        let text = Self.text(title: title.prefix(1).uppercased() + title.dropFirst())
        try OutputFile.scenario.write(text, to: path)
        let place = folder == "." ? "" : " --root \(ScenarioResult.quoted(folder))"
        Terminal.say("\(path) is there; run it: agentcore-local run \(ScenarioResult.quoted(path))\(place)")
    }

    /// The shortest way through the whole flow: a gateway, a target, a consent, an answer.
    static func text(title: String) -> String {
        """
        scenario: \(JSONValue.string(title).text)
        about: Say what people run into, why, and what helps.
        tags: [mine]
        # What it rests on: rows of mocks/ledger, or a standard with its section.
        spec: [T2, MCP 2025-11-25 elicitation]
        # Fragments of scenarios/given: they make the provider, the gateway and a target.
        given: [github-provider, gateway, target-method-2]
        steps:
          - mcp: tools/call
            as: alice
            with: {name: github___get_me}
            expect: {error.code: -32042}
            save: {consent: "error.data.elicitations[0].url"}
          - browser: ${consent}
            as: alice
            decide: approve
          - mcp: tools/call
            as: alice
            with: {name: github___get_me}
            expect: {result.isError: false}
        then:
          transitions: {"target ${target}": [READY]}
          exchanges:
            - {to: github, path: /login/oauth/access_token, times: 1}

        """
    }
}
