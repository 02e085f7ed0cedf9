import Foundation

/// What `serve` costs to start and to keep: the binary beside this one, as a user starts it.
struct ServedProcess {
    private let options: BenchOptions
    /// Below the ports that the kernel gives to outgoing connections.
    private static let port = 24_580

    init(_ options: BenchOptions) { self.options = options }

    func measure(into table: inout FigureTable) throws {
        // In turn, so that whatever else the machine does hits both. The first start reads a binary from disk.
        var (own, bare): (Samples, Samples) = (Samples(), Samples())
        for round in 0...Measure.samples {
            let served = try Neighbour.own(root: options.root, port: Self.port)
            own.add(served, isKept: round > 0)
            let route = try Neighbour.bare(port: Self.port + 20)
            bare.add(route, isKept: round > 0)
        }
        table.add(
            Figure(
                name: "serve, start to first answer", value: Measure.median(own.starts), unit: "ms", budget: 20,
                remark: "GET /_local/ready, from spawn; fastest \(own.fastest) ms; "
                    + "bare route \(Measure.median(bare.starts)) ms, fastest \(bare.fastest) ms"))
        let (mine, route) = (own.memory, bare.memory)
        table.add(
            Figure(
                name: "serve, idle resident memory, times the bare route's", value: mine.all / route.all, unit: "×",
                budget: 1.3, remark: "\(mine.all) MB, bare \(route.all) MB (VmRSS)"))
        table.add(
            Figure(
                name: "serve, idle private memory", value: mine.own, unit: "MB", budget: 12,
                remark: "RssAnon; bare route \(route.own) MB"))
        try measurePeers(Measure.median(own.starts), mine.all, into: &table)
    }

    private func measurePeers(_ start: Double, _ memory: Double, into table: inout FigureTable) throws {
        for (place, peer) in PeerProgram.all.enumerated() {
            let port = Self.port + 40 + place
            var theirs = Samples()
            // The second start finds the program's files in memory.
            for round in 0..<3 {
                guard let process = try Neighbour(peer, root: options.root, port: port) else { break }
                theirs.add(process, isKept: round > 0)
            }
            guard !theirs.starts.isEmpty else {
                table.leftOut.append("\(peer.name)'s start: make bench-peers")
                continue
            }
            table.add(
                Figure(
                    name: "serve's start, share of \(peer.name)'s", value: start / Measure.median(theirs.starts),
                    unit: "",
                    remark: "\(peer.name): \(Int(Measure.median(theirs.starts))) ms, "
                        + "\(Int(theirs.memory.all)) MB resident to our \(Int(memory))"))
        }
    }

    /// Starts of one program.
    private struct Samples {
        private(set) var starts: [Double] = []
        private var memories: [(all: Double, own: Double)] = []

        var fastest: Double { ((starts.min() ?? 0) * 10).rounded() / 10 }
        var memory: (all: Double, own: Double) {
            (Measure.median(memories.map(\.all)), Measure.median(memories.map(\.own)))
        }

        mutating func add(_ process: Neighbour, isKept: Bool) {
            defer { process.end() }
            guard isKept else { return }
            starts.append(process.milliseconds)
            memories.append(process.memory)
        }
    }

    /// The program beside this one.
    static func binary() throws -> String {
        let binary = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
            .appendingPathComponent("agentcore-local").path
        guard FileManager.default.isExecutableFile(atPath: binary) else {
            throw BenchFailure("\(binary) is not there; build it beside bench")
        }
        return binary
    }

    /// `posix_spawn` without a shell and without the half millisecond that `Process` takes for its pipes.
    static func spawn(_ binary: String, _ arguments: [String]) throws -> pid_t {
        var words: [UnsafeMutablePointer<CChar>?] = ([binary] + arguments).map { strdup($0) }
        words.append(nil)
        defer { for word in words { free(word) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
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
        let (all, own) = (megabytes("VmRSS", of: "\(child)"), megabytes("RssAnon", of: "\(child)"))
        return ((all * 10).rounded() / 10, (own * 10).rounded() / 10)
    }

    /// A row of `/proc/PROCESS/status`; 0 where there is none.
    static func megabytes(_ row: String, of process: String) -> Double {
        let text = (try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("\(row):") } ?? ""
        return (line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Double($0) } ?? 0) / 1024
    }
}
