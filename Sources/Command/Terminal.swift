import Foundation
import Kernel
import Scenario

/// The two streams of the process: data to stdout, talk to stderr. What a file of somebody else says reaches a terminal
/// here, and none of it is an order to the terminal or to GitHub Actions.
enum Terminal {
    /// Talk: what a person wants to know and no program reads.
    static func say(_ line: String) { put(line.shownWithoutOrders, to: .standardError) }

    /// The same for programs that read logs, on one line.
    static func say(json value: JSONValue) { put(value.text.escapingControls, to: .standardError) }

    /// What a person reads on stdout.
    static func write(_ line: String) { put(line.shownWithoutOrders, to: .standardOutput) }

    static func write(json value: JSONValue) { put(value.pretty.escapingControls, to: .standardOutput) }

    /// To the byte: what a program reads, and what is shown with colours and was made harmless before it had them.
    static func write(asItIs text: String) { put(text, to: .standardOutput) }

    /// Whether stdout shows colours: it is a terminal and `NO_COLOR` is not set (https://no-color.org).
    static var showsColour: Bool {
        let environment = ProcessInfo.processInfo.environment
        return environment["NO_COLOR", default: ""].isEmpty && environment["TERM"] != "dumb"
            && isatty(STDOUT_FILENO) == 1
    }

    /// How wide stdout is; nil where it is no terminal, or one that does not say.
    static var columns: Int? {
        var size = winsize()
        guard isatty(STDOUT_FILENO) == 1, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 else { return nil }
        return size.ws_col == 0 ? nil : Int(size.ws_col)
    }

    /// Verdicts at the beginning of lines, where colours are shown.
    static func coloured(_ text: String) -> String {
        guard showsColour else { return text }
        let colours = [
            ("held  ", "\u{1B}[32m"), ("FAILED", "\u{1B}[31m"), ("ERROR ", "\u{1B}[35m"), ("skipped", "\u{1B}[33m"),
            ("EXPECTED", "\u{1B}[33m"),
        ]
        return text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            guard let (word, colour) = colours.first(where: { line.hasPrefix("\($0.0) ") }) else { return String(line) }
            return "\(colour)\(word)\u{1B}[0m\(line.dropFirst(word.count))"
        }.joined(separator: "\n")
    }

    private static func put(_ line: String, to file: FileHandle) {
        // A reader that went away (`| head`) is no reason to fail.
        try? file.write(contentsOf: Data("\(line)\n".utf8))
    }
}

extension String {
    /// Without line ends behind it.
    var trimmedEnd: String {
        var text = self[...]
        while text.last?.isNewline == true { text = text.dropLast() }
        return String(text)
    }
}
