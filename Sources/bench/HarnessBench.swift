import Explore
import Foundation
import Harness
import Kernel
import OAuthCore
import Scenario
import Yams

/// What the harness costs where it is used by the thousand: generated files, seeds, schedules, polls.
struct HarnessBench {
    private let options: BenchOptions
    private let shelf: FragmentShelf
    private var scale: Double { options.scale }
    private let jobs = max(1, min(2, ProcessInfo.processInfo.activeProcessorCount))

    init(_ options: BenchOptions) {
        self.options = options
        shelf = Library.shelf(root: options.root)
    }

    func measure(into table: inout FigureTable) async throws {
        let definition = try LabDefinition.load(named: "default", root: options.root)
        let edwards = try LabDefinition.load(named: "eddsa", root: options.root)
        try await generatedFiles(definition, edwards, into: &table)
        let runs = try await seeds(edwards, 1000.0 / 4000, "one file over seeds, EdDSA", into: &table)
        _ = try await seeds(definition, nil, "one file over seeds, RS256", into: &table)
        try await schedules(edwards, 10, "EdDSA", into: &table)
        try await schedules(definition, nil, "RS256", into: &table)
        try await polls(definition, into: &table)
        try await parsing(definition, into: &table)
        try await memory(edwards, into: &table)
        peer(against: runs, into: &table)
    }

    // MARK: - Files and seeds

    /// Distinct files: another title, target, tool, user and order of scopes each.
    static func file(_ number: Int) -> String {
        let (target, user) = ("t\(number)", ["alice", "bob", "mallory"][number % 3])
        let scopes = number % 2 == 0 ? "repo, read:user" : "read:user, repo"
        return """
            scenario: Generated file \(number) asks for consent once
            spec: [T2]
            given: [github-provider, gateway, target-method-2: {targetName: \(target), scopes: [\(scopes)]}]
            steps:
              - mcp: tools/call
                as: \(user)
                with: {name: \(target)___get_me}
                expect: {status: 200, error.code: -32042}
                save: {consent: "error.data.elicitations[0].url"}
              - browser: ${consent}
                as: \(user)
                decide: approve
              - mcp: tools/call
                as: \(user)
                with: {name: \(target)___get_me}
                expect: {result.isError: false}
            then:
              transitions: {"target ${target}": [READY]}
              exchanges: [{to: github, path: /login/oauth/access_token, times: 1}]

            """
    }

    private func reader(_ definition: LabDefinition) -> ScenarioReader {
        var vocabulary = LabVocabulary.bare
        vocabulary.users = definition.directory.users.map(\.name)
        return ScenarioReader(vocabulary, shelf: shelf)
    }

    private func generatedFiles(
        _ definition: LabDefinition, _ edwards: LabDefinition, into table: inout FigureTable
    ) async throws {
        let count = Int(4000 * scale)
        for (name, lab, budget) in [("EdDSA", edwards, 1000.0 / 2000), ("RS256", definition, nil)] {
            // Every pass has other seeds, so that no signature was made before.
            let passes = try await passes(count, budget == nil ? 1 : 3) { number in
                let source = Source(name: "generated-\(number).yaml", text: Self.file(number))
                let (file, mistakes) = reader(lab).read(source)
                guard let file else { throw BenchFailure(mistakes.map(\.rendered).joined(separator: "\n")) }
                try await play(file, lab, seed: UInt64(5_000_000 + number))
            }
            table.add(
                Self.figure(
                    "generated method-2 files, \(name)", passes, count, budget,
                    "files/s, \(count) distinct, parsed, seeds of their own"))
        }
    }

    /// Runs a second.
    private func seeds(
        _ definition: LabDefinition, _ budget: Double?, _ name: String, into table: inout FigureTable
    ) async throws -> Double {
        let (file, _) = reader(definition).read(Source(name: "generated.yaml", text: Self.file(1)))
        guard let file else { throw BenchFailure("the generated file does not parse") }
        let count = Int(2000 * scale)
        let passes = try await passes(count, budget == nil ? 1 : 3) { number in
            try await play(file, definition, seed: UInt64(7_000_000 + number))
        }
        table.add(Self.figure(name, passes, count, budget, "runs/s, \(jobs) jobs"))
        return Double(count) / Measure.median(passes) * 1e6
    }

    /// Microseconds that each pass took. Numbers go on from pass to pass.
    private func passes(
        _ count: Int, _ passes: Int, _ work: @escaping @Sendable (Int) async throws -> Void
    ) async throws -> [Double] {
        var times: [Double] = []
        for pass in 0..<passes {
            times.append(try await inParallel(count) { number in try await work(pass * count + number) })
        }
        return times
    }

    private static func figure(
        _ name: String, _ passes: [Double], _ count: Int, _ budget: Double?, _ unit: String
    ) -> Figure {
        let (time, fastest) = (Measure.median(passes), passes.min() ?? 0)
        let best = passes.count > 1 ? "; the fastest of \(passes.count) passes \(rate(count, fastest, "a second"))" : ""
        return Figure(
            name: name, value: time / 1000 / Double(count), unit: "ms", budget: budget,
            remark: rate(count, time, unit) + best)
    }

    private func play(_ file: ScenarioFile, _ definition: LabDefinition, seed: UInt64) async throws {
        let result = await Runner(definitions: [file.lab.name: definition]).run(file, seed: seed)
        guard result.verdict == .held else { throw BenchFailure(TextReport.details(result)) }
    }

