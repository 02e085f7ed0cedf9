import ArgumentParser
import Kernel
import Scenario

/// What the parser does not say of a word that no command has: which one was meant.
enum Misspelling {
    /// - Throws: `CommandFailure` for a subcommand that there is none of.
    static func check(_ arguments: [String]) throws {
        var command: any ParsableCommand.Type = AgentcoreLocal.self
        var path = [AgentcoreLocal.name]
        for word in arguments {
            // `help` takes the names of commands, as the program itself does.
            if path.count == 1, word == "help" { continue }
            let commands = command.configuration.subcommands
            guard !commands.isEmpty, !word.hasPrefix("-") else { return }
            guard let next = commands.first(where: { $0.configuration.commandName == word }) else {
                let known = commands.filter { $0.configuration.shouldDisplay }
                    .compactMap { $0.configuration.commandName }
                let hint = Suggestion.nearest(to: word, among: known).map { "Did you mean '\($0)'?\n" } ?? ""
                let name = path.joined(separator: " ")
                throw CommandFailure(
                    .usage, "there is no command '\(word)'. \(hint)See '\(name) --help' for those there are.")
            }
            command = next
            path.append(word)
        }
    }

    /// A message of the parser, whose proposals never are the flags that every command has.
    static func hinted(_ message: String, for arguments: [String]) -> String {
        for word in arguments {
            let told = "Unknown option '\(word)'"
            guard let place = message.range(of: told) else { continue }
            let question = ". Did you mean '"
            let rest = message[place.upperBound...]
            let proposed = rest.hasPrefix(question) ? String(rest.dropFirst(question.count).prefix { $0 != "'" }) : nil
            let known = [proposed, "--help", "--version"].compactMap(\.self)
            guard let meant = Suggestion.nearest(to: word, among: known), meant != proposed else { return message }
            let old = proposed.map { "\(question)\($0)'?" } ?? ""
            return message.replacing("\(told)\(old)", with: "\(told)\(question)\(meant)'?")
        }
        return message
    }
}
