import Foundation
import Serve

/// What `wrk` asks again and again.
struct Question {
    var method = "GET"
    let url: String
    var fields: [String: String] = [:]
    var body = ""
}

/// Requests a second with wrk(1), which shares the cores with whoever answers.
struct Load {
    private let binary: String
    private static let connections = 16

    /// nil where wrk is not installed.
    init?() {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        guard let found = folders.map({ "\($0)/wrk" }).first(where: FileManager.default.isExecutableFile) else {
            return nil
        }
        binary = found
    }

    /// - Throws: `BenchFailure` when an answer was no success: a refusal costs less than an answer.
    func rate(_ question: Question, seconds: Int = 1) throws -> Double {
        let folder = try PrivateFolder.make("bench")
        defer { PrivateFolder.remove(folder) }
        let script = "\(folder)/ask.lua"
        var lines = ["wrk.method = \(Self.quoted(question.method))"]
        for (name, value) in question.fields.sorted(by: { $0.key < $1.key }) {
            lines.append("wrk.headers[\(Self.quoted(name))] = \(Self.quoted(value))")
        }
        if !question.body.isEmpty { lines.append("wrk.body = \(Self.quoted(question.body))") }
        try lines.joined(separator: "\n").write(toFile: script, atomically: true, encoding: .utf8)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: binary)
        process.arguments = [
            "-t1", "-c\(Self.connections)", "-d\(seconds)s", "--timeout", "10s", "-s", script, question.url,
        ]
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        let said = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        func line(_ beginning: String) -> Double? {
            said.split(separator: "\n").first { $0.contains(beginning) }
                .flatMap { $0.split(separator: ":").last }
                .flatMap { Double($0.trimmingCharacters(in: .whitespaces)) }
        }
        if let refused = line("Non-2xx or 3xx responses") {
            throw BenchFailure("\(question.url) refused \(Int(refused)) requests")
        }
        guard let rate = line("Requests/sec") else { throw BenchFailure("wrk said nothing of \(question.url)") }
        return rate
    }

    /// Microseconds of a core that one answer takes the process which gives it.
    func work(_ question: Question, of server: Neighbour) throws -> Double {
        let before = server.cores
        let rate = try rate(question)
        return (server.cores - before) * 1e6 / max(rate, 1)
    }

    private static func quoted(_ text: String) -> String {
        let inside = text.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: "\"", with: "\\\"")
            .replacingOccurrences(of: "\n", with: "\\n")
        return "\"\(inside)\""
    }

    /// What one rate is of another, each measured right after the other: the median of the pairs, and the best rates.
    func share(
        of mine: Question, in other: Question, pairs: Int = 3
    ) throws -> (share: Double, mine: Double, other: Double) {
        var (shares, own, others): ([Double], [Double], [Double]) = ([], [], [])
        // Once beforehand: what is made at the first request is not what a rate is about.
        _ = try rate(mine)
        for _ in 0..<pairs {
            others.append(try rate(other))
            own.append(try rate(mine))
            shares.append((own.last ?? 0) / max(others.last ?? 1, 1))
        }
        return (Measure.median(shares), own.max() ?? 0, others.max() ?? 0)
    }
}
