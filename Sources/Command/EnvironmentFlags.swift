import ArgumentParser
import Foundation
import Kernel

/// The one mechanism by which every flag is also an environment variable: what is set there and not on the command
/// line is added to the command line before it is read, so that help, checks and messages are the same for both.
enum EnvironmentFlags {
    static let prefix = "AGENTCORE_LOCAL_"

    /// The arguments with what the environment adds.
    ///
    /// - Throws: `CommandFailure` for a value that is neither yes nor no where the flag takes none.
    static func applied(to arguments: [String]) throws -> [String] {
        let variables = ProcessInfo.processInfo.environment.filter { $0.key.hasPrefix(prefix) && !$0.value.isEmpty }
        guard !variables.isEmpty, let name = arguments.first, let command = subcommand(name) else { return arguments }
        var result = arguments
        // A value that stands after `--` is no flag.
        let end = arguments.firstIndex(of: "--") ?? arguments.endIndex
        let given = arguments[..<end]
        var added: [String] = []
        for flag in flags(of: command) {
            guard let value = variables[variable(for: flag.name)],
                !has(flag.name, given), !isMeantForOthers(flag.name, value, of: name, given, variables)
            else { continue }
            added += try flag.arguments(value)
        }
        result.insert(contentsOf: added, at: end)
        return result
    }

    /// A message about a flag that nobody typed says where it came from, before it tells how to call the program.
    static func hinted(_ message: String, for given: [String]) -> String {
        let told = message.prefix(upTo: message.range(of: "\nUsage: ")?.lowerBound ?? message.endIndex)
        let words = Set(told.split { !($0.isLetter || $0 == "-") }.filter { $0.hasPrefix("--") })
        let typed = given[..<(given.firstIndex(of: "--") ?? given.endIndex)]
        let hints = words.sorted().compactMap { word in
            let (flag, name) = (String(word.dropFirst(2)), variable(for: String(word.dropFirst(2))))
            let isSet = ProcessInfo.processInfo.environment[name]?.isEmpty == false
            return isSet && !has(flag, typed) ? "\n\(word) is \(name) of the environment." : nil
        }
        return told + hints.joined() + message[told.endIndex...]
    }

    private static func has(_ flag: String, _ given: ArraySlice<String>) -> Bool {
        given.contains { $0 == "--\(flag)" || $0.hasPrefix("--\(flag)=") }
    }

    /// The endpoints file of the environment is for nobody who names another lab by its ports, and `serve` below `exec`
    /// must not write its own lab's into it.
    private static func isMeantForOthers(
        _ flag: String, _ value: String, of command: String, _ given: ArraySlice<String>, _ variables: [String: String]
    ) -> Bool {
        guard flag == "endpoints-file" else { return false }
        guard command == "serve" else { return has("port-base", given) }
        let told = try? EndpointsFile.read(value)["aws"]?.string
        return told != nil && told == variables["\(prefix)AWS_ORIGIN"]
    }

    /// `port-base` is `AGENTCORE_LOCAL_PORT_BASE`.
    static func variable(for flag: String) -> String {
        prefix + flag.uppercased().replacingOccurrences(of: "-", with: "_")
    }

    /// A flag as the parser knows it.
    private struct Flag {
        let name: String
        let takesValue: Bool
        let isRepeating: Bool

        func arguments(_ value: String) throws -> [String] {
            guard takesValue else { return try isYes(value) ? ["--\(name)"] : [] }
            let values = isRepeating ? value.split(separator: ",").map(String.init) : [value]
            return values.map { "--\(name)=\($0)" }
        }

        private func isYes(_ value: String) throws -> Bool {
            switch value.lowercased() {
            case "1", "true", "yes", "on": return true
            case "0", "false", "no", "off": return false
            default:
                throw CommandFailure(.usage, "\(variable(for: name)) is '\(value)'; 1 or 0 expected")
            }
        }
    }

    private static func subcommand(_ name: String) -> (any ParsableCommand.Type)? {
        AgentcoreLocal.configuration.subcommands.first { $0.configuration.commandName == name }
    }

    /// Read from the parser's own description of the command, so that no second list of flags can fall behind.
    private static func flags(of command: any ParsableCommand.Type) -> [Flag] {
        let description = try? JSONValue(parsing: command._dumpHelp())
        return (description?["command"]?["arguments"]?.array ?? []).compactMap { argument in
            let names = argument["names"]?.array ?? []
            guard argument["kind"]?.string != "positional",
                let name = names.first(where: { $0["kind"]?.string == "long" })?["name"]?.string,
                name != "help", name != "version"
            else { return nil }
            return Flag(
                name: name, takesValue: argument["kind"]?.string == "option",
                isRepeating: argument["isRepeating"]?.bool ?? false)
        }
    }
}