    /// Microseconds of the wall for all of it, on as many jobs as `run` would take on two cores.
    private func inParallel(_ count: Int, _ work: @escaping @Sendable (Int) async throws -> Void) async throws -> Double
    {
        let clock = ContinuousClock()
        let start = clock.now
        try await Lanes(jobs).work(count, work) { _, _ in }
        return Measure.microseconds(clock.now - start)
    }

    private static func rate(_ count: Int, _ time: Double, _ unit: String) -> String {
        "\(Int(Double(count) / time * 1e6)) \(unit)"
    }

    // MARK: - Exploration, polls, parsing

    private func schedules(
        _ definition: LabDefinition, _ budget: Double?, _ name: String, into table: inout FigureTable
    ) async throws {
        let clock = ContinuousClock()
        let start = clock.now
        let count = UInt64(10_000 * scale)
        let result = try await Exploration(definition, jobs: jobs).run(1..<(count + 1))
        guard result.findings.isEmpty else { throw BenchFailure("exploration found \(result.findings[0].violation)") }
        let time = Measure.microseconds(clock.now - start)
        table.add(
            Figure(
                name: "\(count) explored schedules, \(name)", value: time / 1e6, unit: "s", budget: budget,
                remark: "\(result.moves) moves, \(result.exchanges) exchanges, \(result.edges.count) edges"))
    }

    private static let hour = """
        scenario: Somebody polls for an hour
        spec: [T2]
        steps:
          - fault: {name: down, party: github, operation: GET /user, answer: {status: 503}, first: 3599}
          - wait:
              until:
                http: GET ${lab.github}/user
                expect: {status: 401}
              within: 2h
              every: 1s

        """

    private func polls(_ definition: LabDefinition, into table: inout FigureTable) async throws {
        let (file, mistakes) = reader(definition).read(Source(name: "hour.yaml", text: Self.hour))
        guard let file else { throw BenchFailure(mistakes.map(\.rendered).joined(separator: "\n")) }
        let time = try await Measure.microseconds(abreast: 1) { round in
            try await play(file, definition, seed: UInt64(round))
        }.median
        table.add(
            Figure(
                name: "simulated hour with 3,600 polls", value: time / 1000, unit: "ms", budget: 50,
                remark: "one wait step, every poll an exchange"))
    }

    private func parsing(_ definition: LabDefinition, into table: inout FigureTable) async throws {
        let texts = (0..<50).map(Self.file)
        let reader = reader(definition)
        let (ratio, plain, whole) = try await Measure.pairs(rounds: 2) { _ in
            for text in texts { guard try Yams.compose(yaml: text) != nil else { throw BenchFailure("no YAML") } }
        } _: { _ in
            for text in texts {
                guard reader.read(Source(name: "generated.yaml", text: text)).0 != nil else {
                    throw BenchFailure("no file")
                }
            }
        }
        table.add(
            Figure(
                name: "reading a file, times what Yams takes", value: ratio, unit: "×", budget: 1.3,
                remark: "\(Int(whole / 50)) µs a file with its fragments, Yams.compose \(Int(plain / 50)) µs"))
    }

    // MARK: - Memory and peers

    /// `BENCH_SCENARIOS` says over how many; the budget is meant for 100,000.
    private func memory(_ definition: LabDefinition, into table: inout FigureTable) async throws {
        let asked = ProcessInfo.processInfo.environment["BENCH_SCENARIOS"].flatMap { Int($0) } ?? Int(4000 * scale)
        let reader = reader(definition)
        func go(_ count: Int, from first: Int) async throws {
            _ = try await inParallel(count) { number in
                let source = Source(name: "generated.yaml", text: Self.file(first + number))
                guard let file = reader.read(source).0 else { throw BenchFailure("no file") }
                try await play(file, definition, seed: UInt64(9_000_000 + first + number))
            }
        }
        // Caches are bounded; they fill up first.
        try await go(asked / 4, from: 0)
        let before = ServedProcess.megabytes("VmRSS", of: "self")
        try await go(asked, from: asked)
        let grown = ServedProcess.megabytes("VmRSS", of: "self") - before
        table.add(
            Figure(
                name: "memory grown over \(asked) scenarios", value: max(0, grown), unit: "MB", budget: 8,
                remark: "VmRSS from \((before * 10).rounded() / 10) MB, after \(asked / 4) to warm up"))
    }

    private static func python(_ root: String) -> String {
        let own = "\(root)/.cache/venv/tavern/bin/python"
        return FileManager.default.isExecutableFile(atPath: own) ? own : "python3"
    }

    /// What tavern does in the same minute, if it is there; `runs` is what we did of one file over seeds.
    private func peer(against runs: Double, into table: inout FigureTable) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [Self.python(options.root), "\(options.root)/Tests/Tools/tavern_peer.py"]
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return table.leftOut.append("tavern: make bench-peers") }
        let said = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        let words = said.split(whereSeparator: \.isWhitespace)
        guard process.terminationStatus == 0, let rate = words.first.flatMap({ Double($0) }), rate > 0 else {
            // Exit code 3 where it is not installed.
            let cure = process.terminationStatus == 3 ? "make bench-peers" : "it is there and failed"
            return table.leftOut.append("tavern: \(cure); Tests/Tools/tavern_peer.py says why")
        }
        table.add(
            Figure(
                name: "peer: tavern, a file with two requests", value: 1000 / rate, unit: "ms",
                remark: "\(Int(rate)) files/s in the same run"))
        table.add(
            Figure(
                name: "one file over seeds, EdDSA, times tavern's files", value: runs / rate, unit: "×", least: 100,
                remark: "its start is in its time; 33 exchanges a run of ours, 2 requests a file of its"))
    }
}
