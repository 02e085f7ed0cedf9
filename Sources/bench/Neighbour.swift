import Foundation
import Serve

/// A server in a process of its own, from its start until this value is told to end it.
struct Neighbour {
    let port: Int
    private let child: pid_t
    /// From spawn to the first answer.
    let milliseconds: Double

    /// `words` are the program and its arguments; `path` is asked until somebody answers, whatever the answer is.
    init(_ words: [String], port: Int, path: String = "/", environment: [String: String] = [:]) throws {
        self.port = port
        for (name, value) in environment { setenv(name, value, 1) }
        let clock = ContinuousClock()
        let start = clock.now
        child = try ServedProcess.spawn(words[0], Array(words.dropFirst()), isQuiet: true)
        for name in environment.keys { unsetenv(name) }
        while Probe.status(of: path, port: port) == nil {
            guard clock.now - start < .seconds(60) else {
                Self.end(child)
                throw BenchFailure("\(words[0]) does not answer")
            }
            // Asking without a pause would take a core from the one who is asked.
            usleep(500)
        }
        milliseconds = Measure.microseconds(clock.now - start) / 1000
    }

    /// This program's own `serve`.
    static func own(_ options: BenchOptions, port: Int, _ more: [String] = []) throws -> Neighbour {
        let words = [try ServedProcess.binary(), "serve", "--quiet", "--port-base", String(port), "--root"]
        return try Neighbour(words + [options.root] + more, port: port, path: "/_local/ready")
    }

    /// The bare route of this very binary.
    static func bare(port: Int) throws -> Neighbour {
        try Neighbour([CommandLine.arguments[0], "bare", String(port)], port: port)
    }

    func url(_ path: String, at place: Int = 0) -> String { "http://127.0.0.1:\(port + place)\(path)" }

    /// Megabytes once it has settled: everything resident, and what is its own. Peers fork; their children count.
    var memory: (all: Double, own: Double) {
        usleep(150_000)
        return Self.family(of: child).map(ServedProcess.memory).reduce((0, 0)) { ($0.0 + $1.all, $0.1 + $1.own) }
    }

    /// Seconds of a core it has used so far, from proc(5): what others do to the machine does not show in it.
    var cores: Double {
        let text = (try? String(contentsOfFile: "/proc/\(child)/stat", encoding: .utf8)) ?? ""
        let words = text.split(separator: ")").last?.split(separator: " ") ?? []
        guard words.count > 12, let user = Double(words[11]), let system = Double(words[12]) else { return 0 }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    private static func family(of process: pid_t) -> [pid_t] {
        let text = (try? String(contentsOfFile: "/proc/\(process)/task/\(process)/children", encoding: .utf8)) ?? ""
        return [process] + text.split(separator: " ").compactMap { pid_t($0) }.flatMap(family)
    }

    func end() { Self.end(child) }

    private static func end(_ child: pid_t) {
        let all = family(of: child)
        kill(child, SIGTERM)
        var status: Int32 = 0
        for _ in 0..<200 where waitpid(child, &status, WNOHANG) == 0 { usleep(10_000) }
        for process in all { kill(process, SIGKILL) }
        waitpid(child, &status, 0)
    }
}
