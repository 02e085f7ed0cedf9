import CHeap
import HTTPTypes
import Harness
import Kernel
import OAuthCore

/// What an exchange costs when much has happened before, and what is there takes of memory.
struct GrowthBench {
    private let options: BenchOptions
    private var scale: Double { options.scale }
    private static let few = 100

    init(_ options: BenchOptions) { self.options = options }

    func measure(into table: inout FigureTable) async throws {
        let definition = try LabDefinition.load(named: "default", root: options.root)
        try await memory(definition, into: &table)
        try await journal(definition, into: &table)
        try await targets(into: &table)
        try await users(definition, into: &table)
        try await tokens(into: &table)
    }

    // MARK: - Journal

    private func journal(_ definition: LabDefinition, into table: inout FigureTable) async throws {
        let (young, old) = (try await VaultLab.consented(definition), try await VaultLab.consented(definition))
        let rows = Int(1_000_000 * scale)
        let request = Request(.get, "https://github.com/user")
        let exchange = Exchange(from: .outside, to: .github, request: request, outcome: .answered(.plain(200, "")))
        for _ in 0..<rows { old.lab.store.append(.exchange(exchange), at: old.lab.clock.now) }
        try await compare("tools/call, \(rows) journal rows to a hundred", 100, into: &table) { _ in
            _ = try await young.call()
        } _: { _ in
            _ = try await old.call()
        }
    }

    // MARK: - Targets, users, tokens

    private func targets(into table: inout FigureTable) async throws {
        let many = Int(100_000 * scale)
        let surroundings = try Surroundings.withRoom(beside: options.root)
        defer { surroundings.end() }
        let definition = try LabDefinition.load(named: "bench", root: surroundings.root)
        let (small, large) = (try await GrowingLab(definition), try await GrowingLab(definition))
        for number in 0..<Self.few { try await small.createTarget(number) }
        for number in 0..<many { try await large.createTarget(number) }
        try await compare("GetGatewayTarget, \(many) targets to a hundred", 100, into: &table) {
            try await small.getTarget($0 % Self.few)
        } _: {
            try await large.getTarget($0 % Self.few)
        }
        try await compare("CreateGatewayTarget, \(many) targets to a hundred", 20, into: &table) {
            try await small.createTarget(Self.few + $0)
        } _: {
            try await large.createTarget(many + $0)
        }
    }

    private func users(_ definition: LabDefinition, into table: inout FigureTable) async throws {
        let many = Int(100_000 * scale)
        let (small, large) = (try await GrowingLab(definition), try await GrowingLab(definition))
        for number in 0..<Self.few { try await small.workloadToken("user-\(number)") }
        for number in 0..<many { try await large.workloadToken("user-\(number)") }
        try await compare("GetWorkloadAccessTokenForUserId, \(many) users to a hundred", 100, into: &table) {
            try await small.workloadToken("new-\($0)")
        } _: {
            try await large.workloadToken("new-\($0)")
        }
    }

    private func tokens(into table: inout FigureTable) async throws {
        let many = Int(100_000 * scale)
        let definition = try LabDefinition.load(named: "strict", root: options.root)
        let (small, large) = (try await GrowingLab(definition), try await GrowingLab(definition))
        for _ in 0..<Self.few { try await small.opaqueToken() }
        for _ in 0..<many { try await large.opaqueToken() }
        try await compare("opaque token, \(many) issued before to a hundred", 100, into: &table) { _ in
            try await small.opaqueToken()
        } _: { _ in
            try await large.opaqueToken()
        }
    }

    // MARK: - Memory

    private func memory(_ definition: LabDefinition, into table: inout FigureTable) async throws {
        let surroundings = try Surroundings.withRoom(beside: options.root)
        defer { surroundings.end() }
        let roomy = try LabDefinition.load(named: "bench", root: surroundings.root)
        try await weigh("open authorization session", Int(10_000 * scale), into: &table) {
            let lab = try await GrowingLab(definition)
            try await lab.makeProvider()
            return { try await lab.openSession("user-\($0)") }
        }
        try await weigh("token in the vault", Int(100_000 * scale), into: &table) {
            let vault = try await VaultLab.machine(definition, GrowingLab.options)
            return { try await vault.ask("s\($0)") }
        }
        try await weigh("target", Int(100_000 * scale), into: &table) {
            let lab = try await GrowingLab(roomy)
            return { try await lab.createTarget($0) }
        }
    }

    /// The journal has begun to forget before anything is weighed.
    private func weigh(
        _ name: String, _ count: Int, into table: inout FigureTable,
        _ prepare: @escaping @Sendable () async throws -> (Int) async throws -> Void
    ) async throws {
        let early = count / 10
        let grown = try await Measure.onOneThread {
            let make = try await prepare()
            for number in 0..<early { try await make(number) }
            heap_watch()
            for number in early..<count { try await make(number) }
            return heap_bytes()
        }
        table.add(
            Figure(
                name: "memory of one \(name)", value: Double(grown) / 1024 / Double(max(1, count - early)), unit: "kB",
                remark: "allocated and kept, over \(count - early); the journal keeps its newest thousand entries"))
    }

    // MARK: - Figures

    private func compare(
        _ name: String, _ rounds: Int, into table: inout FigureTable, _ small: (Int) async throws -> Void,
        _ large: (Int) async throws -> Void
    ) async throws {
        let (ratio, less, more) = try await Measure.pairs(rounds: rounds, small, large)
        table.add(
            Figure(
                name: name, value: ratio, unit: "×", budget: 1.3,
                remark: "\((more * 10).rounded() / 10) µs to \((less * 10).rounded() / 10) µs"))
    }
}
