import CHeap
import Foundation
import Harness
import Kernel
import OAuthCore
import Scenario

/// What one whole scenario costs: method 2 with the consent of a user, from the gateway's creation to the tool's
/// answer.
struct Scenarios {
    private let options: BenchOptions
    /// In each sample; several lots of as many as take turns.
    private static let rounds = 40

    /// What scenarios share is read once, as `run` does it.
    private let shelf: FragmentShelf
    private let vocabulary = LabVocabulary.bare

    init(_ options: BenchOptions) {
        self.options = options
        shelf = Library.shelf(root: options.root)
    }

    func measure(into table: inout FigureTable) async throws {
        let definition = try LabDefinition.load(named: "default", root: options.root)
        let file = try read(definition)
        let once = await Runner.run(file, definition: definition, seed: 1)
        guard once.verdict == .held else {
            throw BenchFailure("\(options.scenario) does not hold:\n\(TextReport.details(once))")
        }
        let signedBefore = definition.signer.signatures
        _ = await Runner.run(file, definition: definition, seed: Self.coldSeeds - 1)
        let signatures = definition.signer.signatures - signedBefore
        let counts =
            "\(once.exchangeCount) exchanges, \(once.transactionCount) transactions, \(signatures) signatures"

        try await measure("scenario from its file, fresh signatures", 2.5, counts, definition, into: &table) { round in
            (try read(definition), Self.coldSeeds + UInt64(round))
        }
        try await measure("scenario from its file, signatures cached", 2.5, counts, definition, into: &table) { round in
            (try read(definition), UInt64(round % Self.rounds))
        }
        try await measure("scenario over seeds, fresh RS256 signatures", 1.5, counts, definition, into: &table) {
            round in
            (file, 2 * Self.coldSeeds + UInt64(round))
        }
        try await measure("scenario over seeds, RS256 signatures cached", 1.5, counts, definition, into: &table) {
            round in
            (file, UInt64(round % Self.rounds))
        }
        guard let edwards = try? LabDefinition.load(named: "eddsa", root: options.root) else { return }
        try await measure("scenario over seeds, fresh EdDSA signatures", 1.5, counts, edwards, into: &table) { round in
            (file, 3 * Self.coldSeeds + UInt64(round))
        }
    }

    /// Plays the scenario `rounds` times with one seed, parsed anew for each, and measures nothing.
    func play(_ rounds: Int) async throws {
        let definition = try LabDefinition.load(named: "default", root: options.root)
        for _ in 0..<rounds {
            let result = await Runner.run(try read(definition), definition: definition, seed: 1)
            guard result.verdict == .held else { throw BenchFailure(TextReport.details(result)) }
        }
    }

    /// Seeds from here on are used once each, so that no signature can have been made before.
    private static let coldSeeds: UInt64 = 1_000_000

    private func measure(
        _ name: String, _ budget: Double, _ counts: String, _ definition: LabDefinition, into table: inout FigureTable,
        _ pick: @escaping @Sendable (Int) throws -> (ScenarioFile, UInt64)
    ) async throws {
        // One pass beforehand, so that seeds that come again find their signatures made.
        for round in 0..<Self.rounds {
            let (file, seed) = try pick(round)
            _ = await Runner(definitions: [file.lab.name: definition]).run(file, seed: seed)
        }
        let before = definition.signer.signatures
        let time = try await Measure.microseconds(abreast: Self.rounds) { round in
            let (file, seed) = try pick(Self.rounds + round)
            // The definition is given under the name the file asks for, whatever its own is.
            let result = await Runner(definitions: [file.lab.name: definition]).run(file, seed: seed)
            guard result.verdict == .held else { throw BenchFailure("\(name): seed \(seed) does not hold") }
        }
        let runs = Self.rounds * (Measure.samples + 1)
        let allocations = try await Measure.onOneThread {
            let before = heap_allocations()
            let (file, seed) = try pick(runs + Self.rounds)
            _ = await Runner(definitions: [file.lab.name: definition]).run(file, seed: seed)
            return heap_allocations() - before
        }
        let signed = Double(definition.signer.signatures - before) / Double(runs)
        table.add(
            Figure(
                name: name, value: time.median / 1000, unit: "ms", budget: budget,
                remark: "\(counts), \(allocations) allocations; \((signed * 10).rounded() / 10) signed per run; "
                    + "fastest \((time.fastest / 10).rounded() / 100) ms"))
    }

    /// The scenario and its fragments from their files, as `run` reads them once the labs are known.
    private func read(_ definition: LabDefinition) throws -> ScenarioFile {
        var vocabulary = vocabulary
        vocabulary.users = definition.directory.users.map(\.name)
        let reader = ScenarioReader(vocabulary, shelf: shelf)
        let (file, mistakes) = reader.read(try Self.source("\(options.root)/\(options.scenario)"))
        guard let file else { throw BenchFailure(mistakes.map(\.rendered).joined(separator: "\n")) }
        return file
    }

    private static func source(_ path: String) throws -> Source {
        guard let data = FileManager.default.contents(atPath: path) else { throw BenchFailure("\(path) is missing") }
        return Source(name: path, text: String(decoding: data, as: UTF8.self))
    }
}
