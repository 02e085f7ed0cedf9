import Foundation
import Serve

/// What `serve` costs to start and to keep: the binary beside this one, as a user starts it.
struct ServedProcess {
    private let options: BenchOptions
    /// Below the ports that the kernel gives to outgoing connections.
    private static let port = 24_580

    init(_ options: BenchOptions) { self.options = options }

    func measure(into table: inout FigureTable) throws {
        let binary = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
            .appendingPathComponent("agentcore-local").path
        guard FileManager.default.isExecutableFile(atPath: binary) else {
            throw BenchFailure("\(binary) is not there; build it beside bench")
        }
        var starts: [Double] = []
        var memory: [(all: Double, own: Double)] = []
        // The first start reads the binary from disk and is thrown away.
        for round in 0...Measure.samples {
            let (start, resident) = try once(binary)
            guard round > 0 else { continue }
            starts.append(start)
            memory.append(resident)
        }
        table.add(
            Figure(
                name: "serve, start to first answer", value: Measure.median(starts), unit: "ms", budget: 40,
                remark: "GET /_local/ready on the aws port, from spawn; fastest \(starts.min() ?? 0) ms"))
        table.add(
            Figure(
                name: "serve, idle resident memory", value: Measure.median(memory.map(\.all)), unit: "MB", budget: 45,
                remark: "VmRSS; of it private (RssAnon) \(Measure.median(memory.map(\.own))) MB"))
    }

    private func once(_ binary: String) throws -> (milliseconds: Double, memory: (all: Double, own: Double)) {
        let clock = ContinuousClock()
        let start = clock.now
        let arguments = ["serve", "--quiet", "--port-base", String(Self.port), "--root", options.root]
        let child = try Self.spawn(binary, arguments)
        defer {
            kill(child, SIGTERM)
            var status: Int32 = 0
            waitpid(child, &status, 0)
        }
        while Probe.status(of: "/_local/ready", port: Self.port) != 200 {
            guard clock.now - start < .seconds(10) else { throw BenchFailure("serve does not answer") }
            // Asking without a pause would take a core from the one who is asked.
            usleep(Self.pause)
        }
        let took = Measure.microseconds(clock.now - start) / 1000
        usleep(Self.settling)
        return (took, Self.memory(of: child))
    }

    private static let settling: UInt32 = 150_000
    /// Half a millisecond; so much later the answer may be heard.
    private static let pause: UInt32 = 500

    /// `posix_spawn` without a shell and without the half millisecond that `Process` takes for its pipes.
    static func spawn(_ binary: String, _ arguments: [String], isQuiet: Bool = false) throws -> pid_t {
        var words: [UnsafeMutablePointer<CChar>?] = ([binary] + arguments).map { strdup($0) }
        words.append(nil)
        defer { for word in words { free(word) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        if isQuiet { posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0) }
        // A worker thread blocks most signals, and a child that inherits that is never told to end.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var child: pid_t = 0
        guard posix_spawn(&child, binary, &actions, &attributes, words, environ) == 0 else {
            throw BenchFailure("\(binary) cannot be started")
        }
        return child
    }

    /// Megabytes from `/proc`: everything resident, and what is this process's own.
    static func memory(of child: pid_t) -> (all: Double, own: Double) {
        let text = (try? String(contentsOfFile: "/proc/\(child)/status", encoding: .utf8)) ?? ""
        func megabytes(_ name: String) -> Double {
            let line = text.split(separator: "\n").first { $0.hasPrefix("\(name):") } ?? ""
            let kilobytes = line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Double($0) } ?? 0
            return (kilobytes / 1024 * 10).rounded() / 10
        }
        return (megabytes("VmRSS"), megabytes("RssAnon"))
    }
}
