import Foundation
import Serve

/// A server in a process of its own, from its start until this value is told to end it.
struct Neighbour {
    let port: Int
    private let child: pid_t
    /// What it may keep files in while it runs.
    private let folder: String?
    /// From spawn to the first answer.
    let milliseconds: Double

    /// `words` are the program and its arguments; `path` is asked until somebody answers, whatever the answer is.
    init(
        _ words: [String], port: Int, path: String = "/", environment: [String: String] = [:], folder: String? = nil
    ) throws {
        (self.port, self.folder) = (port, folder)
        for (name, value) in environment { setenv(name, value, 1) }
        let clock = ContinuousClock()
        let start = clock.now
        child = try ServedProcess.spawn(words[0], Array(words.dropFirst()))
        for name in environment.keys { unsetenv(name) }
        while Probe.status(of: path, port: port) == nil {
            var status: Int32 = 0
            guard waitpid(child, &status, WNOHANG) == 0 else { throw BenchFailure("\(words[0]) ended") }
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
    static func own(root: String, port: Int, lab: String = "default") throws -> Neighbour {
        let words = [try ServedProcess.binary(), "serve", "--quiet", "--lab", lab, "--root", root]
        return try Neighbour(words + ["--port-base", String(port)], port: port, path: "/_local/ready")
    }

    /// nil where it is not installed.
    init?(_ peer: PeerProgram, root: String, port: Int) throws {
        guard let words = peer.words(root, port) else { return nil }
        let folder = try PrivateFolder.make("peer")
        do {
            let variables = peer.variables(port, folder)
            try self.init(words, port: port, path: peer.path, environment: variables, folder: folder)
        } catch {
            PrivateFolder.remove(folder)
            throw error
        }
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

    func end() {
        Self.end(child)
        if let folder { PrivateFolder.remove(folder) }
    }

    private static func end(_ child: pid_t) {
        let all = family(of: child)
        kill(child, SIGTERM)
        var status: Int32 = 0
        for _ in 0..<200 where waitpid(child, &status, WNOHANG) == 0 { usleep(10_000) }
        for process in all { kill(process, SIGKILL) }
        waitpid(child, &status, 0)
    }
}
