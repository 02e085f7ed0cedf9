import Foundation
import Harness
import Kernel
import Serve

/// Tells how far a long run is; a short one is over before there is anything to tell.
struct Progress {
    let count: Int
    private var done = 0
    private var wrong = 0
    private let start: Instant
    private var told: Instant
    private let isTerminal = isatty(STDERR_FILENO) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
    private static let patience = Span.seconds(2)

    init(count: Int, start: Instant) {
        self.count = count
        self.start = start
        told = start
    }

    mutating func tell(_ result: ScenarioResult) {
        done += 1
        if result.verdict == .failed || result.verdict == .error { wrong += 1 }
        // On a terminal the line is written over itself; a log gets one every ten seconds.
        let now = Host.now
        guard now - start >= Self.patience, done < count else { return }
        guard now - told >= (isTerminal ? Span(milliseconds: 200) : .seconds(10)) else { return }
        told = now
        let line = "\(done) of \(count) scenarios, \(wrong) did not hold"
        if isTerminal {
            try? FileHandle.standardError.write(contentsOf: Data("\r\u{1B}[K\(line)".utf8))
        } else {
            Terminal.say(line)
        }
    }

    func end() {
        guard isTerminal, told != start else { return }
        try? FileHandle.standardError.write(contentsOf: Data("\r\u{1B}[K".utf8))
    }
}
