import Foundation
import Kernel
import Scenario
import Synchronization

/// The two streams of the process: data to stdout, talk to stderr. What a file of somebody else says reaches a terminal
/// here, and none of it is an order to the terminal or to GitHub Actions.
enum Terminal {
    /// Talk: what a person wants to know and no program reads.
    static func say(_ line: String) { _ = put("\(line.shownWithoutOrders)\n", to: STDERR_FILENO) }

    /// The same for programs that read logs, on one line.
    static func say(json value: JSONValue) {
        _ = put("\(value.text.escapingControls.escapingOrders)\n", to: STDERR_FILENO)
    }

    /// What a person reads on stdout.
    static func write(_ line: String) { write(asItIs: line.shownWithoutOrders) }

    static func write(json value: JSONValue) { write(asItIs: value.pretty.escapingControls.escapingOrders) }

    /// To the byte: what a program reads, and what is shown with colours and was made harmless before it had them.
    static func write(asItIs text: String) { writeWhole("\(text)\n") }

    /// A question, on whose line the answer stands.
    static func ask(_ prompt: String) { writeWhole(prompt.shown) }

    /// Why not all of stdout could be written, such as for want of room; nil if it was. A reader that went away
    /// (`| head`) has read what it wanted.
    static var failure: CommandFailure? {
        lost.withLock { $0 }.map { number in
            CommandFailure(.stuck, "standard output cannot be written: \(String(cString: strerror(number)))")
        }
    }

    /// The first `errno` of stdout.
    private static let lost = Mutex<Int32?>(nil)

    private static func writeWhole(_ text: String) {
        guard let number = put(text, to: STDOUT_FILENO), number != EPIPE else { return }
        lost.withLock { $0 = $0 ?? number }
    }

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

    /// nil, or the `errno` for which the rest was not written.
    private static func put(_ text: String, to file: Int32) -> Int32? {
        var text = text
        // Held until all of it is out: lines of two threads do not mix.
        return text.withUTF8 { bytes in writing.withLock { _ in put(bytes, to: file) } }
    }

    private static let writing = Mutex(())

    private static func put(_ bytes: UnsafeBufferPointer<UInt8>, to file: Int32) -> Int32? {
        var rest = UnsafeRawBufferPointer(bytes)
        while !rest.isEmpty {
            let count = Foundation.write(file, rest.baseAddress, rest.count)
            if count >= 0 {
                rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
            } else if errno == EAGAIN {
                // Another program made the terminal or the pipe one that nobody waits for.
                var wait = pollfd(fd: file, events: Int16(POLLOUT), revents: 0)
                poll(&wait, 1, -1)
            } else if errno != EINTR {
                return errno
            }
        }
        return nil
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
